"""The census: how many JS objects there are under each name, and how many bytes they have."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from itertools import compress, repeat
from typing import TYPE_CHECKING, Iterable, Iterator, Optional, Sequence

from v8inspect.objects.reader import reader_of
from v8inspect.scan.scanner import MAP_RECEIVER

if TYPE_CHECKING:
    from v8inspect.heap.heap import Heap, Walked
    from v8inspect.scan.scanner import ScannedMap
    from v8inspect.session import Session


@dataclass
class Tally:
    """Instances of one name: their number, and the bytes of the objects themselves."""

    count: int = 0
    size: int = 0


class Census:
    """Counts receivers of the heap by name, isolate by isolate; each part computed once."""

    def __init__(self, session: Session, heap: Heap, live: bool = False) -> None:
        """`live`: only of what is alive, by the graph of the session."""
        self._heap = heap
        self._session = session
        self._live = live
        self._reader = reader_of(session)
        self.namer = session.namer
        self._parts: Optional[dict[int, dict[str, Tally]]] = None
        self._odd_names: dict[int, str] = {}  # by untagged address

    def tallies(self, isolate: Optional[int] = None) -> dict[str, Tally]:
        """By name, of one isolate or of all."""
        parts = self._counted()
        if isolate is not None:
            return parts.get(isolate, {})
        total: dict[str, Tally] = {}
        for part in parts.values():
            for name, tally in part.items():
                _add(total, name, tally.count, tally.size)
        return total

    def name_at(self, address: int) -> str:
        """The name of the receiver at an untagged address; for others V8's type name."""
        reader = self._reader
        map_ = reader.map_of(address + 1)
        if map_ is None:
            return "(damaged)"
        if map_.instance_type < self._heap.layout.first_js_receiver_type:
            return map_.type_name
        own = self.odd_name(address)
        return own if own is not None else self.namer.of_map(map_.address)

    def odd_name(self, address: int) -> Optional[str]:
        """The name of an odd receiver (untagged address); None for others."""
        self._counted()
        return self._odd_names.get(address)

    def instances(
        self, name: str, isolate: Optional[int] = None
    ) -> Iterator[tuple[int, ScannedMap]]:
        """(untagged address, its Map) of every receiver of that name, in address order of pages."""
        self._counted()
        heap = self._heap
        maps = heap.walked()[-1].maps
        odd_maps = {
            index
            for walked in heap.walked()
            for address, index in zip(*walked.odd)
            if self._odd_names.get(address) == name
        }
        chosen = {maps[index].address for index in odd_maps}

        def wanted(map_: ScannedMap) -> bool:
            if not map_.flags & MAP_RECEIVER:
                return False
            return map_.address in chosen or self.namer.of_map(map_.address) == name

        only = None if isolate is None else (isolate,)
        for addresses, indices in heap.collect(wanted, only):
            keep = self._alive(addresses)
            for address, index in compress(zip(addresses, indices), keep):
                own = self._odd_names.get(address)
                if own is None:
                    own = self.namer.of_map(maps[index].address)
                if own == name:
                    yield address, maps[index]

    def _alive(self, addresses: Sequence[int]) -> Iterable[bool]:
        if not self._live:
            return repeat(True)
        return self._session.graph.alive([address + 1 for address in addresses])

    def _counted(self) -> dict[int, dict[str, Tally]]:
        if self._parts is None:
            walked = map(self._living, self._heap.walked()) if self._live else self._heap.walked()
            self._parts = {w.isolate: self._count(w) for w in walked}
        return self._parts

    def _living(self, walked: Walked) -> Walked:
        """The part of it that is alive."""
        graph = self._session.graph
        counts, sizes = graph.live_counts(walked.isolate)
        maps = [
            map_._replace(instances=count, bytes=size)
            for map_, count, size in zip(walked.maps, counts, sizes)
        ]
        addresses, indices = walked.odd
        keep = graph.alive([address + 1 for address in addresses])
        return replace(
            walked,
            maps=maps,
            odd=(
                array("Q", compress(addresses, keep)),
                array("I", compress(indices, keep)),
            ),
        )

    def _count(self, walked: Walked) -> dict[str, Tally]:
        tallies: dict[str, Tally] = {}
        maps: Sequence[ScannedMap] = walked.maps
        name_of = self.namer.of_map
        for map_ in maps:
            if map_.instances and map_.flags & MAP_RECEIVER:
                _add(tallies, name_of(map_.address), map_.instances, map_.bytes)
        for address, index in self._session.each("naming objects", zip(*walked.odd)):
            map_ = maps[index]
            usual = name_of(map_.address)
            own = self.namer.of_object(address, map_.address)
            self._odd_names[address] = own
            if own != usual:
                size = map_.instance_size or self._heap.scanner.size_at(address)
                _add(tallies, usual, -1, -size)
                _add(tallies, own, 1, size)
        return {name: tally for name, tally in tallies.items() if tally.count}


def _add(tallies: dict[str, Tally], name: str, count: int, size: int) -> None:
    tally = tallies.get(name)
    if tally is None:
        tally = tallies[name] = Tally()
    tally.count += count
    tally.size += size
