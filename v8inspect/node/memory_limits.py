"""How much memory V8 was allowed to take: `--max-old-space-size` and its kin, as it had them last.

V8: src/heap/heap.h and heap.cc, Heap::ConfigureHeap and Heap::MaxReserved (10.2 to 14.6). What
near-heap-limit callbacks raised (a worker at its limit, --heapsnapshot-near-heap-limit) is in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from v8inspect.errors import MemoryUnreadable

if TYPE_CHECKING:
    from v8inspect.heap.isolates import Isolate
    from v8inspect.session import Session

_YOUNG = 3  # of V8's MaxReserved: two semi-spaces, and as much for large new objects
_MOST = 1 << 47  # bytes; no limit is beyond the address space


@dataclass(frozen=True)
class MemoryLimits:
    """Limits of one isolate in bytes; None: not known for this V8, or not in the dump."""

    max_old_generation_size: Optional[int]
    max_semi_space_size: Optional[int]

    @property
    def heap_size_limit(self) -> Optional[int]:
        """What `v8.getHeapStatistics().heap_size_limit` gives."""
        old, semi = self.max_old_generation_size, self.max_semi_space_size
        return None if old is None or semi is None else old + _YOUNG * semi


def memory_limits(session: Session, isolate: Isolate) -> MemoryLimits:
    """The limits of an isolate of `session`."""
    fields = session.layout.Heap
    place: Optional[int] = isolate.heap
    if fields.limits is not None:
        place = _word(session, isolate.heap + fields.limits)
        if place is not None and _word(session, place) != isolate.heap:
            place = None
    return MemoryLimits(
        _size(session, place, fields.max_old_generation_size),
        _size(session, isolate.heap, fields.max_semi_space_size),
    )


def _size(session: Session, place: Optional[int], offset: Optional[int]) -> Optional[int]:
    if place is None or offset is None:
        return None
    size = _word(session, place + offset)
    return size if size and size < _MOST else None


def _word(session: Session, address: int) -> Optional[int]:
    try:
        return session.memory.u64(address)
    except MemoryUnreadable:
        return None
