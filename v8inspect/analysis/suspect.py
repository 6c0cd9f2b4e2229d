"""One suspect of a leak as a row: what it is, what fills it, its callbacks, who holds it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, ClassVar, Iterator, List, Optional, Sequence, Tuple

from v8inspect.analysis.node_handles import CallbackRow, callback_row
from v8inspect.analysis.references import class_of
from v8inspect.heap.gathering import (
    COLLECTION,
    LIST,
    SCATTERED,
    Gathering,
    class_name,
    class_number,
)
from v8inspect.heap.patterns import patterns_of
from v8inspect.heap.references import PROPERTY, Holder
from v8inspect.node.objects import by_name, callback_of, number_under
from v8inspect.objects.hash_collections import JSCollection
from v8inspect.objects.js_object import JSArray, JSObject
from v8inspect.objects.reader import reader_of
from v8inspect.objects.tagged import Value
from v8inspect.rows import Address, Row, Summary

if TYPE_CHECKING:
    from v8inspect.session import Session

LISTENERS, TIMERS = "listeners", "timers"
_Place = Tuple[str, Optional[str], Optional[int], Optional[int]]
_LOOKED_AT = 256  # objects whose callbacks are compared
_FILLINGS = 3
_EVENTS = "_events"  # Node.js: lib/events.js
_FUNCTION, _TIMEOUT, _TIMERS_LIST = "Function", "Timeout", "TimersList"


@dataclass(frozen=True)
class HeldRow(Row):
    """One reference on the way from the root, as in `path`."""

    address: Address
    class_: str
    via: str
    kind: str


@dataclass(frozen=True)
class FillingRow(Row):
    """Objects of one class in the suspect: how many, and what they retain together."""

    name: str
    count: int
    retained: int


@dataclass(frozen=True)
class SuspectRow(Row):
    """One suspect, the first is the likeliest. `kind`: collection, object, list, scattered,
    listeners, timers, promises or contexts. `address` is the object that has too much in it, of
    scattered and the like what holds one of them; `sample` one of its `count` objects of class
    `of`. `share` is of what is alive, from 0 to 1. `callback` is what most of those looked at call:
    `alike` of `looked_at`. `path` leads from the root to `address`."""

    json_sparse: ClassVar[bool] = True

    number: int
    kind: str
    address: Address
    class_: str
    retained: int
    share: float
    length: Optional[int] = None
    count: Optional[int] = None
    of: Optional[str] = None
    sample: Optional[Address] = None
    emitter: Optional[Address] = None
    emitter_class: Optional[str] = None
    event: Optional[str] = None
    milliseconds: Optional[float] = None
    callback: Optional[CallbackRow] = None
    alike: Optional[int] = None
    looked_at: Optional[int] = None
    fillings: List[FillingRow] = field(default_factory=list)
    root: str = ""
    path: List[HeldRow] = field(default_factory=list)


@dataclass(frozen=True)
class NoSuspects(Summary):
    """Nothing was found that retains so much."""

    percent: float
    live_bytes: int


def described(session: Session, item: Gathering, live: int) -> SuspectRow:
    graph = session.graph
    address = Address(graph.word(item.owner))
    value = reader_of(session).value(address)
    root, way = patterns_of(session).path(item.owner)
    row = SuspectRow(
        0,
        item.how,
        address,
        class_of(session, address),
        item.retained,
        round(item.retained / live, 4) if live else 0.0,
        length=_length(value) if item.how == COLLECTION else None,
        fillings=_filling_rows(session, item),
        root=root,
        path=[HeldRow(Address(s.holder), class_of(session, s.holder), s.via, s.kind) for s in way],
    )
    if item.reached is not None:
        head = item.how == LIST and item.owner != item.reached.sample
        row = replace(row, count=item.reached.objects + head, of=item.reached.class_)
        row = replace(row, sample=Address(graph.word(item.reached.sample)))
        if item.how == SCATTERED and item.reached.class_ == _FUNCTION:
            row = with_callbacks(session, row, [graph.word(item.reached.sample)])
        return row
    if item.how != COLLECTION:
        return row
    first = item.fillings[0]
    row = replace(
        row,
        count=first.objects,
        of=class_name(session, first.greatest),
        sample=Address(graph.word(first.greatest)),
    )
    if row.of in (_FUNCTION, _TIMEOUT):
        found = [graph.word(node) for node in _of_class(session, item.node, first.greatest)]
        row = with_callbacks(session, row, found)
    if row.of == _TIMEOUT and row.class_ == _TIMERS_LIST and isinstance(value, JSObject):
        row = replace(row, kind=TIMERS, milliseconds=number_under(value, "msecs"))
    return as_listeners(session, row, way)


def as_listeners(session: Session, row: SuspectRow, way: List[Holder]) -> SuspectRow:
    """As listeners, if it is an array of them: `emitter._events[event]`."""
    if row.of != _FUNCTION or len(way) < 2:
        return row
    events, event = way[-2:]
    if events.via != _EVENTS or events.kind != PROPERTY or event.kind != PROPERTY:
        return row
    return replace(
        row,
        kind=LISTENERS,
        event=event.via,
        emitter=Address(events.holder),
        emitter_class=class_of(session, events.holder),
    )


def with_callbacks(session: Session, row: SuspectRow, words: Sequence[int]) -> SuspectRow:
    """With what most of the objects at these tagged addresses call, timers or functions; as it is
    where they have nothing in common."""
    reader = reader_of(session)
    found: Counter[_Place] = Counter()
    first: dict[_Place, CallbackRow] = {}
    looked_at = 0
    for word in words[:_LOOKED_AT]:
        value: Optional[Value] = reader.value(word)
        if isinstance(value, JSObject) and class_of(session, word) == _TIMEOUT:
            value = by_name(value, "_onTimeout")
        callback = callback_row(session, callback_of(value))
        looked_at += 1
        if callback is not None:
            key = (callback.name, callback.script, callback.line, callback.column)
            found[key] += 1
            first.setdefault(key, callback)
    if not found:
        return row
    key, alike = found.most_common(1)[0]
    if 2 * alike < looked_at:
        return row
    return replace(row, callback=first[key], alike=alike, looked_at=looked_at)


def _of_class(session: Session, node: int, like: int) -> Iterator[int]:
    """What a node dominates immediately, of the class of one of those."""
    wanted = class_number(session, like)
    children = session.graph.scanned.children(node)
    return islice(
        (child for child in children if class_number(session, child) == wanted), _LOOKED_AT
    )


def _length(value: Value) -> Optional[int]:
    if isinstance(value, JSCollection):
        return value.size if isinstance(value.size, int) else None
    return value.length if isinstance(value, JSArray) else None


def _filling_rows(session: Session, item: Gathering) -> List[FillingRow]:
    return [
        FillingRow(class_name(session, row.greatest), row.objects, row.retained)
        for row in item.fillings[:_FILLINGS]
    ]
