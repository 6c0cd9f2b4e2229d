"""Promise and its reactions: its state, its result, and who waits for it.

V8: src/objects/js-promise.tq, promise.tq; V8_LAYOUT.md §5.5.
"""

from __future__ import annotations

from typing import Iterator, Optional, Union

from v8inspect.objects.contexts import Context
from v8inspect.objects.fields import SmiField, Tagged
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.generators import JSGeneratorObject
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.tagged import Damaged, Value

MAX_REACTIONS = 1 << 22
_STATES = ("pending", "fulfilled", "rejected")


class PromiseReaction(HeapObject):
    """One `then`: handlers are functions or undefined."""

    __slots__ = ()

    next = Tagged("Builtins.reaction_next")
    reject_handler = Tagged("Builtins.reaction_reject_handler")
    fulfill_handler = Tagged("Builtins.reaction_fulfill_handler")
    promise_or_capability = Tagged("Builtins.reaction_promise_or_capability")

    @property
    def awaiting(self) -> Optional[JSGeneratorObject]:
        """The async function (or generator) that awaits the promise by this reaction.

        `await` makes closures whose context keeps the suspended object as its extension
        (V8: AsyncBuiltinsAssembler::Await); handlers of a plain `then` have none.
        """
        handler = self.fulfill_handler
        if not isinstance(handler, JSFunction):
            return None
        context = handler.context
        if not isinstance(context, Context):
            return None
        candidate = context.slot(self.layout.Context.extension)
        return candidate if isinstance(candidate, JSGeneratorObject) else None


class JSPromise(JSObject):
    """A Promise."""

    __slots__ = ()

    reactions_or_result = Tagged("Builtins.promise_reactions_or_result")
    flags = SmiField("Builtins.promise_flags")

    @property
    def state(self) -> str:
        """'pending', 'fulfilled' or 'rejected'."""
        number = self.flags & 3
        return _STATES[number] if number < len(_STATES) else "unknown"

    @property
    def has_handler(self) -> bool:
        """Whether somebody has called `then` or awaited it."""
        return bool(self.flags & 4)

    @property
    def result(self) -> Optional[Value]:
        """The value or the reason; None while it is pending."""
        return None if self.flags & 3 == 0 else self.reactions_or_result

    def reactions(self) -> Iterator[Union[PromiseReaction, Damaged]]:
        """Who waits, in order of registration (V8 chains them newest first)."""
        if self.flags & 3:
            return
        found: list[PromiseReaction] = []
        seen: set[int] = set()
        value = self.reactions_or_result
        while isinstance(value, PromiseReaction):
            if value.address in seen or len(found) >= MAX_REACTIONS:
                value = Damaged(value.word, "the list of reactions is a loop")
                break
            seen.add(value.address)
            found.append(value)
            value = value.next
        yield from reversed(found)
        if isinstance(value, Damaged):
            yield value
