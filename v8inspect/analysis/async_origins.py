"""What will settle a promise that somebody awaits: another function, a combinator, a timer, a
request, or whoever keeps its resolve function. V8 does not record it; it is told by what leads to
the promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List, NamedTuple, Optional, Sequence

from v8inspect.heap import suspended as found
from v8inspect.heap.suspended import Awaited, Suspended
from v8inspect.node.environment import environments
from v8inspect.node.objects import number_under
from v8inspect.node.requests import active_requests
from v8inspect.node.timers import timers
from v8inspect.objects.awaiting import RESOLVE, THEN
from v8inspect.objects.contexts import Context
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.generators import JSGeneratorObject
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.promises import JSPromise
from v8inspect.objects.reader import reader_of
from v8inspect.stack.async_frames import generator_frame
from v8inspect.stack.names import printed_name

if TYPE_CHECKING:
    from v8inspect.session import Session

ANONYMOUS = "(anonymous)"
_OWNERS = 100_000  # calls whose promises are looked at
_LEVELS = 16  # of promises that were resolved with promises
_MAX_TIMERS = 2000
_MAX_SEARCHES = 16  # for who keeps a resolve function: each reads the heap a few times
_MAX_STEPS = 3  # from a resolve function outwards


class Origin(NamedTuple):
    """See OriginRow; `word` is the tagged address of what settles the promise."""

    by: Optional[str] = None
    word: Optional[int] = None
    function: Optional[str] = None
    of: Optional[int] = None
    detail: Optional[str] = None


class Origins:
    """Answers for one session, from maps that are made when the first question comes."""

    def __init__(
        self, session: Session, isolate: Optional[int], calls: Sequence[Suspended]
    ) -> None:
        self._session = session
        self._isolate = isolate
        self._calls = calls
        self._awaited: Optional[Awaited] = None
        self._owners: Optional[Dict[int, int]] = None
        self._node: Optional[Dict[int, Origin]] = None
        self._held: Dict[int, Origin] = {}

    @property
    def awaited(self) -> Awaited:
        """Who awaits which promise."""
        if self._awaited is None:
            words = {call.word for call in self._calls}
            self._awaited = found.awaited(self._session, words, self._isolate)
        return self._awaited

    def awaited_by(self, generator: int) -> Optional[int]:
        """The promise that a suspended object awaits; tagged addresses."""
        return self.awaited.awaited.get(generator)

    def owner(self, promise: int) -> Optional[int]:
        """The call of an async function, or the async generator, that will settle a promise."""
        if self._owners is None:
            calls = self._calls[:_OWNERS]
            self._owners = dict(found.promises_of(self._session, calls))
        return self._owners.get(promise)

    def before(self, promise: int) -> List[int]:
        """The promises that have to be settled before: those of a combinator, or of a `then`."""
        return [source.promise for source in self.awaited.sources.get(promise, [])]

    def of(self, promise: JSPromise, deep: bool, level: int = 0) -> Origin:
        """What settles it. `deep`: look through the heap for what keeps its resolve function."""
        owner = self.owner(promise.word)
        if owner is not None:
            for generator in found.views(self._session, [owner]):
                kind = "async generator" if "GENERATOR" in generator.type_name else "async function"
                return Origin(kind, owner, name_in(generator))
        sources = self.awaited.sources.get(promise.word)
        if sources and len(sources) == 1 and sources[0].waiter.kind == RESOLVE and level < _LEVELS:
            before = reader_of(self._session).value(sources[0].promise)
            if isinstance(before, JSPromise):
                return self.of(before, deep, level + 1)
        if sources:
            waiter = sources[0].waiter
            name = waiter.handler.debug_name if waiter.handler is not None else None
            of = None if waiter.kind == THEN else len(sources)
            return Origin(waiter.kind, sources[0].promise, name, of)
        node = self._by_node().get(promise.word)
        if node is not None:
            return node
        if not deep and not self._many_timers():
            return Origin()
        if promise.word not in self._held:
            if len(self._held) >= _MAX_SEARCHES:
                return Origin()
            self._held[promise.word] = self._holder(promise) or Origin()
        return self._held[promise.word]

    def _many_timers(self) -> bool:
        """Whether there are more timers than may be looked through one by one."""
        tally = self._session.census.tallies(self._isolate).get("Timeout")
        return tally is not None and tally.count > _MAX_TIMERS

    def _by_node(self) -> Dict[int, Origin]:
        """Promises that Node's own timers and requests will settle."""
        if self._node is None:
            found: Dict[int, Origin] = {}
            for environment in environments(self._session, self._isolate):
                many = self._many_timers()
                for timer in [] if many else timers(self._session, environment).timers:
                    promise = None if timer.callback is None else timer.callback.promise
                    if promise is not None:
                        wait = timer.milliseconds
                        detail = timer.kind if wait is None else f"{timer.kind} of {wait:.15g} ms"
                        origin = Origin("timer", timer.object.word, None, None, detail)
                        found[promise.word] = origin
                for request in active_requests(self._session, environment):
                    promise = request.promise
                    if promise is None and request.callback is not None:
                        promise = request.callback.promise
                    if promise is not None:
                        detail = request.kind + (f" {request.path}" if request.path else "")
                        origin = Origin("request", request.object.word, None, None, detail)
                        found[promise.word] = origin
            self._node = found
        return self._node

    def _holder(self, promise: JSPromise) -> Optional[Origin]:
        """The first object that keeps what can settle the promise: the holder of its resolve
        function, or of a closure that knows that."""
        reader = reader_of(self._session)
        references = self._session.references
        targets = [promise.word]
        for _ in range(_MAX_STEPS):
            contexts = {
                holder.holder
                for holder in references.of(targets)
                if isinstance(reader.value(holder.holder), Context)
            }
            functions = {
                holder.holder
                for holder in references.of(sorted(contexts))
                if isinstance(reader.value(holder.holder), JSFunction)
            }
            if not functions:
                return None
            targets = sorted(functions)
            for holder in references.of(targets):
                value = reader.value(holder.holder)
                if not isinstance(value, (Context, JSFunction, JSPromise)) and not holder.weak:
                    name = self._session.census.name_at(holder.holder - 1)
                    if name == "Timeout" and isinstance(value, JSObject):
                        wait = number_under(value, "_idleTimeout")
                        detail = "timeout" if wait is None else f"timeout of {wait:.15g} ms"
                        return Origin("timer", holder.holder, None, None, detail)
                    return Origin("resolver", holder.holder, None, None, f"{name}.{holder.via}")
        return None


def name_in(generator: Optional[JSGeneratorObject]) -> str:
    """The name of the function of a suspended object, as V8's stack traces have it."""
    if generator is None:
        return ANONYMOUS
    name = printed_name(generator.reader.session, generator_frame(generator))
    return ANONYMOUS if name == "<anonymous>" else name
