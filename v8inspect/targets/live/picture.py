"""The memory of a process, copied: which of it, into which buffers, and fast.

Only pages that exist are copied. A buffer has the shape of the mappings, so that what never was
touched is zero in it without taking memory. Memory for the copy is made ready while the process
still runs: then copying is all that it has to stand still for.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from array import array
from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Iterable, Iterator, NamedTuple, Optional, Sequence

from v8inspect.errors import ProcessNotFound
from v8inspect.scan.binding import load
from v8inspect.target import Progress, Segment
from v8inspect.targets.elf.structs import PF_R, PF_W
from v8inspect.targets.live.proc import Mapped, refusal
from v8inspect.targets.live.room import check_room
from v8inspect.targets.segments import HOLE_BLOCK, disjoint, joined, with_holes
from v8inspect.threads import block_signals

_COUNT, _PREPARE, _COPY = range(3)
ALL, PRESENT, PRIVATE = range(3)
_SLICE = 16 << 20  # bytes in one call: some milliseconds
_HEADERS = 1 << 16  # bytes at the start of an ELF file that tell what it is
_MAX_DATA = 64 << 20  # a larger file that is mapped to be written is no library's data
_WORKERS = 4
_ANONYMOUS = 0x4022  # MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE: Linux' numbers
_RANGE_WORDS = 6
_PRIORITY = -15  # of the thread alone: so it is on Linux
_ESRCH = 3


class Wanted(NamedTuple):
    """[start, end) of the process, of which the `pages` of that kind are to be copied."""

    start: int
    end: int
    pages: int


def wanted(mappings: Iterable[Mapped]) -> list[Wanted]:
    """What cannot be had from files, by address; neighbours are one."""
    found: list[Wanted] = []
    for wish in _wishes(mappings):
        if found and found[-1].end == wish.start and found[-1].pages == wish.pages:
            wish = wish._replace(start=found.pop().start)
        found.append(wish)
    return found


def _wishes(mappings: Iterable[Mapped]) -> Iterator[Wanted]:
    for mapped in mappings:
        if not mapped.flags & PF_R or mapped.is_device:
            continue
        start, end = mapped.start, mapped.end
        if not mapped.of_file:
            yield Wanted(start, end, ALL if mapped.path == "[vdso]" else PRESENT)
        elif mapped.shared:
            continue
        elif mapped.flags & PF_W and end - start <= _MAX_DATA:
            yield Wanted(start, end, ALL)
        else:
            if mapped.offset == 0:
                yield Wanted(start, min(end, start + _HEADERS), ALL)
                start += _HEADERS
            if start < end:
                yield Wanted(start, end, PRIVATE)


class _Store:
    """A buffer for copies, and a byte for each block of it: 1 where something was copied."""

    def __init__(self, size: int, blocks: int) -> None:
        self.buffer = mmap.mmap(-1, size, flags=_ANONYMOUS)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            with contextlib.suppress(OSError):  # a kernel without them
                self.buffer.madvise(mmap.MADV_HUGEPAGE)
        self.blocks = bytearray(blocks)
        self._pins = [load().pin(self.buffer), load().pin(self.blocks)]

    @property
    def addresses(self) -> tuple[int, int]:
        """Host addresses of the buffer and of the blocks."""
        return self._pins[0].address, self._pins[1].address

    def unpin(self) -> None:
        """Nothing is copied any more."""
        for pin in self._pins:
            pin.release()


@dataclass
class _Piece:
    start: int
    end: int
    pages: int
    store: _Store
    offset: int  # of `start` in the buffer
    block: int  # index of the first

    def of(self, wish: Wanted) -> _Piece:
        """The part that `wish` is, which begins a whole number of blocks behind, or else shares a
        block that is then copied with what is before it."""
        away = wish.start - self.start
        block = self.block + away // _unit(self.pages)
        return _Piece(*wish, self.store, self.offset + away, block)

    def ranges(self) -> Iterator[array[int]]:
        """As v8s_live_copy wants them, some MB each."""
        unit = _unit(self.pages)
        to, blocks = self.store.addresses
        for at in range(0, self.end - self.start, _SLICE):
            size = min(_SLICE, self.end - self.start - at)
            row = (
                self.start + at,
                size,
                to + self.offset + at,
                unit,
                blocks + self.block + at // unit,
            )
            yield array("Q", (*row, self.pages))

    def runs(self, value: int) -> Iterator[tuple[int, int]]:
        """(offset, end) in the buffer of the blocks that are copied (1) or are not (0)."""
        unit, blocks, size = _unit(self.pages), self.store.blocks, self.end - self.start
        last = self.block + -(-size // unit)
        at = blocks.find(value, self.block, last)
        while at >= 0:
            end = blocks.find(1 - value, at, last)
            end = last if end < 0 else end
            stop = min((end - self.block) * unit, size)
            yield self.offset + (at - self.block) * unit, self.offset + stop
            at = blocks.find(value, end, last)

    def segments(self) -> Iterator[Segment]:
        """What it gives: all of it, or of a file the pages that were copied."""
        buffer = self.store.buffer
        if self.pages != PRIVATE:
            yield Segment(self.start, self.end - self.start, buffer, self.offset)
            return
        shift = self.start - self.offset
        for first, end in self.runs(1):
            yield Segment(first + shift, end - first, buffer, first)


def _unit(pages: int) -> int:
    """What is not copied of a file's mapping is as in the file, of others it is zero."""
    return mmap.PAGESIZE if pages == PRIVATE else HOLE_BLOCK


class Picture:
    """Copies of parts of process `pid`. `copied` bytes are in it, `lost` could not be read."""

    def __init__(self, pid: int, progress: Progress) -> None:
        self._pid = pid
        self._progress = progress
        self._stores: list[_Store] = []
        self._pieces: list[_Piece] = []
        self._work: list[array[int]] = []
        self.copied = 0
        self.lost = 0

    def prepare(self, wishes: Sequence[Wanted]) -> None:
        """Makes room; the process may run meanwhile. Raises NoRoom."""
        self._pieces = self._new(wishes)
        self._work = _batches(self._pieces)
        total = self._each(_COUNT)[0]
        check_room(self._pid, total)
        self._progress("making room", 0, 0)
        self._each(_PREPARE)

    def copy(self, wishes: Optional[Sequence[Wanted]]) -> None:
        """Copies what is wanted now, which may be more or less than was prepared for; None: the
        same."""
        if wishes is not None:
            self._adapt(wishes)
        for store in self._stores:
            store.blocks[:] = bytes(len(store.blocks))
        self.copied, self.lost = self._each(_COPY)

    def segments(self) -> list[Segment]:
        """What was copied, sorted. Nothing is copied after that."""
        found = joined(disjoint(s for piece in self._pieces for s in piece.segments()))
        for store in self._stores:
            store.unpin()
            holes = [
                hole
                for piece in self._pieces
                if piece.store is store and piece.pages != PRIVATE
                for hole in piece.runs(0)
            ]
            found = with_holes(found, store.buffer, sorted(holes))
        return found

    def close(self) -> None:
        """Lets go of the copies, as soon as nobody looks at them."""
        for store in self._stores:
            store.unpin()
        self._stores, self._pieces, self._work = [], [], []

    def _adapt(self, wishes: Sequence[Wanted]) -> None:
        pieces, new = [], []
        ends = [piece.end for piece in self._pieces]
        for wish in wishes:
            start = wish.start
            for index in range(bisect_right(ends, start), len(ends)):
                piece = self._pieces[index]
                if wish.end <= piece.start:
                    break
                first, end = max(start, piece.start), min(piece.end, wish.end)
                if wish.pages != piece.pages or (first - piece.start) % _unit(piece.pages):
                    continue
                if start < first:
                    new.append(wish._replace(start=start, end=first))
                pieces.append(piece.of(wish._replace(start=first, end=end)))
                start = end
            if start < wish.end:
                new.append(wish._replace(start=start))
        self._pieces = pieces + self._new(new)
        self._work = _batches(self._pieces)

    def _new(self, wishes: Sequence[Wanted]) -> list[_Piece]:
        size = sum(wish.end - wish.start for wish in wishes)
        if not size:
            return []
        counts = [-(-(wish.end - wish.start) // _unit(wish.pages)) for wish in wishes]
        store = _Store(size, sum(counts))
        self._stores.append(store)
        pieces, offset, block = [], 0, 0
        for wish, count in zip(wishes, counts):
            pieces.append(_Piece(*wish, store, offset, block))
            offset += wish.end - wish.start
            block += count
        return pieces

    def _each(self, mode: int) -> tuple[int, int]:
        """(bytes, bytes lost) of all work, some at a time."""
        workers = min(_WORKERS, os.cpu_count() or 1)
        start = _hurry if mode == _COPY else block_signals
        pool = ThreadPoolExecutor(workers, "v8inspect copy", initializer=start)
        done, lost = 0, 0
        try:
            for size, missing in pool.map(partial(_run, self._pid, mode), self._work):
                done += size
                lost += missing
        finally:
            pool.shutdown(cancel_futures=True)
        return done, lost


def _hurry() -> None:
    """For a thread that copies while the process stands still: before others, where we may."""
    block_signals()
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)


def _batches(pieces: Iterable[_Piece]) -> list[array[int]]:
    """The ranges of all pieces, joined to calls that take some milliseconds."""
    found: list[array[int]] = []
    room = 0
    for piece in pieces:
        for row in piece.ranges():
            if not found or room < row[1]:
                found.append(array("Q"))
                room = _SLICE
            found[-1].extend(row)
            room -= row[1]
    return found


def _run(pid: int, mode: int, ranges: array[int]) -> tuple[int, int]:
    library = load()
    lost = bytearray(8)
    pins = [library.pin(ranges), library.pin(lost)]
    try:
        count = len(ranges) // _RANGE_WORDS
        size = library.call("live_copy", pid, mode, pins[0].address, count, pins[1].address)
    finally:
        for pin in pins:
            pin.release()
    if size == -_ESRCH:
        raise ProcessNotFound(pid)
    if size < 0:
        raise refusal(pid, os.strerror(-size))
    return size, int.from_bytes(lost, "little")
