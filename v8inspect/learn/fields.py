"""Where a field is: the one offset at which every witness has what is known of it.

A witness is an object and the value that its field must have. What more than one offset fits is put
down only if the nearest tables have one of them, and then as theirs.
"""

from __future__ import annotations

from struct import pack
from typing import Callable, Iterable, Mapping, Optional, Union

from v8inspect.learn.known import Known
from v8inspect.learn.printed import Printed, Printer
from v8inspect.learn.record import Record

_FIRST, _LAST = 8, 264  # bytes of an object that are looked at

Value = Union[int, float, None, Callable[[int], bool]]
"""What stands in the field, an unsigned number of its width, or a test of it; None: not known."""
Witness = "tuple[Optional[int], Value]"


def smi(number: Optional[int]) -> Optional[int]:
    """A Smi's word."""
    return None if number is None else (number & 0xFFFFFFFF) << 32


def double(number: float) -> int:
    """A double's bits."""
    return int.from_bytes(pack("<d", number), "little")


class Fields:
    """Finds fields in the objects of `known`, with what the printer says of them."""

    def __init__(
        self, known: Known, record: Record, printer: Printer, types: Mapping[str, int]
    ) -> None:
        self.types = types
        self.known = known
        self.record = record
        self.printer = printer
        self.numbers = known.facts["numbers"]

    def at(self, path: str) -> Optional[int]:
        """The tagged pointer that a path leads to: a name, then constants of fields behind '>'."""
        name, *steps = path.split(">")
        address = self.known.objects.get(name)
        for step in steps:
            offset = int(step) if step.isdigit() else self.record.get(step)
            if address is None or address & 3 != 1 or offset is None:
                return None
            address = self.known.word(address - 1 + offset)
        return address if address is not None and address & 3 == 1 else None

    def printed(self, path: Union[str, int, None]) -> Printed:
        """V8's print of the object at a path or tagged address; empty where there is none."""
        address = self.at(path) if isinstance(path, str) else path
        return Printed("") if address is None else self.printer.of(address)

    def type_of(self, word: Optional[int]) -> Optional[int]:
        """The instance type of what a tagged word points to."""
        if word is None or word & 1 == 0:
            return None
        map_ = self.known.word(word & ~3)
        if map_ is None or map_ & 3 != 1:
            return None
        return self.known.number(map_ - 1 + (self.record.get("Map.instance_type") or 0), 2)

    def size_of(self, word: int) -> int:
        """Bytes of an object as its Map says; 0: it does not."""
        map_ = self.known.word(word & ~3)
        if map_ is None or map_ & 3 != 1:
            return 0
        return 8 * (
            self.known.number(map_ - 1 + (self.record.get("Map.instance_size_in_words") or 0), 1)
            or 0
        )

    def offsets(
        self, path: Union[str, int, None], value: Value, width: int = 8, last: int = _LAST
    ) -> set[int]:
        """Offsets of an object at which the value stands."""
        address = self.at(path) if isinstance(path, str) else path
        if address is None or value is None:
            return set()
        data = self.known.target.read_partial(address - 1, min(last, self.size_of(address) or last))
        if isinstance(value, float):
            value = double(value)
        found = set()
        for at in range(_FIRST if width == 8 else 4, len(data) - width + 1, width):
            here = int.from_bytes(data[at : at + width], "little")
            if value(here) if callable(value) else here == value & (1 << 8 * width) - 1:
                found.add(at)
        return found

    def find(
        self,
        constant: str,
        *witnesses: tuple[Union[str, int, None], Value],
        width: int = 8,
        last: int = _LAST,
        minus: int = 0,
        unit: int = 1,
    ) -> Optional[int]:
        """Puts down where the field is. The constant is (offset - `minus`) / `unit`."""
        found: Optional[set[int]] = None
        for path, value in witnesses:
            here = self.offsets(path, value, width, last)
            found = here if found is None else found & here
        numbers = {(at - minus) // unit for at in found or ()}
        return self.choose(constant, numbers)

    def choose(
        self, constant: str, numbers: Iterable[int], source: str = "measured"
    ) -> Optional[int]:
        """Puts down the only one of `numbers`, or the one that a base has."""
        candidates = sorted(set(numbers))
        if len(candidates) == 1:
            self.record.put(constant, candidates[0], source)
            return candidates[0]
        usual = self.record.exported.get(constant) or self.record.bases.constant(constant)
        if usual is not None and usual.value in candidates:
            self.record.put(constant, usual.value, f"{source}: one of {len(candidates)} that fit")
            return usual.value
        if candidates:
            self.record.remarks.append(f"{constant}: could be any of {candidates[:8]}")
        return None

    def pointer(
        self, constant: str, path: Union[str, int, None], *labels: str, **more: int
    ) -> None:
        """A field whose pointer the printer shows behind one of `labels`."""
        address = self.printed(path).address(*labels)
        self.find(constant, (path, address), **more)

    def number(self, constant: str, path: Union[str, int, None], *labels: str, **more: int) -> None:
        """A Smi that the printer shows behind one of `labels`."""
        self.find(constant, (path, smi(self.printed(path).number(*labels))), **more)

    def holds(self, word: int, words: int = 64) -> Callable[[int], bool]:
        """A test: does the pointer lead to an object that has that word?"""
        return lambda pointer: pointer & 3 == 1 and word in self.known.words(pointer - 1, words)

    def smi_above(self, least: int) -> Callable[[int], bool]:
        """A test: is it a Smi of at least that?"""
        return lambda word: word & 0xFFFFFFFF == 0 and least <= word >> 32 < 1 << 16

    def is_a(self, *types: Optional[int]) -> Callable[[int], bool]:
        """A test: does the word point to an object of one of these instance types?"""
        return lambda word: word & 1 == 1 and self.type_of(word) in types

    def text(self, text: str) -> Callable[[int], bool]:
        """A test: does the word point to a flat one-byte string with that text?"""
        chars, length = self.record.get("String.chars") or 0, self.record.get("String.length") or 0

        def test(word: int) -> bool:
            return (
                word & 3 == 1
                and self.known.number(word - 1 + length, 4) == len(text)
                and self.known.bytes(word - 1 + chars, len(text)) == text.encode("latin-1")
            )

        return test
