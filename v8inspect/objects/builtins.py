"""Built-in JS objects of a few fields each: Date, RegExp, Proxy, bound functions, boxes, iterators.

V8: src/objects/js-date.tq, js-regexp.tq, js-proxy.tq, js-function.tq, js-objects.tq,
js-array.tq, js-regexp-string-iterator.tq; V8_LAYOUT.md §5.5.
"""

from __future__ import annotations

from typing import Iterator, Optional

from v8inspect.objects.arrays import FixedArray
from v8inspect.objects.fields import Double, Tagged, Word
from v8inspect.objects.heap_object import problem_of
from v8inspect.objects.js_object import JSArray, JSObject, JSReceiver
from v8inspect.objects.primitives import HeapNumber, Oddball
from v8inspect.objects.strings import String
from v8inspect.objects.tagged import Damaged, Smi, Value

# V8: JSRegExp::Flag in bit order (src/regexp/regexp-flags.h); JavaScript sorts them by name.
_REGEXP_FLAGS = "gimyusldv"
_ITERATION_KINDS = ("keys", "values", "entries")  # V8: IterationKind


def number_of(value: Value) -> Optional[float]:
    """The number that a value is; None if it is none."""
    if isinstance(value, (Smi, HeapNumber)):
        return value.value
    return None


class JSDate(JSObject):
    """A Date."""

    __slots__ = ()

    tagged_value = Tagged("Builtins.date_value")
    raw_value = Double("Builtins.date_value")

    @property
    def time(self) -> Optional[float]:
        """Milliseconds since 1970, NaN for an invalid date; None if it is damaged."""
        if self.layout.Builtins.date_is_raw_double:
            return self.raw_value
        return number_of(self.tagged_value)


class JSRegExp(JSObject):
    """A RegExp."""

    __slots__ = ()

    source_value = Tagged("Builtins.regexp_source")
    flags_value = Tagged("Builtins.regexp_flags")
    last_index = Tagged("Builtins.regexp_last_index")

    @property
    def source(self) -> str | Damaged:
        """The pattern, escaped as JavaScript shows it."""
        value = self.source_value
        if isinstance(value, String):
            return value.read().text
        return Damaged(self.word, f"source: {problem_of(value)}")

    @property
    def flags(self) -> str:
        """The flags in JavaScript's order, 'dgimsuvy'; V8's own `l` (linear) among them."""
        value = self.flags_value
        bits = value.value if isinstance(value, Smi) else 0
        return "".join(sorted(f for bit, f in enumerate(_REGEXP_FLAGS) if bits >> bit & 1))


class JSProxy(JSReceiver):
    """A Proxy; target and handler are null when it was revoked."""

    __slots__ = ()

    target = Tagged("Builtins.proxy_target")
    handler = Tagged("Builtins.proxy_handler")

    @property
    def is_revoked(self) -> bool:
        """Whether Proxy.revocable's revoke was called."""
        handler = self.handler
        return isinstance(handler, Oddball) and handler.name == "null"


class JSBoundFunction(JSObject):
    """What Function.prototype.bind gives."""

    __slots__ = ()

    target = Tagged("Builtins.bound_target")
    bound_this = Tagged("Builtins.bound_this")
    bound_arguments = Tagged("Builtins.bound_arguments")

    def arguments(self) -> Iterator[Value]:
        """The bound arguments."""
        store = self.bound_arguments
        if isinstance(store, FixedArray):
            yield from store.values()
        else:
            yield Damaged(self.word, f"bound arguments: {problem_of(store)}")


class JSPrimitiveWrapper(JSObject):
    """A boxed primitive: Object(1), new String('…')."""

    __slots__ = ()

    value = Tagged("Builtins.primitive_value")


class JSArrayIterator(JSObject):
    """An iterator over an array or typed array."""

    __slots__ = ()

    iterated = Tagged("Builtins.array_iterator_object")
    next_index = Tagged("Builtins.array_iterator_next_index")
    kind = Tagged("Builtins.array_iterator_kind")

    @property
    def mode(self) -> str:
        """'keys', 'values' or 'entries'."""
        kind = self.kind
        if isinstance(kind, Smi) and 0 <= kind.value < len(_ITERATION_KINDS):
            return _ITERATION_KINDS[kind.value]
        return "unknown"

    @property
    def index(self) -> Optional[int]:
        """The next index, None once it has ended (V8 then puts the largest number there)."""
        number = number_of(self.next_index)
        if number is None or number >= 2**32:
            return None
        iterated = self.iterated
        if isinstance(iterated, JSArray) and number > iterated.length:
            return None
        return int(number)


class JSStringIterator(JSObject):
    """An iterator over a string's characters."""

    __slots__ = ()

    string = Tagged("Builtins.string_iterator_string")
    index = Tagged("Builtins.string_iterator_index")


class JSRegExpStringIterator(JSObject):
    """What String.prototype.matchAll gives."""

    __slots__ = ()

    regexp = Tagged("Builtins.regexp_iterator_regexp")
    string = Tagged("Builtins.regexp_iterator_string")


class JSExternalObject(JSObject):
    """An embedder's pointer as a JS value."""

    __slots__ = ()

    pointer = Word("Builtins.external_value")
