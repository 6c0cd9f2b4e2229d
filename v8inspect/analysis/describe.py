"""From a value to its Description: primitives, properties and elements, with bounds everywhere.

What V8 keeps beside them, kind by kind, is in `kinds` and `kinds_internal`. Every object is taken
apart once in a description; where it comes again (a cycle, a shared part) it is named only.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Optional, Tuple, Union

from v8inspect.analysis.description import Described, Element, Options, Property
from v8inspect.analysis.values import class_of, json_number, type_of
from v8inspect.objects import elements as stores
from v8inspect.objects.binary import JSTypedArray
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSArray, JSObject, JSReceiver
from v8inspect.objects.natives import native_value
from v8inspect.objects.primitives import BigInt, HeapNumber, Hole, Oddball, Symbol
from v8inspect.objects.properties import (
    DONT_DELETE,
    DONT_ENUM,
    READ_ONLY,
    AccessorInfo,
    AccessorPair,
)
from v8inspect.objects.properties import Property as OwnProperty
from v8inspect.objects.strings import String, read_text, utf16_length
from v8inspect.objects.tagged import (
    BigNumber,
    Characters,
    Cleared,
    Damaged,
    Number,
    Smi,
    Value,
    Weak,
)
from v8inspect.rows import Address

if TYPE_CHECKING:
    from v8inspect.session import Session

Internal = Dict[str, Any]

MAX_DEPTH = 64
MAX_VALUES = 1 << 20  # of one object, even if all are asked for
MAX_TEXT = 1 << 24  # characters of one string
MAX_DIGITS = 1 << 16  # bits of a BigInt that is written out in decimal
_DOUBLE = 2  # V8: Representation::kDouble


class Describer:
    """Makes Descriptions of one session. `damage` collects what could not be read."""

    def __init__(self, session: Session, options: Options) -> None:
        self.session = session
        self.options = options
        self.damage: List[str] = []
        self._level = 0  # how many objects are being taken apart now
        self._nested = 0  # values inside of objects inside of the one that was asked for
        self._top = 0
        self._seen: Dict[int, int] = {}  # tagged pointer -> depth it was taken apart with

    def top(self, value: Value) -> Described:
        """The value that was asked for."""
        self._top = value.word if isinstance(value, HeapObject) else 0
        if isinstance(value, String):
            return self._string(value, self.options.strings, self._address(value))
        return self.value(value, min(self.options.depth, MAX_DEPTH))

    def value(self, value: Value, depth: int) -> Described:
        """Any value; what is inside of it to `depth`."""
        if isinstance(value, HeapObject):
            return self._object(value, depth)
        if isinstance(value, Smi):
            return Described(None, "SMI", "Number", value.value, "smi")
        if isinstance(value, Number):
            whole = isinstance(value.value, int)
            kind = "INTEGER" if whole else "DOUBLE"
            return Described(None, kind, "Number", json_number(value.value), "double")
        if isinstance(value, BigNumber):
            return Described(None, "BIGINT", "BigInt", str(value.value), "bigint")
        if isinstance(value, Characters):
            return self._text(None, "STRING", value.text, utf16_length(value.text), None)
        if isinstance(value, Weak):
            return replace(self.value(value.target, depth), weak=True)
        if isinstance(value, Cleared):
            return Described(None, "CLEARED", "undefined", None, "cleared")
        assert isinstance(value, Damaged), value
        return self.damaged(value)

    def is_top(self, value: HeapObject) -> bool:
        """Whether this is what was asked for."""
        return value.word == self._top

    def damaged(self, value: Damaged) -> Described:
        """What stands where nothing could be read."""
        self.damage.append(value.why)
        return Described(Address(value.address), "DAMAGED", "", None, "damaged", problem=value.why)

    def _address(self, value: HeapObject) -> Address:
        return Address(value.word)

    def _object(self, value: HeapObject, depth: int) -> Described:
        at = self._address(value)
        kind = type_of(value)
        if isinstance(value, String):
            limit = self.options.nested_strings
            return self._string(value, self.options.strings if limit is None else limit, at)
        if isinstance(value, HeapNumber):
            return Described(at, kind, "Number", json_number(value.value), "number")
        if isinstance(value, (Oddball, Hole)):
            return self._oddball(value, at, kind)
        if isinstance(value, BigInt):
            return self._bigint(value, at, kind)
        if isinstance(value, Symbol):
            return Described(at, kind, "Symbol", value.text, "symbol", map=self._map(value))
        return self._compound(value, depth, at, kind)

    def _map(self, value: HeapObject) -> Optional[Address]:
        return Address(value.map.word) if self.options.show_map else None

    def _oddball(self, value: Union[Oddball, Hole], at: Address, kind: str) -> Described:
        name = value.name
        if name in ("true", "false"):
            return Described(at, kind, "Boolean", name == "true", "oddball")
        return Described(at, kind, name, None, "oddball")

    def _bigint(self, value: BigInt, at: Address, kind: str) -> Described:
        number = value.read()
        if isinstance(number, Damaged):
            return self.damaged(number)
        # Decimal digits of huge numbers take Python quadratic time.
        shown = str(number) if number.bit_length() <= MAX_DIGITS else hex(number)
        return Described(at, kind, "BigInt", shown, "bigint", map=self._map(value))

    def _string(self, value: String, limit: int, at: Address) -> Described:
        text = read_text(value.reader, value.word, min(limit or MAX_TEXT, MAX_TEXT))
        return self._text(
            at, value.type_name, text.text, text.length, text.problem, self._map(value)
        )

    def _text(
        self,
        at: Optional[Address],
        kind: str,
        text: str,
        length: int,
        problem: Optional[str],
        map: Optional[Address] = None,
    ) -> Described:
        more = length - utf16_length(text)
        if problem is not None:
            self.damage.append(problem)
        return Described(
            at, kind, "String", text, "string", length, more or None, map=map, problem=problem
        )

    def _compound(self, value: HeapObject, depth: int, at: Address, kind: str) -> Described:
        """A JS object, or one of V8's own."""
        again = depth > 0 and self._seen.get(value.word, 0) >= depth
        full = depth > 0 and self._level > 0 and self._nested >= self.options.nested
        if again or full:
            depth = 0
        if depth > 0:
            self._seen[value.word] = depth
            self._level += 1
        described = self._taken_apart(value, depth, at, kind, again)
        if depth > 0:
            self._level -= 1
        return replace(described, unopened=True) if full and not again else described

    def _taken_apart(
        self, value: HeapObject, depth: int, at: Address, kind: str, again: bool
    ) -> Described:
        from v8inspect.analysis.kinds import kind_of

        found = kind_of(value)
        internal: Internal = {}
        plain = found.describe(self, value, depth, internal)
        if value.map.is_callable and not isinstance(value, JSFunction):
            internal["callable"] = True
        length = value.length if isinstance(value, (JSArray, JSTypedArray)) else plain.length
        fields: Dict[str, Any] = {}
        if depth > 0 and isinstance(value, JSReceiver):
            if isinstance(value, JSObject) and not isinstance(value, JSTypedArray):
                self._elements(value, depth, fields)
            self._properties(value, depth, fields)
            if found.form == "object" and "stack" not in internal and "stack_text" not in internal:
                self._stack(value, fields["properties"], internal)
        elif plain.elements is not None and depth > 0:
            fields["elements"], fields["elements_more"] = plain.elements, plain.elements_more
        return Described(
            at,
            kind,
            class_of(self.session, value),
            plain.value,
            found.form,
            length,
            map=self._map(value),
            seen=True if again else None,
            internal=internal or None,
            **fields,
        )

    def _stack(self, value: JSReceiver, properties: List[Property], internal: Internal) -> None:
        """What Error.captureStackTrace left in an object that is no Error."""
        if isinstance(value, JSObject) and any(item.key == "stack" for item in properties):
            from v8inspect.analysis.kinds_code import put_stack

            put_stack(self, value, internal)

    # Properties.

    def _properties(self, value: JSReceiver, depth: int, fields: Dict[str, Any]) -> None:
        limit = self.options.properties or MAX_VALUES
        items = value.properties()
        fields["properties"] = [
            self._property(value, item, depth) for item in self.some(items, limit)
        ]
        fields["properties_more"] = self.rest(items)

    def some(self, items: Iterator[Any], limit: int) -> Iterator[Any]:
        """The first `limit` items, as far as this description may grow."""
        if self._level > 1:
            limit = min(limit, max(self.options.nested - self._nested, 0))
        for item in islice(items, min(limit, MAX_VALUES)):
            if self._level > 1:
                self._nested += 1
            yield item

    def rest(self, items: Iterable[Any]) -> Optional[int]:
        """How many items are left, None for none."""
        return sum(1 for _ in islice(items, MAX_VALUES)) or None

    def _property(self, owner: JSReceiver, item: Any, depth: int) -> Property:
        if isinstance(item, Damaged):
            return Property("", "damaged", False, self.damaged(item))
        assert isinstance(item, OwnProperty)
        value = item.value
        kind = "data"
        found: Optional[Value] = value
        if isinstance(value, AccessorInfo):
            kind = "native"
            found = native_value(owner, item) if isinstance(owner, JSObject) else None
        getter = setter = None
        if isinstance(value, AccessorPair):
            kind = "accessor"
            getter, setter = self.accessors(value)
        if item.is_private:
            # The brand of a class is a private name too, but no #name.
            kind = "private" if item.is_private_name and item.name[:1] == "#" else "internal"
        if kind == "accessor" or found is None:
            assert isinstance(value, HeapObject)
            of = Described(self._address(value), value.type_name, "Accessor", None, "accessor")
        elif self._is_unboxed(owner, item) and isinstance(found, HeapNumber):
            of = Described(
                self._address(found),
                found.type_name,
                "Number",
                json_number(found.value),
                "double",
            )
        else:
            of = self.value(found, depth - 1)
        symbol = Address(item.key) if item.is_symbol else None
        return Property(
            key_text(item),
            kind,
            item.enumerable,
            of,
            None if kind == "accessor" else item.writable,
            item.configurable,
            symbol,
            getter,
            setter,
        )

    @staticmethod
    def _is_unboxed(owner: JSReceiver, item: OwnProperty) -> bool:
        """Whether a property's HeapNumber is a box of the object's own, not a value of its own."""
        if item.where not in ("object", "array"):
            return False
        entry = owner.map.descriptors.find(item.key, owner.map.own_descriptors)
        return entry is not None and entry.representation == _DOUBLE

    def accessors(self, pair: AccessorPair) -> Tuple[Optional[Described], Optional[Described]]:
        """Getter and setter, None where there is none."""
        found = []
        for half in (pair.getter, pair.setter):
            absent = isinstance(half, Oddball)
            found.append(None if absent else self.value(half, 0))
        return found[0], found[1]

    # Elements.

    def _elements(self, owner: JSObject, depth: int, fields: Dict[str, Any]) -> None:
        limit = self.options.elements or MAX_VALUES
        items = stores.elements(owner)
        found = [self._element(item, depth) for item in self.some(items, limit)]
        if not found and not isinstance(owner, JSArray):
            return
        fields["elements"] = found
        if isinstance(owner, JSArray) and "DICTIONARY" not in owner.map.elements_kind_name:
            after = next((e.index + 1 for e in reversed(found) if e.index is not None), 0)
            more = next(items, None) is not None
            fields["elements_more"] = (owner.length - after or None) if more else None
        else:
            fields["elements_more"] = self.rest(items)

    def _element(self, item: Union[stores.Element, Damaged], depth: int) -> Element:
        if isinstance(item, Damaged):
            return Element(None, self.damaged(item))
        value = item.value
        attributes = item.attributes
        enumerable = False if attributes & DONT_ENUM else None
        fixed = False if attributes & DONT_DELETE else None
        if isinstance(value, AccessorPair):
            getter, setter = self.accessors(value)
            of = Described(self._address(value), value.type_name, "Accessor", None, "accessor")
            return Element(item.index, of, "accessor", enumerable, None, fixed, getter, setter)
        writable = False if attributes & READ_ONLY else None
        return Element(
            item.index, self.value(value, depth - 1), "data", enumerable, writable, fixed
        )

    def values(self, items: Iterator[Value], depth: int) -> Tuple[List[Described], Optional[int]]:
        """A list of values within the limit for elements, and how many more there are."""
        limit = self.options.elements or MAX_VALUES
        found = [self.value(item, depth) for item in self.some(items, limit)]
        return found, self.rest(items)


def key_text(item: OwnProperty) -> str:
    """A property's key: its name; Symbol(description); #name."""
    if not item.is_symbol or item.is_private_name:
        return item.name
    return item.name if item.is_private else f"Symbol({item.name})"
