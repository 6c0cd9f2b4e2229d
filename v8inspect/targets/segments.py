"""Sorted, disjoint runs of readable bytes, and reads over them.

Every kind of dump ends as a list of `Segment`. This module knows how to sort out overlaps, join
what is adjacent both in address and in its buffer, take holes out, and read. It knows nothing of
file formats.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Iterable, Iterator, Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.target import Buffer, Segment

ADDRESS_END = (1 << 64) - 4096
"""Nothing lies at or beyond it, so that the end of a range always fits in 64 bits."""

HOLE_BLOCK = 256 << 10
"""Holes begin and end at multiples of it (or with their segment): no such block is cut in two,
and what reads memory in aligned blocks finds each in one piece."""


class SegmentMap:
    """Reads over `segments`, which must be sorted and disjoint (see `disjoint`)."""

    __slots__ = ("_starts", "segments")

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = segments
        self._starts = [segment.start for segment in segments]

    def read(self, address: int, size: int) -> bytes:
        """Exactly `size` bytes; raises MemoryUnreadable that names the first missing address."""
        i = bisect_right(self._starts, address) - 1
        if i >= 0 and size > 0:
            segment = self.segments[i]
            at = address - segment.start
            if at + size <= segment.size:
                at += segment.offset
                return segment.buffer[at : at + size]
        missing = address + self.present(address, size)
        if missing < address + size:
            raise MemoryUnreadable(address, size, missing)
        return self.read_partial(address, size)

    def read_partial(self, address: int, size: int) -> bytes:
        """As many of `size` bytes from `address` on as are there without a gap."""
        parts = [
            segment.buffer[at : at + n] for segment, at, n in self._pieces(address, address + size)
        ]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def present(self, address: int, size: int) -> int:
        """How many of `size` bytes from `address` on are there without a gap."""
        return sum(n for _, _, n in self._pieces(address, address + size))

    def gaps(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The (start, end) of what is missing in [start, end)."""
        i = max(0, bisect_right(self._starts, start) - 1)
        while start < end and i < len(self.segments):
            segment = self.segments[i]
            if segment.start >= end:
                break
            if segment.start > start:
                yield start, segment.start
            start = max(start, segment.start + segment.size)
            i += 1
        if start < end:
            yield start, end

    def _pieces(self, address: int, end: int) -> Iterator[tuple[Segment, int, int]]:
        """(segment, offset in its buffer, bytes) from `address` up to the first gap or `end`."""
        i = max(0, bisect_right(self._starts, address) - 1)
        while address < end and i < len(self.segments):
            segment = self.segments[i]
            at = address - segment.start
            if at < 0 or at >= segment.size:
                return
            n = min(segment.size - at, end - address)
            yield segment, segment.offset + at, n
            address += n
            i += 1


def disjoint(segments: Iterable[Segment]) -> list[Segment]:
    """Sorted by address, without overlaps: the one that starts first keeps the shared bytes (of
    equal starts, the one that came first)."""
    kept: list[Segment] = []
    end = 0
    for segment in sorted(segments, key=_start):
        cut = end - segment.start
        if cut > 0:
            if cut >= segment.size:
                continue
            segment = Segment(end, segment.size - cut, segment.buffer, segment.offset + cut)
        if segment.size > 0:
            kept.append(segment)
            end = segment.start + segment.size
    return kept


def joined(segments: Iterable[Segment]) -> list[Segment]:
    """Neighbours in address and in their buffer become one, so that an object is contiguous when
    the dump's writer cut it at a change of protection."""
    out: list[Segment] = []
    last: Optional[Segment] = None
    start = size = 0
    for segment in segments:
        if (
            last is not None
            and segment.start == start + size
            and segment.buffer is last.buffer
            and segment.offset == last.offset + size
        ):
            size += segment.size
            continue
        if last is not None:
            out.append(_sized(last, size))
        last, start, size = segment, segment.start, segment.size
    if last is not None:
        out.append(_sized(last, size))
    return out


def with_holes(
    segments: Iterable[Segment], buffer: Buffer, holes: Sequence[tuple[int, int]]
) -> list[Segment]:
    """Cuts the segments of `buffer` where it has a hole: (offset, end) pairs, sorted."""
    if not holes:
        return list(segments)
    ends = [end for _, end in holes]
    out: list[Segment] = []
    for segment in segments:
        if segment.buffer is not buffer:
            out.append(segment)
            continue
        shift = segment.start - segment.offset
        limit = segment.start + segment.size
        at = segment.start
        for i in range(bisect_right(ends, segment.offset), len(holes)):
            first, last = holes[i][0] + shift, holes[i][1] + shift
            if first >= limit:
                break
            first = segment.start if first <= segment.start else first + -first % HOLE_BLOCK
            last = limit if last >= limit else last - last % HOLE_BLOCK
            if last - first < HOLE_BLOCK:
                continue
            if first > at:
                out.append(Segment(at, first - at, buffer, at - shift))
            out.append(Segment(first, last - first, buffer, first - shift, hole=True))
            at = last
        if at < limit:
            out.append(Segment(at, limit - at, buffer, at - shift))
    return out


def _start(segment: Segment) -> int:
    return segment.start


def _sized(segment: Segment, size: int) -> Segment:
    if segment.size == size:
        return segment
    return Segment(segment.start, size, segment.buffer, segment.offset)
