"""Microtasks: the one that runs, and those that wait in the queues.

V8: src/execution/microtask-queue.h, src/objects/microtask.tq, promise.tq, contexts.h (a native
context keeps a raw pointer to its queue behind its slots).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, NamedTuple, Optional, Union

from v8inspect.objects.awaiting import Waiter, waiter_of
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.promises import JSPromise
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.tagged import Damaged, Value

if TYPE_CHECKING:
    from v8inspect.layout.model import Layout
    from v8inspect.session import Session

MAX_TASKS = 1 << 22  # of one queue
_LEAST_CAPACITY = 8  # V8: MicrotaskQueue::kMinimumCapacity
_ROOTS = 2048  # words of the roots table at most; 14.6 has some 1,150
_WORD = 8

_FULFILLED = "PROMISE_FULFILL_REACTION_JOB_TASK"
_REJECTED = "PROMISE_REJECT_REACTION_JOB_TASK"
_THENABLE = "PROMISE_RESOLVE_THENABLE_JOB_TASK"
_CALLABLE = "CALLABLE_TASK"
_CALLBACK = "CALLBACK_TASK"
_TASKS = frozenset((_FULFILLED, _REJECTED, _THENABLE, _CALLABLE, _CALLBACK))


class Microtask(NamedTuple):
    """One task. `kind`: 'fulfilled', 'rejected' (somebody who waited for a promise goes on:
    `waiter`, with `argument` the value or reason), 'callable' (queueMicrotask: `callable`),
    'thenable' (`callable` is the `then` of the object that promise `promise` was resolved with),
    'native' (a C++ function)."""

    object: HeapObject
    kind: str
    waiter: Optional[Waiter] = None
    callable: Optional[JSObject] = None
    promise: Optional[JSPromise] = None
    argument: Optional[Value] = None


def task_of(value: Value) -> Optional[Microtask]:
    """The task that a value is; None for other objects.

    A reaction's task has argument, context, handler, promise or capability; a CallableTask begins
    with the callable, a PromiseResolveThenableJobTask has context, promise, thenable and `then`.
    """
    if not isinstance(value, HeapObject) or value.type_name not in _TASKS:
        return None
    first = value.layout.Microtask.first_field
    words = [value.value_at(first + _WORD * number) for number in range(4)]
    name = value.type_name
    if name in (_FULFILLED, _REJECTED):
        rejected = name == _REJECTED
        handler, settles = words[2], words[3]
        # The other handler is gone: which combinator it was can't be told from one alone.
        waiter = waiter_of(handler, handler, settles)
        return Microtask(value, "rejected" if rejected else "fulfilled", waiter, argument=words[0])
    if name == _CALLABLE:
        return Microtask(value, "callable", callable=_object(words[0]))
    if name == _THENABLE:
        promise = words[1] if isinstance(words[1], JSPromise) else None
        return Microtask(value, "thenable", None, _object(words[3]), promise, words[2])
    return Microtask(value, "native")


def task_types(layout: Layout) -> set[int]:
    """The instance types of tasks."""
    return {layout.types[name] for name in _TASKS if name in layout.types}


def current_microtask(session: Session, isolate: int) -> Optional[Microtask]:
    """The task that an isolate (its C++ address) runs; None if it runs none.

    It is a root whose index differs between patch releases, so it is looked for among the roots:
    no other one is a task.
    """
    reader = reader_of(session)
    layout = session.layout
    first = isolate + layout.Isolate.roots
    wanted = task_types(layout)
    for number in range(layout.Isolate.roots_read_only, _ROOTS):
        word = reader.word(first + _WORD * number)
        if word is None:
            return None
        if word & 3 == 1 and reader.type_of(word) in wanted:
            return task_of(reader.value(word))
    return None


def pending_microtasks(
    session: Session, isolate: Optional[int] = None
) -> Iterator[Union[Microtask, Damaged]]:
    """The tasks that wait, in the order in which they would run, queue by queue. `isolate` is a
    number, None for all."""
    reader = reader_of(session)
    kind = session.layout.types["NATIVE_CONTEXT"]
    only = None if isolate is None else (isolate,)
    seen = set()
    contexts = [
        context
        for batch, _ in session.heap.collect(lambda map_: map_.type == kind, only)
        for context in batch
    ]
    for context in contexts:
        length = reader.smi(context + session.layout.Context.length) or 0
        queue = reader.word(context + session.layout.Context.slots + _WORD * length)
        if queue and not queue & 7 and queue not in seen:
            seen.add(queue)
            yield from _queued(reader, queue)


def _queued(reader: Reader, queue: int) -> Iterator[Union[Microtask, Damaged]]:
    fields = reader.layout.Microtask
    offsets = (
        fields.queue_size,
        fields.queue_capacity,
        fields.queue_start,
        fields.queue_ring_buffer,
    )
    numbers = [reader.word(queue + offset) for offset in offsets]
    size, capacity, start, ring = (0 if number is None else number for number in numbers)
    if not size:
        return
    power = capacity >= _LEAST_CAPACITY and not capacity & (capacity - 1)
    if not power or size > capacity or start >= capacity or ring & 7:
        yield Damaged(queue, "no queue of microtasks")
        return
    for number in range(min(size, MAX_TASKS)):
        value = reader.value_in(ring + _WORD * ((start + number) % capacity))
        task = task_of(value)
        if task is not None:
            yield task
        elif isinstance(value, Damaged):
            yield value
        else:
            yield Damaged(queue, "what is queued is no microtask")


def _object(value: Value) -> Optional[JSObject]:
    return value if isinstance(value, JSObject) else None
