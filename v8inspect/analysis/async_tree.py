"""Who awaits whom, as trees: an outermost function, below it those that it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from v8inspect.analysis.async_origins import Origins
from v8inspect.analysis.async_waits import OriginRow, SuspendedRow, origin_row, suspended_row
from v8inspect.heap import suspended as found
from v8inspect.heap.suspended import Suspended
from v8inspect.rows import Address, Row, Summary

if TYPE_CHECKING:
    from v8inspect.session import Session

MAX_CALLS = 100_000  # that are put into trees
_MAX_DEPTH = 256
_MAX_PROMISES = 1000  # between a function and what it waits for


@dataclass(frozen=True)
class BranchRow(Row):
    """A call in its tree, or `count` of them whose trees below are equal; `depth` from 0. The
    fields of `of` stand beside these."""

    json_merged: ClassVar[str] = "of"
    json_hidden: ClassVar[Tuple[str, ...]] = ("address",)  # it is in `of`; here for pipes

    depth: int
    of: SuspendedRow
    address: Address


@dataclass(frozen=True)
class TreeTotal(Summary):
    """How many calls; `hidden` trees were not shown."""

    suspended: int
    trees: int
    hidden: int


_Key = Tuple[int, int, Tuple[Tuple[int, int], ...]]  # function, point, (key, count) below


class _Node(NamedTuple):
    key: int  # equal for equal trees
    one: Suspended
    below: Tuple[Tuple[_Node, int], ...]  # different ones, with their number


def trees(
    session: Session, isolate: Optional[int] = None, number: int = 0, live: bool = False
) -> Iterator[Row]:
    """Rows of the trees, each from its root down, equal ones once; the most frequent last."""
    total = hidden = shown_trees = 0
    for item in session.heap.isolates:
        if isolate is not None and item.number != isolate:
            continue
        everything = list(found.suspended(session, item.number, live))
        origins = Origins(session, item.number, everything)
        calls = {one.word: one for one in everything[:MAX_CALLS]}
        below = {word: _below(word, calls, origins) for word in calls}
        inner = {child for children in below.values() for child in children}
        roots = [word for word in calls if word not in inner]
        made: Dict[int, _Node] = {}
        keys: Dict[_Key, int] = {}
        grouped = _grouped([_node(word, calls, below, made, keys, set()) for word in roots])
        grouped.sort(key=lambda pair: pair[1])
        shown = grouped[-number:] if number else grouped
        for node, count in shown:
            yield from _rows(session, item.number, node, count, 0, origins)
        total += len(everything)
        shown_trees += len(grouped)
        hidden += len(grouped) - len(shown)
    yield TreeTotal(total, shown_trees, hidden)


def _below(word: int, calls: Dict[int, Suspended], origins: Origins) -> List[int]:
    """The calls that a call waits for, through combinators and `then`."""
    promise = origins.awaited_by(word)
    pending = [] if promise is None else [promise]
    seen: Set[int] = set()
    result: List[int] = []
    while pending and len(seen) < _MAX_PROMISES:
        promise = pending.pop()
        if promise in seen:
            continue
        seen.add(promise)
        owner = origins.owner(promise)
        if owner is not None and owner in calls and owner != word:
            result.append(owner)
        else:
            pending += origins.before(promise)
    return sorted(result)


def _node(
    word: int,
    calls: Dict[int, Suspended],
    below: Dict[int, List[int]],
    made: Dict[int, _Node],
    keys: Dict[_Key, int],
    above: Set[int],
) -> _Node:
    node = made.get(word)
    if node is None:
        one = calls[word]
        children: List[_Node] = []
        if len(above) < _MAX_DEPTH:
            path = above | {word}
            children = [
                _node(child, calls, below, made, keys, path)
                for child in below[word]
                if child not in path
            ]
        grouped = _grouped(children)
        key = (one.shared, one.point, tuple((child.key, count) for child, count in grouped))
        node = made[word] = _Node(keys.setdefault(key, len(keys)), one, tuple(grouped))
    return node


def _grouped(nodes: List[_Node]) -> List[Tuple[_Node, int]]:
    """Different ones with their number, in order of appearance."""
    counts: Dict[int, int] = {}
    first: Dict[int, _Node] = {}
    for node in nodes:
        first.setdefault(node.key, node)
        counts[node.key] = counts.get(node.key, 0) + 1
    return [(first[key], count) for key, count in counts.items()]


def _rows(
    session: Session, isolate: int, node: _Node, count: int, depth: int, origins: Origins
) -> Iterator[BranchRow]:
    awaits: Optional[OriginRow] = None
    if not node.below:
        awaits = origin_row(session, node.one, origins, False)
    row = suspended_row(isolate, node.one, session, count, awaits)
    yield BranchRow(depth, row, row.address)
    for child, number in node.below:
        yield from _rows(session, isolate, child, number, depth + 1, origins)
