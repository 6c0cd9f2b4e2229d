"""V8's own table of snapshot ids, found in the core: which node of the snapshot lay where.

`HeapObjectsMap` (src/profiler/heap-snapshot-generator.h) stays in the process after a snapshot: a
vector of 24-byte entries {u32 id, u64 address, u32 size, u8 accessed}. Ids of JS heap objects are
odd and grow by 2 in a long run, which is how it is found. Independent of the v8inspect package:
this is an oracle for it.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Iterator, Optional

import numpy as np
from numpy.typing import NDArray

_Words = NDArray[np.uint64]
_ENTRY_WORDS = 3
_MIN_RUN = 3000
_LOW = np.uint64(0xFFFFFFFF)


def id_map(core: Path) -> dict[int, int]:
    """Snapshot node id -> untagged address of the object in the core."""
    with open(core, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    best: Optional[_Words] = None
    longest = 0
    for words in _writable_segments(data):
        for phase in range(_ENTRY_WORDS):
            run, rows = _longest_run(words, phase)
            if run > longest:
                longest, best = run, rows
    if best is None:
        raise LookupError(f"no table of snapshot ids in {core}")
    ids = (best[:, 0] & _LOW).astype(np.int64)
    return {
        int(ident): int(address) & ~7
        for ident, address in zip(ids.tolist(), best[:, 1].tolist())
        if address
    }


def _writable_segments(data: mmap.mmap) -> Iterator[_Words]:
    (offset,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for i in range(count):
        kind, flags, at, _, _, stored, _, _ = struct.unpack_from(
            "<IIQQQQQQ", data, offset + i * size
        )
        # The table is malloc'ed: no executable memory, and no reservation of many gigabytes.
        if kind == 1 and flags & 3 == 2 and stored >= 24 * _MIN_RUN:
            yield np.frombuffer(data, dtype="<u8", count=stored // 8, offset=at)


def _longest_run(words: _Words, phase: int) -> tuple[int, Optional[_Words]]:
    count = (len(words) - phase) // _ENTRY_WORDS
    if count < _MIN_RUN:
        return 0, None
    rows = words[phase : phase + count * _ENTRY_WORDS].reshape(count, _ENTRY_WORDS)
    ids = (rows[:, 0] & _LOW).astype(np.int64)
    accessed = (rows[:, 2] >> np.uint64(32)) & np.uint64(0xFF)
    plausible = (ids > 0) & (ids < 1 << 26) & (accessed < 2) & (rows[:, 1] < np.uint64(1 << 47))
    steps = np.zeros(count, dtype=bool)
    steps[1:] = ids[1:] == ids[:-1] + 2
    breaks = np.nonzero(~(plausible & steps))[0]
    edges = np.concatenate(([-1], breaks, [count]))
    gaps = np.diff(edges)
    widest = int(gaps.argmax())
    run = int(gaps[widest]) - 1
    if run < _MIN_RUN:
        return 0, None
    # Even ids (native objects) break the run; what is plausible on either side belongs to it.
    first, last = int(edges[widest]) + 1, int(edges[widest + 1])
    bad = np.nonzero(~plausible)[0]
    before, after = bad[bad < first], bad[bad >= last]
    start = int(before[-1]) + 1 if len(before) else 0
    end = int(after[0]) if len(after) else count
    return run, rows[start:end]
