"""FixedArray and its kin: V8's plain backing stores, read in blocks.

V8: src/objects/fixed-array.h, property-array.h; V8_LAYOUT.md §2.2. A store may be huge and partly
absent, so its view holds the header only and the words are read as they are asked for.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Iterator, Union

from v8inspect.errors import MemoryUnreadable
from v8inspect.objects.fields import SmiField
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.tagged import Damaged, Number, Value

if TYPE_CHECKING:
    from v8inspect.objects.reader import Reader

BLOCK = 512  # words read at a time


class Run:
    """A stretch of words that could be read: `words[i]` is number `start + i`."""

    __slots__ = ("start", "words")

    def __init__(self, start: int, words: tuple[int, ...]) -> None:
        self.start = start
        self.words = words


def runs(reader: Reader, address: int, start: int, stop: int) -> Iterator[Union[Run, Damaged]]:
    """The words number `start` to `stop` of those that begin at untagged `address`.

    Where memory is missing there is one Damaged for the rest of the block.
    """
    while start < stop:
        count = min(BLOCK, stop - start)
        try:
            yield Run(start, reader.memory.words(address + 8 * start, count))
        except MemoryUnreadable as error:
            present = max(0, (error.missing - (address + 8 * start)) // 8)
            if 0 < present < count:
                try:
                    yield Run(start, reader.memory.words(address + 8 * start, present))
                except MemoryUnreadable:
                    present = 0
            yield Damaged(error.missing, f"{count - present} slots not in the dump")
        start += count


class FixedArray(HeapObject):
    """A FixedArray or anything built like one: contexts, hash tables, weak arrays, …"""

    __slots__ = ()

    length = SmiField("FixedArray.length")

    @property
    def first(self) -> int:
        """The untagged address of element 0."""
        return self.address + self.layout.FixedArray.data

    def runs(self, start: int = 0, stop: int = -1) -> Iterator[Union[Run, Damaged]]:
        """The words from `start` to `stop` (-1: all), in blocks."""
        length = max(self.length, 0)
        return runs(self.reader, self.first, start, length if stop < 0 else min(stop, length))

    def values(self, start: int = 0, stop: int = -1) -> Iterator[Value]:
        """The same as values; one Damaged stands for a whole stretch that is not there."""
        value = self.reader.value
        for run in self.runs(start, stop):
            if isinstance(run, Damaged):
                yield run
            else:
                for word in run.words:
                    yield value(word)

    def value(self, index: int) -> Value:
        """Element `index`, Damaged beyond the end."""
        if not 0 <= index < self.length:
            return Damaged(self.word, f"no element {index} in {self.length}")
        return self.reader.value_in(self.first + 8 * index)


class FixedDoubleArray(HeapObject):
    """Doubles side by side; a hole has bits of its own."""

    __slots__ = ()

    length = SmiField("FixedArray.length")

    @property
    def first(self) -> int:
        """The untagged address of element 0."""
        return self.address + self.layout.FixedArray.data

    def numbers(
        self, start: int = 0, stop: int = -1
    ) -> Iterator[Union[tuple[int, Number], Damaged]]:
        """Pairs of an index and its number; holes are left out."""
        length = max(self.length, 0)
        hole = self.layout.FixedArray.double_hole
        stop = length if stop < 0 else min(stop, length)
        for run in runs(self.reader, self.first, start, stop):
            if isinstance(run, Damaged):
                yield run
                continue
            doubles = _doubles(run.words)
            for at, bits in enumerate(run.words):
                if bits != hole:
                    yield run.start + at, Number(doubles[at])


def _doubles(words: tuple[int, ...]) -> tuple[float, ...]:
    count = len(words)
    return Struct(f"<{count}d").unpack(Struct(f"<{count}Q").pack(*words))


class PropertyArray(HeapObject):
    """Out-of-object properties; the length shares its Smi with the identity hash."""

    __slots__ = ()

    packed = SmiField("FixedArray.length")

    @property
    def length(self) -> int:
        """How many slots there are."""
        return self.packed & self.layout.FixedArray.property_array_length_mask


class WeakArrayList(HeapObject):
    """A growing array of weak references."""

    __slots__ = ()

    capacity = SmiField("FixedArray.weak_array_list_capacity")
    length = SmiField("FixedArray.weak_array_list_length")

    def values(self) -> Iterator[Value]:
        """The entries in use: Weak, Cleared, Smi or strong."""
        first = self.address + self.layout.FixedArray.weak_array_list_data
        stop = max(0, min(self.length, self.capacity))
        for run in runs(self.reader, first, 0, stop):
            if isinstance(run, Damaged):
                yield run
            else:
                for word in run.words:
                    yield self.reader.value(word)


class ByteArray(HeapObject):
    """Raw bytes."""

    __slots__ = ()

    length = SmiField("FixedArray.length")

    def read(self, limit: int = 1 << 20) -> bytes:
        """The first `limit` bytes, fewer where the dump lacks some."""
        count = max(0, min(self.length, limit))
        address = self.address + self.layout.FixedArray.data
        try:
            return self.memory.bytes(address, count)
        except MemoryUnreadable:
            return self.memory.target.read_partial(address, count)
