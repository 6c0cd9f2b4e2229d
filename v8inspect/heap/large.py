"""Objects that are too large for a page of their own space: each has a page to itself, so they are
found without a walk.

V8: kMaxRegularHeapObjectSize in src/common/globals.h: about half of a page, 128 KB or more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Optional

from v8inspect.scan.scanner import WALK

if TYPE_CHECKING:
    from v8inspect.session import Session


class LargeObject(NamedTuple):
    """A tagged address and the object's size in bytes."""

    word: int
    size: int


def large_objects(session: Session, isolate: Optional[int] = None) -> list[LargeObject]:
    """The objects of the large spaces (code left out), the greatest first."""
    heap = session.heap
    found: list[LargeObject] = []
    for number in heap.numbers:
        if isolate is not None and number != isolate:
            continue
        first, last = heap.range(number)
        for page in heap.pages[first:last]:
            if page.state == WALK and "large" in heap.space_name(page):
                size = heap.scanner.size_at(page.area_start)
                if size:
                    found.append(LargeObject(page.area_start + 1, size))
    return sorted(found, key=lambda item: -item.size)
