"""HeapNumber, BigInt, Symbol, Oddball and Hole: primitive values that live in the heap.

V8: src/objects/heap-number.tq, bigint.h, oddball.tq, hole.h; V8_LAYOUT.md §4.1, §4.3.
"""

from __future__ import annotations

from typing import Optional

from v8inspect.errors import MemoryUnreadable
from v8inspect.objects.fields import Double, Raw, SmiField, Tagged, Word
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.strings import name_text
from v8inspect.objects.tagged import Damaged

MAX_BIGINT_DIGITS = 1 << 24  # V8's kMaxLengthBits is 2^30: 2^24 digits of 64 bits


class HeapNumber(HeapObject):
    """A number that is no Smi: -0, NaN and infinities included."""

    __slots__ = ()

    value = Double("Number.heap_number_value")


class BigInt(HeapObject):
    """A BigInt: sign and magnitude."""

    __slots__ = ()

    bitfield = Raw("Number.bigint_bitfield", "I")

    @property
    def digits(self) -> int:
        """How many 64-bit digits it has."""
        return self.bitfield >> 1 & 0x3FFF_FFFF

    def read(self) -> int | Damaged:
        """The number; Damaged if a digit can't be read."""
        count = self.digits
        if count > MAX_BIGINT_DIGITS:
            return Damaged(self.word, f"BigInt of {count} digits")
        try:
            data = self.memory.bytes(self.address + self.layout.Number.bigint_digits, 8 * count)
        except MemoryUnreadable:
            return Damaged(self.word, "BigInt partly not in the dump")
        magnitude = int.from_bytes(data, "little")
        return -magnitude if self.bitfield & 1 else magnitude


class Symbol(HeapObject):
    """A Symbol; `description` is a String or undefined."""

    __slots__ = ()

    flags = Raw("Symbol.flags", "I")
    description = Tagged("Symbol.description")
    description_word = Word("Symbol.description")

    @property
    def text(self) -> Optional[str]:
        """The description, None if there is none."""
        if self.reader.is_undefined(self.description_word):
            return None
        return name_text(self.reader, self.description_word)

    @property
    def is_private(self) -> bool:
        """Whether it is V8's own or a #name."""
        return bool(self.flags & self.layout.Symbol.private_mask)

    @property
    def is_private_name(self) -> bool:
        """Whether it is a #name or the brand of a class."""
        return bool(self.flags & self.layout.Symbol.private_name_mask)


class Oddball(HeapObject):
    """undefined, null, true, false, and V8's internal markers."""

    __slots__ = ()

    kind = SmiField("Oddball.kind")
    to_string_word = Word("Oddball.to_string")

    @property
    def name(self) -> str:
        """'undefined', 'null', 'true', 'false', 'hole', or V8's text for the marker."""
        fields = self.layout.Oddball
        kind = self.kind
        if kind == fields.kind_undefined:
            return "undefined"
        if kind == fields.kind_null:
            return "null"
        if kind == fields.kind_true:
            return "true"
        if kind == fields.kind_false:
            return "false"
        if kind == fields.kind_the_hole:
            return "hole"
        return name_text(self.reader, self.to_string_word)

    @property
    def is_hole(self) -> bool:
        """Whether it marks an absent element or a variable before its declaration."""
        return self.kind == self.layout.Oddball.kind_the_hole


class Hole(HeapObject):
    """A hole of V8 12 and later, where holes have a type of their own.

    There is one each for absent elements, unread properties, deleted hash entries …: which it is
    can't be read off the object, whose body is unmapped on purpose.
    """

    __slots__ = ()

    name = "hole"
    is_hole = True
