"""What there should be few of, and is many, whatever it retains: listeners of one event, timers
with one callback, pending promises, contexts of `vm`."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Iterator, List, Optional, Tuple

from v8inspect.analysis.suspect import (
    LISTENERS,
    TIMERS,
    SuspectRow,
    as_listeners,
    described,
    with_callbacks,
)
from v8inspect.heap.gathering import OBJECT, SCATTERED, Gathering, holder_of, inside
from v8inspect.heap.graph_roots import GLOBAL
from v8inspect.heap.patterns import Reached, patterns_of
from v8inspect.heap.references import ELEMENT
from v8inspect.node.environment import environments
from v8inspect.node.timers import timers
from v8inspect.objects.elements import Element
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSArray
from v8inspect.objects.promises import JSPromise
from v8inspect.objects.reader import reader_of
from v8inspect.objects.scripts import Place
from v8inspect.rows import Address

if TYPE_CHECKING:
    from v8inspect.session import Session

PROMISES, CONTEXTS = "promises", "contexts"
MANY_LISTENERS = 100
MANY_TIMERS = 100
MANY_PROMISES = 1000
MANY_CONTEXTS = 3
_PATTERNS = 300
_MOST_TIMERS = 10_000  # that are looked at one by one
_LOOKED_AT = 256
_EVENTS = "_events"  # Node.js: lib/events.js
_Alike = Tuple[str, Optional[Place], Optional[float]]
_FUNCTION, _PROMISE, _TIMEOUT = "Function", "Promise", "Timeout"


def too_many(session: Session, seen: set[int], live: int) -> Iterator[SuspectRow]:
    """A row for each; what is in nodes that were `seen` is left out."""
    yield from _listeners(session, seen, live)
    yield from _timers(session, seen, live)
    yield from _promises(session, seen, live)
    yield from _contexts(session, live)


def _listeners(session: Session, seen: set[int], live: int) -> Iterator[SuspectRow]:
    graph = session.graph
    for item in patterns_of(session).reached(_PATTERNS, _FUNCTION):
        if item.objects < MANY_LISTENERS or not _is_listener(item):
            continue
        way = patterns_of(session).nodes(item.sample)
        arrays = [
            node
            for node in way[1:3]
            if isinstance(reader_of(session).value(graph.word(node)), JSArray)
        ]
        if not arrays or inside(session, arrays[0], seen):
            continue
        array = reader_of(session).value(graph.word(arrays[0]))
        assert isinstance(array, JSArray)
        if array.length < MANY_LISTENERS:
            continue
        seen.add(arrays[0])
        retained = graph.dominators.retained(arrays[0])
        row = described(session, Gathering(OBJECT, arrays[0], arrays[0], retained, ()), live)
        row = replace(row, length=array.length, count=array.length, of=_FUNCTION)
        row = replace(row, sample=Address(graph.word(item.sample)))
        found = [
            element.value.word
            for element in islice(array.elements(), _LOOKED_AT)
            if isinstance(element, Element) and isinstance(element.value, HeapObject)
        ]
        row = with_callbacks(session, row, found)
        row = as_listeners(session, row, patterns_of(session).path(arrays[0])[1])
        if row.kind == LISTENERS:
            yield row


def _is_listener(item: Reached) -> bool:
    """Whether it is reached as `emitter._events[event][number]`."""
    steps = item.steps[-3:]
    return len(steps) == 3 and steps[0].via == _EVENTS and steps[2].kind == ELEMENT


def _timers(session: Session, seen: set[int], live: int) -> Iterator[SuspectRow]:
    graph = session.graph
    tally = session.live_census.tallies().get(_TIMEOUT)
    if tally is None or not MANY_TIMERS <= tally.count <= _MOST_TIMERS:
        return  # so many retain much, too
    for environment in environments(session):
        alike: dict[_Alike, List[int]] = {}
        for timer in timers(session, environment).timers:
            callback = timer.callback
            if callback is None or timer.kind == "immediate":
                continue
            key = (callback.name, callback.place, timer.milliseconds)
            alike.setdefault(key, []).append(timer.object.word)
        for key, words in alike.items():
            nodes = list(graph.scanned.nodes(words))
            known = graph.alive(words[:1])[0]
            if len(words) < MANY_TIMERS or not known or inside(session, nodes[0], seen):
                continue
            seen.update(nodes)
            retained = sum(graph.dominators.retained_of(sorted(nodes)))
            owner = holder_of(session, nodes[0])
            row = described(session, Gathering(OBJECT, owner, owner, retained, ()), live)
            row = replace(row, kind=TIMERS, count=len(words), of=_TIMEOUT)
            row = replace(row, sample=Address(words[0]), milliseconds=key[2])
            yield with_callbacks(session, row, words)


def _promises(session: Session, seen: set[int], live: int) -> Iterator[SuspectRow]:
    tally = session.live_census.tallies().get(_PROMISE)
    if tally is None or tally.count < MANY_PROMISES:
        return
    for item in patterns_of(session).reached(_PATTERNS, _PROMISE):
        if item.objects < MANY_PROMISES or inside(session, item.sample, seen):
            continue
        value = reader_of(session).value(session.graph.word(item.sample))
        if isinstance(value, JSPromise) and value.state == "pending":
            seen.add(item.sample)
            owner = holder_of(session, item.sample)
            how = Gathering(SCATTERED, item.sample, owner, item.retained, (), item)
            yield replace(described(session, how, live), kind=PROMISES)


def _contexts(session: Session, live: int) -> Iterator[SuspectRow]:
    """Contexts that `vm` has made, besides the program's own of each isolate."""
    graph = session.graph
    kind = session.layout.types["NATIVE_CONTEXT"]
    words = [
        address + 1
        for addresses, _ in session.heap.collect(lambda map_: map_.type == kind)
        for address in addresses
    ]
    held = {root.node for root in graph.roots if root.category == GLOBAL}
    nodes = [
        node
        for node, alive in zip(graph.scanned.nodes(words), graph.alive(words))
        if alive and node not in held
    ]
    if len(nodes) >= MANY_CONTEXTS:
        retained = sum(graph.dominators.retained_of(sorted(nodes)))
        row = described(session, Gathering(OBJECT, nodes[0], nodes[0], retained, ()), live)
        yield replace(row, kind=CONTEXTS, count=len(nodes), of="NativeContext")
