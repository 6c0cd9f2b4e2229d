"""Tagged words: what a 64-bit word means before anything is read behind it.

Without pointer compression a Smi has its number in the high half and zeros below, a strong
pointer ends in 01, a weak one in 11, and the word 3 is a weak reference that the GC has cleared
(V8: include/v8-internal.h, src/objects/tagged.h; V8_LAYOUT.md §4.1).

A `word` is tagged everywhere in this package, an `address` is not.
"""

from __future__ import annotations

from typing import Optional

_LOW_HALF = 0xFFFF_FFFF
_CLEARED = 3  # kClearedWeakHeapObjectLower32; the high half is not looked at


class Value:
    """Anything that a slot can hold: Smi, HeapObject, Weak, Cleared, Damaged; Number, BigNumber."""

    __slots__ = ()


class Smi(Value):
    """A small integer, -2^31 … 2^31-1."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Smi({self.value})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Smi) and other.value == self.value

    def __hash__(self) -> int:
        return hash(self.value)


class Damaged(Value):
    """What stands where no value can be read: `address` as it was met, `why` in a few words."""

    __slots__ = ("address", "why")

    def __init__(self, address: int, why: str) -> None:
        self.address = address
        self.why = why

    def __repr__(self) -> str:
        return f"Damaged({self.address:#x}, {self.why!r})"


class Weak(Value):
    """A weak reference to `target`, which the GC has not cleared."""

    __slots__ = ("target",)

    def __init__(self, target: Value) -> None:
        self.target = target

    def __repr__(self) -> str:
        return f"Weak({self.target!r})"


class Number(Value):
    """A JS number that lies untagged in an array: a double, or an integer of a typed array."""

    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Number({self.value!r})"


class BigNumber(Value):
    """A JS bigint that lies untagged in a BigInt64Array or BigUint64Array."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"BigNumber({self.value})"


class Characters(Value):
    """A string that JavaScript would see and that is no object in the heap."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Characters({self.text!r})"


class Cleared(Value):
    """A weak reference whose target is gone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Cleared()"


CLEARED = Cleared()


def is_smi(word: int) -> bool:
    """Whether `word` is a Smi."""
    return not word & _LOW_HALF


def is_strong(word: int) -> bool:
    """Whether `word` has the tag of a strong pointer."""
    return word & 3 == 1


def is_weak(word: int) -> bool:
    """Whether `word` has the tag of a weak pointer that is not cleared."""
    return word & 3 == 3 and word & _LOW_HALF != _CLEARED


def is_cleared(word: int) -> bool:
    """Whether `word` is a cleared weak reference."""
    return word & _LOW_HALF == _CLEARED


def smi(word: int) -> int:
    """The number of a word that is known to be a Smi."""
    return (word >> 32) - ((word >> 63) << 32)


def smi_or_none(word: int) -> Optional[int]:
    """The number of a Smi, None for any other word."""
    return None if word & _LOW_HALF else (word >> 32) - ((word >> 63) << 32)


def untagged(word: int) -> int:
    """The address behind a strong or weak pointer; an untagged address stays as it is."""
    return word & ~7
