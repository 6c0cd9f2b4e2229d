"""What lies where in an undamaged core: what a byte of the file is of, which objects it hits."""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from tests.dumps.support import opened
from tests.provision.cores import Run
from v8inspect.scan.scanner import MAP_RECEIVER, Page, ScannedMap
from v8inspect.session import Session

_HEADER = 64  # bytes of the ELF header
_PROGRAM_HEADER = 56
_PAGE_HEADER = 0x120  # bytes of a chunk or of its metadata that hold what a walk needs
_ISOLATE = 0x11000  # bytes from the Isolate into its Heap


class Object(NamedTuple):
    """A heap object: untagged address, bytes, its Map."""

    address: int
    size: int
    map: ScannedMap


class Ground:
    """The undamaged core of a run, taken apart."""

    def __init__(self, run: Run, session: Session) -> None:
        self.run = run
        self.core = run.core
        heap = session.heap
        segments, size = session.target.segments(), session.target.facts.size
        buffer = next(s.buffer for s in segments if len(s.buffer) == size)
        self._loads = sorted((s.start, s.size, s.offset) for s in segments if s.buffer is buffer)
        self._starts = [start for start, _, _ in self._loads]
        # (offset, bytes, address) of what the core itself stores.
        self.segments = sorted((offset, size, start) for start, size, offset in self._loads)
        self._offsets = [offset for offset, _, _ in self.segments]
        self.first_load = self._offsets[0]
        self.pages: Sequence[Page] = heap.pages
        self._chunks = sorted((p.chunk, p.area_end) for p in heap.pages)
        maps = heap.walked()[-1].maps
        size_at = heap.scanner.size_at
        self.objects: List[Object] = sorted(
            Object(address, maps[i].instance_size or size_at(address), maps[i])
            for addresses, indices in heap.collect(lambda _: True)
            for address, i in zip(addresses, indices)
        )
        self._addresses = [item.address for item in self.objects]
        self.header_end = _HEADER + _PROGRAM_HEADER * int.from_bytes(buffer[56:58], "little")
        self.places = dict(self._places(session))

    def offset_of(self, address: int) -> Optional[int]:
        """Where in the file the byte at an address is."""
        i = bisect_right(self._starts, address) - 1
        if i < 0 or address >= self._loads[i][0] + self._loads[i][1]:
            return None
        return self._loads[i][2] + address - self._loads[i][0]

    def addresses(self, offset: int, size: int) -> Iterator[Tuple[int, int]]:
        """The (start, end) that these bytes of the file are of."""
        i = max(0, bisect_right(self._offsets, offset) - 1)
        while i < len(self.segments) and self.segments[i][0] < offset + size:
            at, length, start = self.segments[i]
            first, last = max(at, offset), min(at + length, offset + size)
            if first < last:
                yield start + first - at, start + last - at
            i += 1

    def hit(self, offset: int, size: int) -> List[Object]:
        """The objects that these bytes of the file overlap."""
        found: List[Object] = []
        for start, end in self.addresses(offset, size):
            i = max(0, bisect_right(self._addresses, start) - 1)
            while i < len(self.objects) and self.objects[i].address < end:
                if self.objects[i].address + self.objects[i].size > start:
                    found.append(self.objects[i])
                i += 1
        return found

    def in_heap(self, offset: int, size: int) -> bool:
        """Whether any of these bytes are of a V8 page."""
        for start, end in self.addresses(offset, size):
            i = bisect_left(self._chunks, (end, 0)) - 1
            if i >= 0 and self._chunks[i][1] > start:
                return True
        return False

    def begins_in(self, item: Object, offset: int, size: int) -> bool:
        """Whether the first word of an object is among these bytes of the file."""
        at = self.offset_of(item.address)
        return at is not None and offset <= at and at + 8 <= offset + size

    def objects_in_pages(self, offset: int, size: int) -> int:
        """How many objects there are in the V8 pages that these bytes of the file are of."""
        found = 0
        for chunk, end in self._chunks:
            if any(start < end and chunk < last for start, last in self.addresses(offset, size)):
                found += bisect_left(self._addresses, end) - bisect_left(self._addresses, chunk)
        return found

    def chunks_with_objects(self) -> List[int]:
        """The V8 pages in which receivers lie."""
        receivers = [i.address for i in self.objects if i.map.flags & MAP_RECEIVER]
        return [
            chunk
            for chunk, end in self._chunks
            if bisect_left(receivers, end) > bisect_left(receivers, chunk)
        ]

    def _places(self, session: Session) -> Iterator[Tuple[str, List[Tuple[int, int]]]]:
        """(name, [(offset, bytes)]): where damage is of interest."""
        yield "elf header", [(0, _HEADER)]
        yield "program headers", [(_HEADER, self.header_end - _HEADER)]
        yield "notes", [(self.header_end, self.first_load - self.header_end)]
        chunks = [(p.chunk, _PAGE_HEADER) for p in self.pages]
        yield "page headers", self._in_file(chunks)
        yield "page metadata", self._in_file([(p.metadata, _PAGE_HEADER) for p in self.pages])
        yield "spaces", self._in_file([(p.owner, 0x200) for p in self.pages if p.owner])
        isolates = session.heap.isolates
        yield "isolates", self._in_file([(i.address, _ISOLATE) for i in isolates])
        types = {number: name for name, number in session.layout.types.items()}
        by_kind: Dict[str, List[Tuple[int, int]]] = {}
        for item in self.objects:
            kind = types.get(item.map.type, "other")
            if kind in ("MAP", "DESCRIPTOR_ARRAY", "SHARED_FUNCTION_INFO", "ODDBALL"):
                by_kind.setdefault(kind, []).append((item.address, item.size))
            elif item.map.flags & MAP_RECEIVER:
                by_kind.setdefault("receivers", []).append((item.address, item.size))
            else:
                by_kind.setdefault("other objects", []).append((item.address, item.size))
        for kind, ranges in sorted(by_kind.items()):
            yield kind, self._in_file(ranges)
        yield (
            "pages",
            self._in_file(
                [(p.area_start, min(p.area_end - p.area_start, 1 << 18)) for p in self.pages]
            ),
        )
        yield "anywhere", [(offset, size) for offset, size, _ in self.segments]

    def _in_file(self, ranges: Sequence[Tuple[int, int]]) -> List[Tuple[int, int]]:
        found = ((self.offset_of(address), size) for address, size in ranges)
        return [(offset, size) for offset, size in found if offset is not None]


@functools.lru_cache(maxsize=2)
def ground(version: str, scenario: str) -> Ground:
    """That of a scenario's core."""
    run, session = opened(version, scenario)
    return Ground(run, session)
