"""HeapObject: the base of every view of one object in V8's heap."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from v8inspect.objects.tagged import Damaged, Value

if TYPE_CHECKING:
    from v8inspect.layout.model import Layout
    from v8inspect.memory import Memory
    from v8inspect.objects.maps import Map
    from v8inspect.objects.reader import Reader

_U64 = Struct("<Q").unpack_from


class HeapObject(Value):
    """An object at the untagged `address`, of the shape `map`.

    `data` holds the bytes of its fixed part, taken when the view was made: all of it for objects
    whose Map tells their size, the header for others. Views are made by `Reader.value` only,
    which checks that the fixed part is there and as long as the fields of the class need.
    """

    __slots__ = ("address", "data", "map", "reader")

    def __init__(self, reader: Reader, address: int, map: Map, data: bytes) -> None:
        self.reader = reader
        self.address = address
        self.map = map
        self.data = data

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.word:#x}>"

    def __eq__(self, other: object) -> bool:
        """Same object: same address (views of one session are compared, never of two)."""
        return isinstance(other, HeapObject) and other.address == self.address

    def __hash__(self) -> int:
        return hash(self.address)

    @property
    def word(self) -> int:
        """The tagged pointer to this object."""
        return self.address | 1

    @property
    def instance_type(self) -> int:
        """V8's instance type, a number that each version gives anew."""
        return self.map.instance_type

    @property
    def type_name(self) -> str:
        """V8's name of the instance type without _TYPE, 'JS_ARRAY'; 'TYPE_123' if unknown."""
        return self.map.type_name

    @property
    def layout(self) -> Layout:
        """The layout of the session."""
        return self.reader.layout

    @property
    def memory(self) -> Memory:
        """The memory of the session."""
        return self.reader.memory

    def word_at(self, offset: int) -> int:
        """The word `offset` bytes into the fixed part. Raises struct.error beyond it."""
        word: int = _U64(self.data, offset)[0]
        return word

    def value_at(self, offset: int) -> Value:
        """The tagged slot at `offset`, read from memory where it lies beyond the fixed part."""
        if offset + 8 <= len(self.data):
            return self.reader.value(_U64(self.data, offset)[0])
        return self.reader.value_in(self.address + offset)


class Unknown(HeapObject):
    """An object of a type that has no class of its own; its type name says what it is."""

    __slots__ = ()


def problem_of(value: Value) -> str:
    """Why `value` is not what was expected: the damage itself, or what stands there instead."""
    if isinstance(value, Damaged):
        return value.why
    if isinstance(value, HeapObject):
        return f"unexpected {value.type_name}"
    return f"unexpected {type(value).__name__}"
