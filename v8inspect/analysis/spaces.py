"""Spaces of the heap: pages, bytes, and how well the walk accounts for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional, Union

from v8inspect.heap.heap import SHARED
from v8inspect.rows import Row, Summary
from v8inspect.scan.scanner import LIVE, WALK, Stats

if TYPE_CHECKING:
    from v8inspect.session import Session


@dataclass(frozen=True)
class SpaceRow(Row):
    """One space of one isolate; bytes. `isolate` is None for read-only space, which all share.

    `size` is what its pages take of the address space; `used` the objects, `free` what the
    allocator can give out (free list, linear areas, unused semispace pages), `resync` objects
    whose size was taken from where the next begins, `absent` bytes the dump lacks, `unexplained`
    the rest. Code is not walked: its `used` is the area of its pages.
    """

    isolate: Optional[int]
    space: str
    pages: int
    size: int
    objects: int
    used: int
    free: int
    resync: int
    absent: int
    unexplained: int


@dataclass(frozen=True)
class HeapTotal(Summary):
    """Sums over all rows."""

    pages: int
    size: int
    objects: int
    used: int
    free: int
    resync: int
    absent: int
    unexplained: int


@dataclass(frozen=True)
class LivenessRow(Row):
    """Objects of one space of one isolate, and those of them that are garbage; bytes.
    Read-only space and code, which is not walked, have no row."""

    isolate: int
    space: str
    objects: int
    used: int
    dead_objects: int
    garbage: int


@dataclass(frozen=True)
class LivenessTotal(Summary):
    """Sums over all rows."""

    objects: int
    used: int
    dead_objects: int
    garbage: int


def live_spaces(
    session: Session, isolate: Optional[int] = None
) -> Iterator[Union[LivenessRow, LivenessTotal]]:
    """A row for each space of each isolate that V8 collects in, then the totals."""
    heap = session.heap
    session.graph.alive(())  # marks
    rows: list[LivenessRow] = []
    for walked in heap.walked():
        if walked.isolate == SHARED or isolate not in (None, walked.isolate):
            continue
        alive = [stats for part in heap.walk(walked.isolate, LIVE) for stats in part]
        sums: dict[str, list[int]] = {}
        for page, stats, live in zip(walked.pages, walked.stats, alive):
            if page.state != WALK:
                continue
            found = sums.setdefault(heap.space_name(page), [0] * 4)
            used = stats.used + stats.resync
            found[0] += stats.objects
            found[1] += used
            found[2] += stats.objects - live.objects
            found[3] += used - live.used - live.resync
        rows += [LivenessRow(walked.isolate, space, *sums[space]) for space in sorted(sums)]
    yield from rows
    yield LivenessTotal(
        sum(row.objects for row in rows),
        sum(row.used for row in rows),
        sum(row.dead_objects for row in rows),
        sum(row.garbage for row in rows),
    )


def spaces(session: Session, isolate: Optional[int] = None) -> Iterator[Union[SpaceRow, HeapTotal]]:
    """A row for each space of each isolate, read-only space first, then the totals."""
    heap = session.heap
    rows: list[SpaceRow] = []
    for walked in heap.walked():
        if isolate is not None and walked.isolate != isolate:
            continue
        sums: dict[str, tuple[int, int, Stats]] = {}
        for page, stats in zip(walked.pages, walked.stats):
            if page.state != WALK:
                area = page.area_end - page.area_start
                stats = Stats(lab=area) if page.chunk in heap.dead else Stats(used=area)
            space = heap.space_name(page)
            pages, size, total = sums.get(space, (0, 0, Stats()))
            sums[space] = (pages + 1, size + page.size, total.plus(stats))
        number = None if walked.isolate == SHARED else walked.isolate
        for space, (pages, size, total) in sorted(sums.items()):
            rows.append(
                SpaceRow(
                    number,
                    space,
                    pages,
                    size,
                    total.objects,
                    total.used + total.forwarded,
                    total.free + total.lab + total.zero,
                    total.resync,
                    total.absent,
                    total.unexplained,
                )
            )
    yield from rows
    yield HeapTotal(
        sum(row.pages for row in rows),
        sum(row.size for row in rows),
        sum(row.objects for row in rows),
        sum(row.used for row in rows),
        sum(row.free for row in rows),
        sum(row.resync for row in rows),
        sum(row.absent for row in rows),
        sum(row.unexplained for row in rows),
    )
