"""Timers and immediates: what setTimeout, setInterval and setImmediate were given.

Node: lib/internal/timers.js, lib/timers.js (18 to 26). Timers of one duration are in a circular
list (TimersList), the lists by duration in the module's variable `timerListMap`; immediates in two
ImmediateLists. A Timeout that is in no list and is not `_destroyed` is being run. The module's
`timeoutInfo` and `immediateInfo` count those that are referenced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional

from v8inspect.node.clock import Clock
from v8inspect.node.environment import Environment
from v8inspect.node.objects import (
    Callback,
    by_name,
    by_symbol,
    callback_of,
    is_true,
    items,
    number_of,
    number_under,
    variable_around,
)
from v8inspect.objects.binary import JSTypedArray
from v8inspect.objects.elements import Element
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.tagged import Number

if TYPE_CHECKING:
    from v8inspect.session import Session

_CLASSES = ("ImmediateList", "TimersList", "Timeout", "Immediate")


@dataclass(frozen=True)
class Timer:
    """One timer or immediate.

    `kind` is 'timeout', 'interval' or 'immediate'; `state` 'waiting', or 'running' while its
    callback is under way. `due` is in milliseconds as timers count them (see clock.timers_now).
    """

    kind: str
    object: JSObject
    state: str
    callback: Optional[Callback]
    arguments: int
    ref: Optional[bool]
    milliseconds: Optional[float] = None
    due: Optional[float] = None


@dataclass(frozen=True)
class Timers:
    """The timers of an environment in the order in which they are due, and Node's own counts of
    the referenced ones (None: not found)."""

    timers: list[Timer]
    refs: Optional[int]
    immediate_refs: Optional[int]


def timers(session: Session, environment: Environment) -> Timers:
    """All timers and immediates of an environment."""
    module = _module(session, environment)
    if module is None:
        return Timers([], None, None)
    found = list(_immediates(session, environment))
    waiting = list(_in_lists(module))
    seen = {timer.object.address for timer in waiting}
    running = [
        timer for timer in _running(session, environment) if timer.object.address not in seen
    ]
    waiting.sort(key=lambda timer: float("inf") if timer.due is None else timer.due)
    return Timers(
        [*running, *found, *waiting],
        _timer_refs(module),
        _count(module, "immediateInfo", 1),
    )


def due_in(timer: Timer, clock: Clock) -> Optional[float]:
    """Milliseconds from the loop's time to when it is due; negative if it is late."""
    now = clock.timers_now
    return None if timer.due is None or now is None else timer.due - now


def _module(session: Session, environment: Environment) -> Optional[JSFunction]:
    """A function of lib/internal/timers.js: the class of one of its objects."""
    for name in _CLASSES:
        for address, _ in session.census.instances(name, environment.isolate):
            object = environment.reader.value(address | 1)
            word = object.map.constructor() if isinstance(object, JSObject) else None
            made_by = environment.reader.value(word) if word is not None else None
            if isinstance(made_by, JSFunction):
                if isinstance(variable_around(made_by, "timerListMap"), JSObject):
                    return made_by
            break
    return None


def _timer_refs(module: JSFunction) -> Optional[int]:
    counted = _count(module, "timeoutInfo", 0)
    if counted is None:  # early releases of 18
        number = number_of(variable_around(module, "refCount"))
        counted = None if number is None else int(number)
    return counted


def _count(module: JSFunction, name: str, index: int) -> Optional[int]:
    array = variable_around(module, name)
    if not isinstance(array, JSTypedArray):
        return None
    for at, item in array.numbers():
        if at == index:
            return int(item.value) if isinstance(item, Number) else None
    return None


def _in_lists(module: JSFunction) -> Iterator[Timer]:
    lists = variable_around(module, "timerListMap")
    if not isinstance(lists, JSObject):
        return
    for item in lists.elements():
        head = item.value if isinstance(item, Element) else None
        if not isinstance(head, JSObject):
            continue
        timer = by_name(head, "_idleNext")
        seen = {head.address}  # the list is circular, a damaged one may be so in other ways
        while isinstance(timer, JSObject) and timer.address not in seen:
            seen.add(timer.address)
            yield _timeout(timer, "waiting")
            timer = by_name(timer, "_idleNext")


def _running(session: Session, environment: Environment) -> Iterator[Timer]:
    for object in _objects(session, environment, "Timeout"):
        taken_out = not isinstance(by_name(object, "_idleNext"), JSObject)
        if taken_out and is_true(by_name(object, "_destroyed")) is False:
            yield _timeout(object, "running")


def _timeout(timer: JSObject, state: str) -> Timer:
    """A Timeout, or what `timers.enroll` was given (18)."""
    duration, start = number_under(timer, "_idleTimeout"), number_under(timer, "_idleStart")
    return Timer(
        kind="timeout" if number_under(timer, "_repeat") is None else "interval",
        object=timer,
        state=state,
        callback=callback_of(by_name(timer, "_onTimeout")),
        arguments=sum(1 for _ in items(by_name(timer, "_timerArgs"))),
        ref=is_true(by_symbol(timer, "refed")),
        milliseconds=duration,
        due=None if duration is None or start is None or state == "running" else start + duration,
    )


def _immediates(session: Session, environment: Environment) -> Iterator[Timer]:
    """Those that wait: an Immediate is `_destroyed` before its callback is called. In the order of
    the lists; what is not in them belongs to the batch that is being run."""
    waiting = {
        object.address: object
        for object in _objects(session, environment, "Immediate")
        if is_true(by_name(object, "_destroyed")) is False
    }
    ordered: list[JSObject] = []
    for queue in _objects(session, environment, "ImmediateList"):
        item = by_name(queue, "head")
        while isinstance(item, JSObject) and waiting.pop(item.address, None) is not None:
            ordered.append(item)
            item = by_name(item, "_idleNext")
    for item in [*waiting.values(), *ordered]:
        yield Timer(
            kind="immediate",
            object=item,
            state="waiting",
            callback=callback_of(by_name(item, "_onImmediate")),
            arguments=sum(1 for _ in items(by_name(item, "_argv"))),
            ref=is_true(by_symbol(item, "refed")),
        )


def _objects(session: Session, environment: Environment, name: str) -> Iterator[JSObject]:
    for address, _ in session.census.instances(name, environment.isolate):
        object = environment.reader.value(address | 1)
        if isinstance(object, JSObject):
            yield object
