"""Objects put together by how they are held, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, List, Optional

from v8inspect.analysis.instances import count_of
from v8inspect.heap.patterns import patterns_of
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session

_PATTERNS = 1000  # looked at, of those that retain most and of the most numerous


@dataclass(frozen=True)
class GroupRow(Row):
    """Live objects of class `class_` that are reached alike. `root` is the category of the root,
    `path` the steps from there: `Class.property`, `(Array)[]`, `Map(value)`; a `*` says that the
    step is made again and again. `address` is that of one of them; `holders` is how many objects
    they are reached from."""

    count: int
    size: int
    retained: int
    address: Address
    class_: str
    holders: int
    root: str
    path: List[str]


def grouped(
    session: Session,
    name: Optional[str] = None,
    limit: Optional[int] = None,
    everything: bool = False,
) -> Iterator[GroupRow]:
    """Ascending by what they retain, the `limit` greatest. Without a `name` only where there are
    more than of what holds them, unless `everything` is wanted. Raises NoSuchObjects."""
    if name is not None:
        count_of(session, name, live=True)
    found = [
        item
        for item in patterns_of(session).reached(max(_PATTERNS, 2 * (limit or 0)), name)
        if name is not None or everything or (item.objects > 1 and item.spreads)
    ]
    found.sort(key=lambda item: (item.retained, item.objects, item.steps))
    for item in found if limit is None else found[max(0, len(found) - limit) :]:
        yield GroupRow(
            item.objects,
            item.size,
            item.retained,
            Address(session.graph.word(item.sample)),
            item.class_,
            item.holders,
            item.root,
            [str(step) for step in item.steps],
        )
