"""Suspended async functions and generators of the whole heap, and what promise each waits for.

Instances come from the C scanner's walk, collected where V8 has left them, garbage that was not
yet swept included. Nothing of V8 leads from an await to its promise: promises lead to who awaits
them, so all pending ones are looked through.

V8: src/objects/js-generator.tq, js-promise.tq; V8_FRAMES.md §9.
"""

from __future__ import annotations

from itertools import islice
from struct import Struct
from typing import TYPE_CHECKING, AbstractSet, Iterable, Iterator, NamedTuple, Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.objects.awaiting import AWAIT, Waiter, promise_of, waiters
from v8inspect.objects.generators import JSGeneratorObject
from v8inspect.objects.promises import JSPromise
from v8inspect.objects.reader import reader_of
from v8inspect.objects.tagged import smi_or_none

if TYPE_CHECKING:
    from v8inspect.session import Session

MAX_PROMISES = 100_000  # pending ones that are looked through: some 5 µs each
_SLICE = 1 << 12  # objects between two looks at progress
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

    `point` is V8's number of the `await` or `yield` in its function. (The offset in the bytecode is
    no such thing: baseline code up to V8 11 stores one more than the interpreter.)
    """

    word: int
    kind: str
    shared: int
    point: int
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


def suspended(
    session: Session, isolate: Optional[int] = None, live: bool = False
) -> Iterator[Suspended]:
    """Every generator and call of an async function that neither runs nor is done, in the order of
    pages; those that roots lead to if `live`."""
    everything = _suspended(session, isolate)
    if not live:
        yield from everything
        return
    while some := list(islice(everything, _SLICE)):
        alive = session.graph.alive([one.word for one in some])
        yield from (one for one, is_alive in zip(some, alive) if is_alive)


def _suspended(session: Session, isolate: Optional[int]) -> Iterator[Suspended]:
    layout = session.layout
    memory = session.memory
    fields = layout.Builtins
    end = max(fields.generator_function, fields.generator_continuation) + 8
    kinds = {layout.types[name]: kind for name, kind in _KINDS.items() if name in layout.types}
    shared_of: dict[int, int] = {}
    heap = session.heap
    walked = heap.walked()
    maps = walked[-1].maps if walked else []
    only = None if isolate is None else (isolate,)
    for addresses, indices in heap.collect(lambda map_: map_.type in kinds, only):
        for number, (address, index) in enumerate(zip(addresses, indices)):
            if not number % _SLICE:
                session.progress("reading suspended calls", 0, 0)
            try:
                data = memory.bytes(address, end)
            except MemoryUnreadable:
                continue
            point = smi_or_none(_U64(data, fields.generator_continuation)[0])
            # An async function that has ended stays as if it ran.
            if point is None or point < 0:
                continue
            function = _U64(data, fields.generator_function)[0]
            shared = shared_of.get(function)
            if shared is None:
                shared = shared_of[function] = _shared_of(session, function)
            if not shared:
                continue  # allocated, and not filled yet
            kind = kinds[maps[index].type]
            # Its first suspension, before its body, is the first of its numbers: an async function
            # has no such one.
            fresh = point == 0 and kind != ASYNC_FUNCTION
            state = NOT_STARTED if fresh else SUSPENDED
            yield Suspended(address + 1, kind, shared, point, state)


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


def awaited(session: Session, calls: AbstractSet[int], isolate: Optional[int] = None) -> Awaited:
    """What each of the suspended objects `calls` (tagged addresses) awaits."""
    layout = session.layout
    memory, reader = session.memory, reader_of(session)
    fields = layout.Builtins
    end = max(fields.promise_reactions_or_result, fields.promise_flags) + 8
    kind = layout.types["JS_PROMISE"]
    only = None if isolate is None else (isolate,)
    found: dict[int, int] = {}
    sources: dict[int, list[Source]] = {}
    awaiting = _Awaiting(session, calls)
    visited = 0
    for addresses, _ in session.heap.collect(lambda map_: map_.type == kind, only):
        for address in addresses:
            try:
                data = memory.bytes(address, end)
            except MemoryUnreadable:
                continue
            # Pending, and with a reaction: 0 is the end of the list.
            status = _U64(data, fields.promise_flags)[0] >> 32 & 3
            reaction = _U64(data, fields.promise_reactions_or_result)[0]
            if status or not reaction & 1:
                continue
            if visited >= MAX_PROMISES:
                return Awaited(found, sources, False)
            visited += 1
            if not visited % _SLICE:
                session.progress("reading promises", visited, 0)
            generator = awaiting.only(reaction)
            if generator:
                found[generator] = address + 1
                continue
            promise = reader.value(address + 1)
            if isinstance(promise, JSPromise):
                _read(promise, found, sources)
    return Awaited(found, sources, True)


class _Awaiting:
    """The usual case, one `await` and nobody else, read word by word: views would take ten times
    as long, and there may be as many promises as objects."""

    def __init__(self, session: Session, calls: AbstractSet[int]) -> None:
        layout = session.layout
        self._memory = session.memory
        self._reader = reader_of(session)
        self._calls = calls
        self._types: dict[int, str] = {}  # by Map
        self._next = layout.Builtins.reaction_next
        self._handler = layout.Builtins.reaction_fulfill_handler
        self._size = layout.Builtins.reaction_promise_or_capability + 8
        self._context = layout.JSFunction.context
        self._extension = layout.Context.slots + 8 * layout.Context.extension

    def only(self, reaction: int) -> int:
        """The suspended object that awaits by a reaction (tagged) that is the only one; else 0."""
        memory = self._memory
        try:
            data = memory.bytes(reaction - 1, self._size)
            if _U64(data, self._next)[0] & 1 or self._type(data) != "PROMISE_REACTION":
                return 0
            handler = _U64(data, self._handler)[0]
            if handler & 3 != 1:
                return 0
            context = memory.u64(handler - 1 + self._context)
            if context & 3 != 1:
                return 0
            data = memory.bytes(context - 1, self._extension + 8)
        except MemoryUnreadable:
            return 0
        if self._type(data) != "AWAIT_CONTEXT":
            return 0
        generator: int = _U64(data, self._extension)[0]
        return generator if generator in self._calls else 0

    def _type(self, data: bytes) -> str:
        word = _U64(data, 0)[0]
        name = self._types.get(word)
        if name is None:
            map_ = self._reader.map_at(word)
            name = self._types[word] = "" if map_ is None else map_.type_name
        return name


def promises_of(session: Session, calls: Iterable[Suspended]) -> Iterator[tuple[int, int]]:
    """(promise, call), both tagged, of the calls that will settle one."""
    memory = session.memory
    offset = session.layout.Builtins.async_function_promise
    for call in calls:
        if call.kind == ASYNC_FUNCTION:
            try:
                yield memory.u64(call.word - 1 + offset), call.word
            except MemoryUnreadable:
                continue
        elif call.kind == ASYNC_GENERATOR:
            for view in views(session, [call.word]):
                promise = promise_of(view)
                if promise is not None:
                    yield promise.word, call.word


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
