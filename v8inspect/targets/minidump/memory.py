"""The memory of a minidump: its ranges as segments, its regions with their protection.

Dumps with 100,000 ranges exist, ranges twice or overlapping too: all is done on columns of numbers,
sorted once; a `Segment` is made for what is left after joining.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import Iterator, NamedTuple, Optional, Sequence

from v8inspect.limits import MAX_SEGMENTS
from v8inspect.target import Buffer, Module, Region, Segment
from v8inspect.targets.minidump.structs import (
    MEMORY64_LIST,
    MEMORY_INFO_LIST,
    MEMORY_LIST,
    RANGE,
    RANGE64,
    REGION,
    Stream,
    counted,
    table,
)
from v8inspect.targets.segments import ADDRESS_END, SegmentMap

_COMMIT = 0x1000  # MEM_COMMIT
_IMAGE = 0x1000000  # MEM_IMAGE
# Protection constants (winnt.h): PAGE_NOACCESS, PAGE_GUARD; the others by what they allow.
_NO_ACCESS, _GUARD = 0x01, 0x100
_WRITE = 0x04 | 0x08 | 0x40 | 0x80  # READWRITE, WRITECOPY, EXECUTE_READWRITE, EXECUTE_WRITECOPY
_EXECUTE = 0xF0


class Range(NamedTuple):
    """`size` bytes from address `start` on are at file offset `offset`."""

    start: int
    size: int
    offset: int


class Protection(NamedTuple):
    """A committed region as MemoryInfoList has it."""

    start: int
    size: int
    protect: int
    type: int


def ranges(buffer: Buffer, stream: Stream) -> tuple[list[Range], int]:
    """The ranges of a MemoryList or Memory64List, as the file promises them, and how many it
    announces."""
    if stream.type == MEMORY_LIST:
        listed, count = counted(buffer, stream, RANGE, MAX_SEGMENTS)
        return [Range._make(row) for row in RANGE.iter_unpack(listed)], count
    head = buffer[stream.rva : stream.rva + min(stream.size, RANGE64.size)]
    if len(head) < RANGE64.size:
        return [], 0
    count, base = RANGE64.unpack(head)
    listed = table(buffer, stream, RANGE64.size, RANGE64, min(count, MAX_SEGMENTS))
    rows = list(RANGE64.iter_unpack(listed))
    # The bytes of all ranges follow each other.
    offsets = accumulate((size for _, size in rows), initial=base)
    return [Range(start, size, at) for (start, size), at in zip(rows, offsets)], count


def is_memory(stream: Stream) -> bool:
    """Whether the stream lists memory that is in the file."""
    return stream.type in (MEMORY_LIST, MEMORY64_LIST)


def stored(buffer: Buffer, listed: Sequence[Range]) -> list[Segment]:
    """What of these ranges is in the file: sorted, without overlaps (the one that starts first
    keeps the shared bytes), joined where neighbours in address are neighbours in the file."""
    length = len(buffer)
    out: list[Segment] = []
    first = size = place = 0
    for start, whole_size, offset in sorted(listed):
        n = min(whole_size, length - offset, ADDRESS_END - start)
        cut = first + size - start if size else 0
        if cut > 0:
            n -= cut
            start += cut
            offset += cut
        if n <= 0:
            continue
        if size and start == first + size and offset == place + size:
            size += n
            continue
        if size:
            out.append(Segment(first, size, buffer, place))
        first, size, place = start, n, offset
    if size:
        out.append(Segment(first, size, buffer, place))
    return out


def lost(length: int, listed: Sequence[Range]) -> int:
    """Bytes of these ranges that a file of `length` bytes lacks."""
    return sum(max(0, min(size, at + size - length)) for _, size, at in listed)


def protections(buffer: Buffer, stream: Stream) -> list[Protection]:
    """The committed regions of a MemoryInfoList, sorted, without overlaps."""
    assert stream.type == MEMORY_INFO_LIST
    head = buffer[stream.rva : stream.rva + min(stream.size, 16)]
    if len(head) < 16:
        return []
    header_size = int.from_bytes(head[:4], "little")
    entry_size = int.from_bytes(head[4:8], "little")
    count = int.from_bytes(head[8:16], "little")
    if entry_size != REGION.size:
        return []
    data = table(buffer, stream, header_size, REGION, min(count, MAX_SEGMENTS))
    rows = sorted(REGION.iter_unpack(data))
    out: list[Protection] = []
    end = 0
    for base, _, _, _, size, state, protect, kind in rows:
        start = max(base, end)
        stop = min(base + size, ADDRESS_END)
        if state == _COMMIT and start < stop:
            out.append(Protection(start, stop - start, protect, kind))
            end = stop
    return out


def regions(
    known: Sequence[Protection], memory: SegmentMap, modules: Sequence[Module]
) -> list[Region]:
    """The regions that the dump tells of, and those of its memory that it tells nothing of: they
    count as writable data, for nothing is known against it."""
    starts = [module.start for module in modules]
    out = [
        Region(
            start,
            size,
            memory.present(start, size),
            readable=not protect & (_NO_ACCESS | _GUARD),
            writable=bool(protect & _WRITE),
            executable=bool(protect & _EXECUTE),
            file=_path(modules, starts, start) if kind == _IMAGE else None,
        )
        for start, size, protect, kind in known
    ]
    out += [
        Region(start, end - start, end - start, True, True, False, _path(modules, starts, start))
        for start, end in _uncovered(memory.segments, known)
    ]
    out.sort(key=lambda region: region.start)
    return out


def _uncovered(
    segments: Sequence[Segment], known: Sequence[Protection]
) -> Iterator[tuple[int, int]]:
    """The (start, end) of what of `segments` lies in none of `known`; both are sorted."""
    i = 0
    for segment in segments:
        at, end = segment.start, segment.start + segment.size
        while i < len(known) and known[i].start + known[i].size <= at:
            i += 1
        k = i
        while at < end:
            if k == len(known) or known[k].start >= end:
                yield at, end
                break
            if known[k].start > at:
                yield at, known[k].start
            at = known[k].start + known[k].size
            k += 1


def _path(modules: Sequence[Module], starts: Sequence[int], address: int) -> Optional[str]:
    i = bisect_right(starts, address) - 1
    return modules[i].path if i >= 0 and address < modules[i].end else None
