"""What stands in the way of a complete answer from this heap, in one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from v8inspect.heap.heap import SHARED

if TYPE_CHECKING:
    from v8inspect.session import Session


def problems(session: Session) -> list[str]:
    """Empty when every byte of every page outside code space is there and accounted for.

    Read-only pages have tails that V8 itself never maps (V8_LAYOUT §2.1): those are not missing.
    """
    heap = session.heap
    found = list(heap.notes)
    lost = session.target.facts.lost
    if lost:
        found.append(f"the dump is truncated: {lost} bytes of memory are not in the file")
    found += [
        f"only {check.detail}"
        for check in session.checks
        if not check.ok and check.name in ("functions", "arrays")
    ]
    absent = unexplained = 0
    for walked in heap.walked():
        for stats in walked.stats:
            unexplained += stats.unexplained
            absent += stats.absent if walked.isolate != SHARED else 0
    if absent:
        found.append(f"{absent} bytes of the heap are not in the dump")
    if unexplained:
        found.append(f"{unexplained} bytes of the heap can't be explained and were skipped")
    return found
