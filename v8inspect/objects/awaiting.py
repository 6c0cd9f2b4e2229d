"""Who waits for whom: from a promise to what goes on when it is settled.

V8: src/builtins/builtins-async-gen.cc, promise-all.tq, promise-any.tq, promise-resolve.tq,
promise-finally.tq, and CaptureAsyncStackTrace in src/execution/isolate.cc, whose rules
`continuations` follows. V8's own handlers are known by what their contexts hold, not by the
number of the builtin, which each build gives anew; the tests compare with V8's own traces.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple, Optional, Set, Tuple, Union

from v8inspect.objects.code import BytecodeArray, bytecode_of
from v8inspect.objects.contexts import Context
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.generators import (
    JSAsyncFunctionObject,
    JSAsyncGeneratorObject,
    JSGeneratorObject,
)
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.promises import JSPromise, PromiseReaction
from v8inspect.objects.scripts import Place, script_of
from v8inspect.objects.source_positions import position_at
from v8inspect.objects.tagged import Damaged, Smi, Value

COMBINATORS = ("all", "allSettled", "any")
MAX_CHAIN = 1 << 12  # promises of one chain

AWAIT, ALL, ALL_SETTLED, ANY, RESOLVE, THEN = "await", "all", "allSettled", "any", "resolve", "then"


class Waiter(NamedTuple):
    """What goes on when a promise is settled.

    `kind`: 'await' (`generator` goes on), 'all', 'allSettled', 'any' (a combinator; `number` is the
    promise's place in it, from 0), 'resolve' (`promise` is settled with it: Promise.race, or a
    promise that was resolved with a promise), 'then' (`handler` is the program's function).
    `promise`: what it settles in turn, None where that is nothing.
    """

    kind: str
    generator: Optional[JSGeneratorObject] = None
    handler: Optional[JSFunction] = None
    promise: Optional[JSPromise] = None
    number: Optional[int] = None


def waiter_of(fulfilled: Value, rejected: Value, settles: Value) -> Waiter:
    """By the handlers of a reaction and the promise or capability that it settles."""
    generator = generator_of(fulfilled)
    if generator is not None:
        return Waiter(AWAIT, generator, None, promise_of(generator))
    all_, any_ = _combinator(fulfilled), _combinator(rejected)
    if all_ is not None:
        kind = ALL if any_ is None else ALL_SETTLED
        return Waiter(kind, None, None, all_, _index(fulfilled))
    if any_ is not None:
        return Waiter(ANY, None, None, any_, _index(rejected))
    resolved = _resolves(fulfilled)
    if resolved is not None:
        return Waiter(RESOLVE, None, None, resolved)
    handler = _users(fulfilled) or _users(rejected)
    kind = RESOLVE if handler is None else THEN
    return Waiter(kind, None, handler, _promise(settles))


def waiters(promise: JSPromise) -> Iterator[Union[Waiter, Damaged]]:
    """Who waits for a promise, in the order in which they will go on; none once it is settled."""
    for reaction in promise.reactions():
        if isinstance(reaction, PromiseReaction):
            yield waiter_of(
                reaction.fulfill_handler, reaction.reject_handler, reaction.promise_or_capability
            )
        else:
            yield reaction


def continuations(promise: Optional[JSPromise]) -> Iterator[Waiter]:
    """The chain of those who wait for a promise as V8's stack traces follow it: as long as there
    is one waiter, and no more than one."""
    seen: Set[int] = set()
    while promise is not None and promise.address not in seen and len(seen) < MAX_CHAIN:
        seen.add(promise.address)
        found = list(waiters(promise))
        if len(found) != 1 or isinstance(found[0], Damaged):
            return
        yield found[0]
        promise = found[0].promise


def generator_of(handler: Value) -> Optional[JSGeneratorObject]:
    """What goes on where V8's handler of an `await` is called. Its context keeps the suspended
    object as its extension (V8: AwaitContext); handlers of the program have none there."""
    if not isinstance(handler, JSFunction):
        return None
    context = handler.context
    if not isinstance(context, Context) or context.kind != "await":
        return None
    candidate = context.slot(context.layout.Context.extension)
    return candidate if isinstance(candidate, JSGeneratorObject) else None


def promise_of(generator: JSGeneratorObject) -> Optional[JSPromise]:
    """The promise that a call of an async function settles; of an async generator that of the
    `next` it is at; None for others."""
    if isinstance(generator, JSAsyncFunctionObject):
        value = generator.promise
    elif isinstance(generator, JSAsyncGeneratorObject):
        request = _of_type(generator.queue, "ASYNC_GENERATOR_REQUEST")
        if request is None:
            return None
        value = request.value_at(generator.layout.Microtask.request_promise)
    else:
        return None
    return value if isinstance(value, JSPromise) else None


def suspended_in(
    generator: JSGeneratorObject,
) -> Tuple[Optional[SharedFunctionInfo], Optional[BytecodeArray], Optional[int]]:
    """Function, bytecode and offset in it (from 0) where a generator or async function waits;
    the offset is None where it does not wait."""
    function = generator.function
    shared = function.shared if isinstance(function, JSFunction) else None
    if not isinstance(shared, SharedFunctionInfo):
        return None, None, None
    code = bytecode_of(shared)
    offset = generator.bytecode_offset
    if code is None or offset is None:
        return shared, code, None
    # The bytes of the code begin where the header of its size rule ends.
    header = code.layout.size_rules[code.instance_type].header
    return shared, code, offset - (header - 1)


def suspended_place(generator: JSGeneratorObject) -> Optional[Place]:
    """Where it waits: the place of its `await` or `yield`, or of its start before it ran."""
    shared, code, offset = suspended_in(generator)
    script = None if shared is None else script_of(shared)
    if code is None or offset is None or script is None:
        return None
    position = position_at(code, offset)
    return None if position is None else script.place(position)


def _combinator(handler: Value) -> Optional[JSPromise]:
    """What Promise.all and its like settle, if `handler` is V8's for one of their promises."""
    context = handler.context if isinstance(handler, JSFunction) else None
    if not isinstance(context, Context):
        return None
    fields = context.layout.Microtask
    if context.length <= fields.combinator_capability_slot:
        return None
    capability = _of_type(context.slot(fields.combinator_capability_slot), "PROMISE_CAPABILITY")
    # The number of promises that are missing still.
    if capability is None or not isinstance(context.slot(fields.closure_first_slot), Smi):
        return None
    return _promise(capability)


def _index(handler: Value) -> Optional[int]:
    """V8 keeps the index, counted from 1, as the closure's identity hash."""
    if not isinstance(handler, JSFunction):
        return None
    number = handler.value_at(handler.layout.JSObject.properties_or_hash)
    return number.value - 1 if isinstance(number, Smi) and number.value > 0 else None


def _resolves(handler: Value) -> Optional[JSPromise]:
    """The promise whose resolve function `handler` is (one without a place in a script)."""
    if not isinstance(handler, JSFunction) or _has_script(handler):
        return None
    context = handler.context
    value = _first_slot(context) if isinstance(context, Context) else None
    return value if isinstance(value, JSPromise) else None


def _users(handler: Value) -> Optional[JSFunction]:
    """The program's function: `handler` itself, or what V8's closure for `finally` calls."""
    if not isinstance(handler, JSFunction):
        return None
    context = handler.context
    if _has_script(handler) or not isinstance(context, Context):
        return handler
    inner = _first_slot(context)
    return inner if isinstance(inner, JSFunction) and _has_script(inner) else handler


def _first_slot(context: Context) -> Optional[Value]:
    """What V8's closures keep first."""
    number = context.layout.Microtask.closure_first_slot
    return context.slot(number) if context.length > number else None


def _has_script(function: JSFunction) -> bool:
    shared = function.shared
    return isinstance(shared, SharedFunctionInfo) and script_of(shared) is not None


def _promise(value: Value) -> Optional[JSPromise]:
    """A promise, or that of a capability."""
    capability = _of_type(value, "PROMISE_CAPABILITY")
    if capability is not None:
        value = capability.value_at(capability.layout.Microtask.capability_promise)
    return value if isinstance(value, JSPromise) else None


def _of_type(value: Value, type_name: str) -> Optional[HeapObject]:
    if isinstance(value, HeapObject) and value.type_name == type_name:
        return value
    return None
