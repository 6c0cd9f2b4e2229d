"""Objects by what they have: a property of a name, a kind."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress, repeat
from typing import TYPE_CHECKING, Callable, Iterable, Iterator, Optional, Sequence

from v8inspect.heap.texts import strings_equal
from v8inspect.objects.dictionaries import find_global, find_name
from v8inspect.objects.reader import reader_of
from v8inspect.scan.scanner import MAP_DICTIONARY, MAP_ODD, MAP_RECEIVER

if TYPE_CHECKING:
    from v8inspect.scan.scanner import ScannedMap
    from v8inspect.session import Session


def property_keys(session: Session, name: str) -> list[int]:
    """Tagged addresses of the internalized strings of that text: the keys it can have as a
    property name (one in each isolate, or one for all)."""
    bit = session.layout.String.not_internalized_bit
    reader = reader_of(session)
    return [word for word in strings_equal(session, name) if not reader.type_of(word) & bit]


@dataclass(frozen=True)
class Wanted:
    """Which objects: all conditions that are given must hold. `keys` are tagged addresses of
    property names (own, any value, accessors included); `kind` as in `kinds_of`; `map_test` says
    what `test` would say of all objects of a Map, None where it depends on the object."""

    constructor: Optional[str] = None
    keys: Optional[Sequence[int]] = None
    kind: Optional[str] = None
    test: Optional[Callable[[int], bool]] = None  # of a tagged address
    map_test: Optional[Callable[[ScannedMap], Optional[bool]]] = None
    isolate: Optional[int] = None
    live: bool = False  # only what roots lead to


def find(session: Session, wanted: Wanted) -> Iterator[tuple[int, ScannedMap]]:
    """(untagged address, its Map) of every object that is wanted, in the order of pages."""
    heap, census = session.heap, session.census
    census.tallies()
    maps = heap.walked()[-1].maps
    decided = [(map_.address, _by_map(session, map_, wanted)) for map_ in maps]
    maybe = {address for address, answer in decided if answer is None}
    only = None if wanted.isolate is None else (wanted.isolate,)
    chosen = {address for address, answer in decided if answer is not False}
    for addresses, indices in heap.collect(lambda map_: map_.address in chosen, only):
        keep: Iterable[bool] = repeat(True)
        if wanted.live:
            keep = session.graph.alive([address + 1 for address in addresses])
        kept = compress(zip(addresses, indices), keep)
        for address, index in session.each("looking at objects", kept):
            map_ = maps[index]
            if map_.address in maybe and not _by_object(session, address, map_, wanted):
                continue
            if wanted.test is None or wanted.test(address + 1):
                yield address, map_


def with_property(
    session: Session, keys: Sequence[int], isolate: Optional[int] = None
) -> Iterator[tuple[int, ScannedMap]]:
    """`find` by property names only."""
    return find(session, Wanted(keys=keys, isolate=isolate))


def kinds_of(session: Session, kind: str) -> Optional[Callable[[ScannedMap], bool]]:
    """What `kind` means, as a test of Maps: `function`, `dictionary` (properties in a hash table),
    or an instance type by V8's name with or without JS_; None for a word that means nothing."""
    layout = session.layout
    word = kind.lower().replace("-", "_")
    if word in ("dictionary", "dict"):
        return lambda map_: bool(map_.flags & MAP_DICTIONARY)
    if word == "function":
        first, last = layout.first_js_function_type, layout.last_js_function_type
        return lambda map_: first <= map_.type <= last
    for name in (word.upper(), "JS_" + word.upper()):
        number = layout.types.get(name)
        if number is not None and number >= layout.first_js_receiver_type:
            return lambda map_: map_.type == number
    return None


def _by_map(session: Session, map_: ScannedMap, wanted: Wanted) -> Optional[bool]:
    """True or False where the Map decides, None where each object must be asked."""
    if not map_.flags & MAP_RECEIVER:
        return False
    if wanted.kind is not None:
        test = kinds_of(session, wanted.kind)
        if test is None or not test(map_):
            return False
    if wanted.map_test is not None and wanted.map_test(map_) is False:
        return False
    answer: Optional[bool] = True
    if wanted.constructor is not None:
        # Odd receivers of a Map may bear other names than the rest.
        if map_.flags & MAP_ODD or map_.flags & MAP_DICTIONARY:
            answer = None
        elif session.census.namer.of_map(map_.address) != wanted.constructor:
            return False
    if wanted.keys is not None:
        if map_.flags & MAP_DICTIONARY:
            return None
        view = reader_of(session).map_at(map_.address + 1)
        if view is None or not any(
            view.descriptors.find(key, view.own_descriptors) for key in wanted.keys
        ):
            return False
    return answer


def _by_object(session: Session, address: int, map_: ScannedMap, wanted: Wanted) -> bool:
    if wanted.constructor is not None:
        own = session.census.odd_name(address)
        name = session.census.namer.of_map(map_.address) if own is None else own
        if name != wanted.constructor:
            return False
    if wanted.keys is not None and map_.flags & MAP_DICTIONARY:
        return _has_slow(session, address, wanted.keys)
    return True


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
