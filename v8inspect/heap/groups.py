"""Objects grouped by name and property names, as `findjsobjects -d` shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from v8inspect.objects.elements import element_count
from v8inspect.objects.properties import own_properties
from v8inspect.objects.reader import reader_of
from v8inspect.objects.tagged import Damaged
from v8inspect.scan import scanner as scan

if TYPE_CHECKING:
    from v8inspect.objects.reader import Reader
    from v8inspect.session import Session

_MAX_KEYS = 1020  # names kept of one group: what a Map can describe; dictionaries may have more


@dataclass
class Group:
    """`sample` is tagged; `length` the array length, else the number of the sample's elements."""

    name: str
    properties: tuple[str, ...]
    length: int
    sample: int
    count: int = 0
    size: int = 0


class Gathered:
    """Groups as they come together. Keys of a Map are read once."""

    def __init__(self, session: Session) -> None:
        self._reader = reader_of(session)
        self._array = session.layout.types["JS_ARRAY"]
        self._found: dict[tuple[str, tuple[str, ...], int], Group] = {}
        self._keys_of_map: dict[int, tuple[str, ...]] = {}

    @property
    def groups(self) -> list[Group]:
        """What there is so far."""
        return list(self._found.values())

    def add(self, name: str, map_: scan.ScannedMap, sample: int, count: int, size: int) -> None:
        """Adds `count` objects of that Map with the keys and length of `sample` (tagged)."""
        if map_.flags & scan.MAP_DICTIONARY:
            keys = _keys(self._reader, sample)
        else:
            known = self._keys_of_map.get(map_.address)
            if known is None:
                known = self._keys_of_map[map_.address] = _keys(self._reader, sample)
            keys = known
        length = element_count(self._reader, sample)
        key = (name, keys, length if map_.type == self._array else -1)
        group = self._found.get(key)
        if group is None:
            group = self._found[key] = Group(name, keys, length, sample)
        group.count += count
        group.size += size


def groups(session: Session, isolate: Optional[int] = None) -> list[Group]:
    """All groups of the heap (or of one isolate)."""
    heap, census = session.heap, session.census
    census.tallies()  # names the odd receivers
    gathered = Gathered(session)
    for number in heap.numbers:
        if isolate is not None and number != isolate:
            continue
        heap.scanner.reset()
        for _ in heap.walk(number, scan.GROUP):
            pass
        maps = heap.scanner.maps()
        for row in session.each("grouping objects", heap.scanner.groups()):
            map_ = maps[row.map]
            name = census.namer.of_map(map_.address)
            gathered.add(name, map_, row.sample + 1, row.instances, row.bytes)
        for address, index in session.each("grouping objects", zip(*heap.scanner.odd())):
            map_ = maps[index]
            size = map_.instance_size or heap.scanner.size_at(address)
            gathered.add(census.odd_name(address) or "(damaged)", map_, address + 1, 1, size)
    return gathered.groups


def _keys(reader: Reader, word: int) -> tuple[str, ...]:
    """Names of the own properties of the object at a tagged address, in JavaScript's order;
    private symbols that V8 itself puts there are left out, private fields are not."""
    names = []
    for item in own_properties(reader, word):
        if isinstance(item, Damaged):
            names.append("(damaged)")
        elif not item.is_private or item.is_private_name:
            names.append(item.name)
        if len(names) == _MAX_KEYS:
            break
    return tuple(names)
