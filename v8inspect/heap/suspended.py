"""Suspended async functions and generators of the whole heap, and what promise each waits for.

Instances come from the C scanner's walk, collected where V8 has left them, garbage that was not
yet swept included. Nothing of V8 leads from an await to its promise: promises lead to who awaits
them, so all pending ones are looked through.

V8: src/objects/js-generator.tq, js-promise.tq; V8_FRAMES.md §9.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Iterator, NamedTuple, Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.objects.awaiting import AWAIT, Waiter, waiters
from v8inspect.objects.generators import JSGeneratorObject
from v8inspect.objects.promises import JSPromise
from v8inspect.objects.reader import reader_of
from v8inspect.objects.tagged import smi_or_none

if TYPE_CHECKING:
    from v8inspect.session import Session

MAX_PROMISES = 100_000  # pending ones that are looked through: some 10 µs each
ASYNC_FUNCTION, ASYNC_GENERATOR, GENERATOR = "async function", "async generator", "generator"
_KINDS = {
    "JS_ASYNC_FUNCTION_OBJECT": ASYNC_FUNCTION,
    "JS_ASYNC_GENERATOR_OBJECT": ASYNC_GENERATOR,
    "JS_GENERATOR_OBJECT": GENERATOR,
}
_U64 = Struct("<Q").unpack_from

SUSPENDED, NOT_STARTED = "suspended", "not started"


class Suspended(NamedTuple):
    """One that waits: tagged addresses of it and of its function, and where it is.

    `position` is V8's number of the place (see JSGeneratorObject.bytecode_offset): equal ones of
    one function are one place.
    """

    word: int
    kind: str
    shared: int
    position: int
    state: str


class Source(NamedTuple):
    """What settles a promise: `waiter` is how, `promise` (tagged) the one that comes before."""

    waiter: Waiter
    promise: int


class Awaited(NamedTuple):
    """What the pending promises say. `awaited`: suspended object to the promise it awaits, both
    tagged; `sources`: promise to what settles it. Not `complete`: there were too many."""

    awaited: dict[int, int]
    sources: dict[int, list[Source]]
    complete: bool


def suspended(session: Session, isolate: Optional[int] = None) -> Iterator[Suspended]:
    """Every generator and call of an async function that neither runs nor is done, in the order of
    pages."""
    layout = session.layout
    memory = session.memory
    fields = layout.Builtins
    end = max(fields.generator_function, fields.generator_input, fields.generator_continuation) + 8
    kinds = {layout.types[name]: kind for name, kind in _KINDS.items() if name in layout.types}
    shared_of: dict[int, int] = {}
    heap = session.heap
    walked = heap.walked()
    maps = walked[-1].maps if walked else []
    only = None if isolate is None else (isolate,)
    for addresses, indices in heap.collect(lambda map_: map_.type in kinds, only):
        for address, index in zip(addresses, indices):
            try:
                data = memory.bytes(address, end)
            except MemoryUnreadable:
                continue
            number = smi_or_none(_U64(data, fields.generator_continuation)[0])
            # An async function that has ended stays as if it ran.
            if number is None or number < 0:
                continue
            function = _U64(data, fields.generator_function)[0]
            shared = shared_of.get(function)
            if shared is None:
                shared = shared_of[function] = _shared_of(session, function)
            if not shared:
                continue  # allocated, and not filled yet
            kind = kinds[maps[index].type]
            position = smi_or_none(_U64(data, fields.generator_input)[0])
            # Its first suspension, before its body, is the first of its numbers: an async function
            # has no such one.
            fresh = number == 0 and kind != ASYNC_FUNCTION
            state = NOT_STARTED if fresh else SUSPENDED
            yield Suspended(address + 1, kind, shared, -1 if position is None else position, state)


def _shared_of(session: Session, function: int) -> int:
    reader = reader_of(session)
    layout = session.layout
    if (
        not layout.first_js_function_type
        <= reader.type_of(function)
        <= layout.last_js_function_type
    ):
        return 0
    return reader.word(function - 1 + layout.JSFunction.shared) or 0


def awaited(session: Session, isolate: Optional[int] = None) -> Awaited:
    """What each suspended object awaits, from the pending promises."""
    layout = session.layout
    memory, reader = session.memory, reader_of(session)
    fields = layout.Builtins
    end = max(fields.promise_reactions_or_result, fields.promise_flags) + 8
    kind = layout.types["JS_PROMISE"]
    only = None if isolate is None else (isolate,)
    found: dict[int, int] = {}
    sources: dict[int, list[Source]] = {}
    visited = 0
    for addresses, _ in session.heap.collect(lambda map_: map_.type == kind, only):
        for address in addresses:
            try:
                data = memory.bytes(address, end)
            except MemoryUnreadable:
                continue
            # Pending, and with a reaction: 0 is the end of the list.
            status = _U64(data, fields.promise_flags)[0] >> 32 & 3
            if status or not _U64(data, fields.promise_reactions_or_result)[0] & 1:
                continue
            if visited >= MAX_PROMISES:
                return Awaited(found, sources, False)
            visited += 1
            promise = reader.value(address + 1)
            if isinstance(promise, JSPromise):
                _read(promise, found, sources)
    return Awaited(found, sources, True)


def _read(promise: JSPromise, found: dict[int, int], sources: dict[int, list[Source]]) -> None:
    for waiter in waiters(promise):
        if not isinstance(waiter, Waiter):
            continue
        if waiter.kind == AWAIT:
            assert waiter.generator is not None
            found[waiter.generator.word] = promise.word
        elif waiter.promise is not None:
            sources.setdefault(waiter.promise.word, []).append(Source(waiter, promise.word))


def views(session: Session, words: Sequence[int]) -> Iterator[JSGeneratorObject]:
    """The objects at tagged addresses, damaged ones left out."""
    reader = reader_of(session)
    for word in words:
        value = reader.value(word)
        if isinstance(value, JSGeneratorObject):
            yield value
