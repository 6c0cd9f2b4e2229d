"""JSReceiver, JSObject and JSArray: what every JavaScript object has, and arrays' length.

V8: src/objects/js-objects.h, js-array.h; V8_LAYOUT.md §5.1, §5.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Optional, Union

from v8inspect.objects.fields import Tagged, Word
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.primitives import HeapNumber
from v8inspect.objects.tagged import Damaged, Smi, Value

if TYPE_CHECKING:
    from v8inspect.objects.elements import Element
    from v8inspect.objects.properties import Property


class JSReceiver(HeapObject):
    """Any JavaScript object, proxies included."""

    __slots__ = ()

    properties_or_hash_word = Word("JSObject.properties_or_hash")

    @property
    def prototype(self) -> Value:
        """The object that it inherits from, or null."""
        return self.map.prototype

    def properties(self) -> Iterator[Union[Property, Damaged]]:
        """The own named properties in JavaScript's order (see `properties.own_properties`)."""
        from v8inspect.objects.properties import own_properties

        return own_properties(self.reader, self.address)

    def property(self, name: str) -> Optional[Property]:
        """The own property of that String name."""
        from v8inspect.objects.properties import own_property

        return own_property(self.reader, self.address, name)


class JSObject(JSReceiver):
    """A JavaScript object with elements: all but proxies."""

    __slots__ = ()

    elements_word = Word("JSObject.elements")
    elements_store = Tagged("JSObject.elements")

    def elements(self, start: int = 0) -> Iterator[Union[Element, Damaged]]:
        """What is under integer keys, holes left out (see `elements.elements`)."""
        from v8inspect.objects.elements import elements

        return elements(self, start)

    def internal_slots(self) -> Iterator[tuple[int, Union[Value, int]]]:
        """What V8 keeps between the header and the properties: (offset in bytes, value).

        For kinds without a class of their own (Intl, Wasm, iterator helpers, …). A word that is
        no tagged value is given as it is.
        """
        start = self.layout.JSObject.header_size
        stop = min(self.map.inobject_start or len(self.data), len(self.data))
        for offset in range(start, stop - 7, self.layout.tagged_size):
            word = self.word_at(offset)
            value = self.reader.value(word)
            yield offset, word if isinstance(value, Damaged) else value


class JSArray(JSObject):
    """An Array."""

    __slots__ = ()

    length_value = Tagged("Builtins.array_length")

    @property
    def length(self) -> int:
        """JavaScript's length, 0 … 2^32-1; 0 if it is damaged."""
        value = self.length_value
        if isinstance(value, Smi):
            return max(value.value, 0)
        if isinstance(value, HeapNumber) and 0 <= value.value < 2**32:
            return int(value.value)
        return 0


class JSArgumentsObject(JSObject):
    """An arguments object; its `length` is an ordinary property."""

    __slots__ = ()
