"""Objects by what they have: a property of a name, a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Optional, Sequence

from v8inspect.heap.texts import strings_equal
from v8inspect.objects.dictionaries import find_global, find_name
from v8inspect.objects.reader import reader_of
from v8inspect.scan.scanner import MAP_DICTIONARY, MAP_RECEIVER

if TYPE_CHECKING:
    from v8inspect.scan.scanner import ScannedMap
    from v8inspect.session import Session


def property_keys(session: Session, name: str) -> list[int]:
    """Tagged addresses of the internalized strings of that text: the keys it can have as a
    property name (one in each isolate, or one for all)."""
    bit = session.layout.String.not_internalized_bit
    reader = reader_of(session)
    return [word for word in strings_equal(session, name) if not reader.type_of(word) & bit]


def with_property(
    session: Session, keys: Sequence[int], isolate: Optional[int] = None
) -> Iterator[tuple[int, ScannedMap]]:
    """(untagged address, its Map) of every object that has one of `keys` as an own property,
    whatever its value, accessors included."""
    heap, reader = session.heap, reader_of(session)
    maps = heap.walked()[-1].maps
    fast: set[int] = set()
    slow: set[int] = set()
    for map_ in maps:
        if not map_.flags & MAP_RECEIVER:
            continue
        if map_.flags & MAP_DICTIONARY:
            slow.add(map_.address)
            continue
        view = reader.map_at(map_.address + 1)
        if view is not None and any(
            view.descriptors.find(key, view.own_descriptors) for key in keys
        ):
            fast.add(map_.address)
    wanted = fast | slow
    only = None if isolate is None else (isolate,)
    for addresses, indices in heap.collect(lambda map_: map_.address in wanted, only):
        for address, index in zip(addresses, indices):
            map_ = maps[index]
            if map_.address in fast or _has_slow(session, address, keys):
                yield address, map_


def _has_slow(session: Session, address: int, keys: Sequence[int]) -> bool:
    reader = reader_of(session)
    layout = session.layout
    table = reader.word(address + layout.JSObject.properties_or_hash)
    if table is None:
        return False
    kind = reader.type_of(table)
    if kind == layout.types["GLOBAL_DICTIONARY"]:
        return any(find_global(reader, table, key) for key in keys)
    if kind == layout.types["NAME_DICTIONARY"]:
        return any(find_name(reader, table, key) for key in keys)
    return False
