"""JSReceiver and JSObject: what every JavaScript object has, and plain objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Optional, Union

from v8inspect.objects.fields import Tagged, Word
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.tagged import Damaged, Value

if TYPE_CHECKING:
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
