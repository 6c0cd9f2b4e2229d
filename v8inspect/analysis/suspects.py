"""Suspects of a leak: the few objects that keep much of what is alive, and what there is too much
of, however small."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Iterator, List, Optional, Union

from v8inspect.analysis.suspect import LISTENERS, TIMERS, NoSuspects, SuspectRow, described
from v8inspect.analysis.too_many import too_many
from v8inspect.heap.gathering import COLLECTION, OBJECT, SCATTERED, gatherings

if TYPE_CHECKING:
    from v8inspect.session import Session

LEAST_PERCENT = 5.0
_LEAST_BYTES = 1 << 16
_MORE_THAN_NODE_HAS = 1000


def suspects(
    session: Session, percent: float = LEAST_PERCENT, limit: Optional[int] = None
) -> Iterator[Union[SuspectRow, NoSuspects]]:
    """What retains `percent` of all that is alive, and what there is too much of; the likeliest
    first, `limit` of them."""
    dominators = session.graph.dominators
    live = dominators.retained(dominators.root)
    least = max(_LEAST_BYTES, int(live * percent / 100))
    rows: List[SuspectRow] = []
    seen: set[int] = set()
    for item in gatherings(session, least):
        row = described(session, item, live)
        if not _is_nodes_own(row):
            rows.append(row)
        seen.update((item.node, item.owner))
    rows += too_many(session, seen, live)
    rows.sort(key=lambda row: -_weight(row))
    for number, row in enumerate(rows[:limit], 1):
        yield replace(row, number=number)
    if not rows:
        yield NoSuspects(percent, live)


def _is_nodes_own(row: SuspectRow) -> bool:
    """Whether it is one of Node.js' own tables of functions: there are some hundred in each."""
    if row.callback is None or row.kind != COLLECTION or (row.count or 0) >= _MORE_THAN_NODE_HAS:
        return False
    # Without a place it is V8's, or Node.js' own whose source is in the executable.
    return row.callback.script is None or row.callback.script.startswith("node:")


def _weight(row: SuspectRow) -> float:
    """Much of what is alive is suspicious, and so is much of what should be few."""
    much = {LISTENERS: 4.0, TIMERS: 4.0, OBJECT: 0.5, SCATTERED: 0.7}.get(row.kind, 1.0)
    return row.retained * much
