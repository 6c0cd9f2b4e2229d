"""V8's own table of snapshot ids, found in the core: which node of the snapshot lay where.

`HeapObjectsMap` (src/profiler/heap-snapshot-generator.h) stays in the process after a snapshot: a
vector of 24-byte entries {u32 id @0, u64 address @8, u32 size @16, u8 accessed @20}, the padding
between them garbage. Ids of JS heap objects are odd and grow by 2 from entry to entry in one long
run, which is how it is found; ids of native objects, even ones, stand in between. The vector grew
by copying, so older and shorter ones lie about: the longest is the one.

Independent of the v8inspect package: this is an oracle for it. Only for cores taken right behind
the snapshot: a later GC moves objects.
"""

from __future__ import annotations

import errno
import mmap
import os
import struct
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

ENTRY = struct.Struct("<IxxxxQIBxxx")
# Ids to look for: any snapshot has far more than these, and wherever an even id breaks the run at
# one of them, it does not at the next.
_PROBES = range(2001, 12001, 2000)
_PROBE_RUN = 500
_ID_LIMIT = 1 << 31
_ADDRESS_LIMIT = 1 << 47


class Segment(NamedTuple):
    """A loaded piece of the dumped memory: where its bytes are in the file."""

    address: int
    offset: int
    size: int
    writable: bool


def segments(data: mmap.mmap) -> Iterator[Segment]:
    """The PT_LOAD segments of a 64-bit little-endian ELF core, as far as they are in the file."""
    (table,) = struct.unpack_from("<Q", data, 32)
    step, count = struct.unpack_from("<HH", data, 54)
    for i in range(count):
        kind, flags, offset, address, _, stored = struct.unpack_from(
            "<IIQQQQ", data, table + i * step
        )
        if kind == 1 and stored:
            yield Segment(address, offset, min(stored, len(data) - offset), bool(flags & 2))


def id_map(core: Path) -> dict[int, int]:
    """Snapshot node id -> address of the object in the core (untagged).

    It holds every odd id but those of the synthetic roots. Not all of them are heap objects: the
    memory of array buffers has odd ids too, and its address need not be aligned. Even ids (native
    objects) are in it from V8 12.4 on, with addresses of C++ objects; before that they are hashes
    and not in the table. An entry whose object died has no address and is left out.
    """
    with open(core, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        best = max(_tables(file.fileno(), data), key=len, default=range(0))
        if not best:
            raise LookupError(f"no table of snapshot ids in {core}")
        rows = ENTRY.iter_unpack(data[best.start : best.stop])
        return {ident: address for ident, address, _, _ in rows if address}


def _tables(core: int, data: mmap.mmap) -> Iterator[range]:
    """File ranges (bytes, step 24) of all that looks like such a table."""
    writable = [segment for segment in segments(data) if segment.writable]
    for probe in _PROBES:
        found: Optional[range] = None
        for segment in writable:
            for at in _find(core, data, probe, segment):
                if _is_run(data, at, probe, segment):
                    found = _extent(data, at, segment)
                    yield found
        if found is not None:
            return


def _find(core: int, data: mmap.mmap, ident: int, segment: Segment) -> Iterator[int]:
    """File offsets, multiples of 8 from the segment's start, where the u32 `ident` stands."""
    pattern = struct.pack("<I", ident)
    for start, end in _extents(core, segment.offset, segment.offset + segment.size):
        at = data.find(pattern, start, end)
        while at >= 0:
            if (at - segment.offset) % 8 == 0:
                yield at
            at = data.find(pattern, at + 1, end)


def _extents(core: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of the file's bytes that are no holes: most of a core of V8 is."""
    at = start
    while at < end:
        try:
            at = os.lseek(core, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        if at >= end:
            return
        hole = os.lseek(core, at, os.SEEK_HOLE)
        yield at, min(hole, end)
        at = hole


def _is_run(data: mmap.mmap, at: int, ident: int, segment: Segment) -> bool:
    """Whether `_PROBE_RUN` entries with ids in steps of 2 begin at file offset `at`."""
    if at + ENTRY.size * _PROBE_RUN > segment.offset + segment.size:
        return False
    for i in range(_PROBE_RUN):
        found, address, _, accessed = ENTRY.unpack_from(data, at + i * ENTRY.size)
        if found != ident + 2 * i or accessed > 1 or address >= _ADDRESS_LIMIT:
            return False
    return True


def _extent(data: mmap.mmap, at: int, segment: Segment) -> range:
    """The table that has an entry at `at`: both ways while entries are plausible."""
    start = at
    while start - ENTRY.size >= segment.offset and _plausible(data, start - ENTRY.size):
        start -= ENTRY.size
    end, limit = at, segment.offset + segment.size - ENTRY.size
    while end <= limit and _plausible(data, end):
        end += ENTRY.size
    return range(start, end, ENTRY.size)


def _plausible(data: mmap.mmap, at: int) -> bool:
    ident, address, _, accessed = ENTRY.unpack_from(data, at)
    return bool(0 < ident < _ID_LIMIT and accessed < 2 and address < _ADDRESS_LIMIT)
