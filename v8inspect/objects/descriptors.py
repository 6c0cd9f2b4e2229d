"""DescriptorArray: the names, attributes and places of the properties of fast objects.

V8: src/objects/descriptor-array.h, property-details.h; V8_LAYOUT.md §5.1. One array serves all
Maps of a transition line, each taking the first so many entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.limits import MAX_DESCRIPTORS
from v8inspect.objects.tagged import smi

if TYPE_CHECKING:
    from v8inspect.objects.reader import Reader


class Descriptor(NamedTuple):
    """One entry. `key` and `value` are tagged words, `value` is None where V8 keeps none."""

    key: int
    value: int
    is_accessor: bool
    in_descriptor: bool  # the value is here, not in the object
    attributes: int  # 1 read-only, 2 not enumerable, 4 not deletable
    representation: int  # 0 none, 1 Smi, 2 double, 3 heap object, 4 tagged
    field: int  # index of the field that holds the value


class DescriptorArray:
    """The readable entries of one array; `problem` says why there are fewer than it claims."""

    __slots__ = ("entries", "index", "problem")

    def __init__(self, entries: Sequence[Descriptor], problem: Optional[str]) -> None:
        self.entries = entries
        self.problem = problem
        self.index: dict[int, int] = {}  # key -> number of its entry
        for number, entry in enumerate(entries):
            self.index.setdefault(entry.key, number)

    def find(self, key: int, own: int) -> Optional[Descriptor]:
        """The entry of `key` among the first `own`."""
        number = self.index.get(key)
        return None if number is None or number >= own else self.entries[number]


def descriptors_at(reader: Reader, word: int) -> DescriptorArray:
    """The array at a tagged pointer, kept per session. Damage makes it shorter, with a problem."""
    array = reader.descriptors.get(word)
    if array is None:
        array = reader.descriptors[word] = _load(reader, word)
    return array


def _load(reader: Reader, word: int) -> DescriptorArray:
    layout = reader.layout
    fields = layout.DescriptorArray
    types = layout.types
    if reader.type_of(word) not in (types["DESCRIPTOR_ARRAY"], types["STRONG_DESCRIPTOR_ARRAY"]):
        return DescriptorArray((), "no DescriptorArray")
    address = word - 1
    problem = None
    try:
        count = reader.memory.u16(address + fields.number_of_all_descriptors)
        if count > MAX_DESCRIPTORS:
            problem = f"DescriptorArray of {count} entries"
            count = MAX_DESCRIPTORS
        words = reader.memory.words(address + fields.header_size, count * fields.entry_words)
    except MemoryUnreadable:
        return DescriptorArray((), "DescriptorArray not in the dump")
    entries = []
    for at in range(0, len(words), fields.entry_words):
        key, packed, value = words[at : at + 3]
        if key & 3 != 1 or packed & 0xFFFF_FFFF:
            break  # slack at the end of the array: filled with undefined, and nobody's
        details = smi(packed)
        entries.append(
            Descriptor(
                key,
                value,
                bool(details >> fields.kind_bit & 1),
                bool(details >> fields.location_bit & 1),
                details >> fields.attributes_shift & 7,
                details >> fields.representation_shift & fields.representation_mask,
                details >> fields.field_index_shift & fields.field_index_mask,
            )
        )
    return DescriptorArray(entries, problem)
