"""Who goes on when a promise is settled, and the microtasks that wait, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Iterator, Optional, Union

from v8inspect.analysis.async_origins import ANONYMOUS, name_in
from v8inspect.heap.microtasks import Microtask, pending_microtasks
from v8inspect.node.objects import callback_of
from v8inspect.objects.awaiting import AWAIT, THEN, Waiter, suspended_in, suspended_place
from v8inspect.objects.builtins import JSBoundFunction
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.generators import JSGeneratorObject
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.scripts import Place, place_of
from v8inspect.objects.tagged import Damaged
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session


@dataclass(frozen=True)
class WaiterRow(Row):
    """Who goes on when a promise is settled: `how` is 'await', 'then', 'all', 'allSettled', 'any'
    or 'resolve' (see objects.awaiting). `address` is the suspended object, the handler, or the
    promise that is settled with it; `number` the place among those that a combinator waits for;
    `count` how many of a group are awaited so."""

    json_sparse: ClassVar[bool] = True

    how: str
    address: Optional[Address]
    function: Optional[str] = None
    script: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    number: Optional[int] = None
    count: Optional[int] = None


@dataclass(frozen=True)
class MicrotaskRow(Row):
    """A microtask that waits in the queue: `task` is 'fulfilled' or 'rejected' (a function goes
    on, or a handler is called), 'callable' (queueMicrotask), 'thenable', 'native'."""

    json_sparse: ClassVar[bool] = True

    kind: str
    isolate: int
    address: Address
    task: str
    function: Optional[str] = None
    script: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    callee: Optional[Address] = None
    async_: Optional[bool] = None
    problem: Optional[str] = None


def place_in(generator: JSGeneratorObject) -> Optional[Place]:
    """Where it waits; where its function begins if the bytecode is gone."""
    place = suspended_place(generator)
    if place is not None:
        return place
    shared = suspended_in(generator)[0]
    return None if shared is None else place_of(shared)


def waiter_row(waiter: Waiter) -> WaiterRow:
    """A waiter as a row."""
    if waiter.generator is not None:
        place = place_in(waiter.generator)
        return _waiter(AWAIT, waiter.generator, name_in(waiter.generator), place)
    if waiter.handler is not None:
        shared = waiter.handler.shared
        place = place_of(shared) if isinstance(shared, SharedFunctionInfo) else None
        # Without a place it is V8's own, which has no name: a module waits, for example.
        name = waiter.handler.debug_name or (None if place is None else ANONYMOUS)
        return _waiter(THEN, waiter.handler, name, place)
    return _waiter(waiter.kind, waiter.promise, None, None, waiter.number)


def _waiter(
    how: str,
    object: Optional[HeapObject],
    name: Optional[str],
    place: Optional[Place],
    number: Optional[int] = None,
) -> WaiterRow:
    return WaiterRow(
        how,
        None if object is None else Address(object.word),
        name,
        None if place is None else place.script,
        None if place is None else place.line,
        None if place is None else place.column,
        number,
    )


def microtask_rows(session: Session, isolate: Optional[int]) -> Iterator[MicrotaskRow]:
    """The queued tasks, in the order in which they would run."""
    for item in session.heap.isolates:
        if isolate is None or item.number == isolate:
            for task in pending_microtasks(session, item.number):
                yield microtask_row(item.number, task)


def microtask_row(isolate: int, task: Union[Microtask, Damaged]) -> MicrotaskRow:
    """A queued task as a row."""
    if isinstance(task, Damaged):
        return MicrotaskRow(
            "microtask", isolate, Address(task.address), "damaged", problem=task.why
        )
    at = Address(task.object.word)
    if task.waiter is not None:
        row = waiter_row(task.waiter)
        return MicrotaskRow(
            "microtask", isolate, at, task.kind, row.function, row.script, row.line, row.column,
            row.address, True if task.waiter.generator is not None else None,
        )  # fmt: skip
    callee: Optional[HeapObject] = task.callable
    if callee is None:
        return MicrotaskRow("microtask", isolate, at, task.kind)
    function = _unbound(callee)
    shared = function.shared if function is not None else None
    place = place_of(shared) if isinstance(shared, SharedFunctionInfo) else None
    return MicrotaskRow(
        "microtask",
        isolate,
        at,
        task.kind,
        ANONYMOUS if function is None else function.debug_name or ANONYMOUS,
        None if place is None else place.script,
        None if place is None else place.line,
        None if place is None else place.column,
        Address(callee.word),
    )


def _unbound(callee: HeapObject) -> Optional[JSFunction]:
    """The function to be called. Node binds its runMicrotask to an AsyncResource; its `callback`
    is the program's function."""
    if isinstance(callee, JSFunction):
        return callee
    if isinstance(callee, JSBoundFunction):
        this = callee.bound_this
        inner = this.property("callback") if isinstance(this, JSObject) else None
        if inner is not None and isinstance(inner.value, JSFunction):
            return inner.value
        known = callback_of(callee)
        value = None if known is None else callee.reader.value(known.function)
        return value if isinstance(value, JSFunction) else None
    return None
