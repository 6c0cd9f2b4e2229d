"""NameDictionary, GlobalDictionary and NumberDictionary: properties and elements in hash tables.

V8: src/objects/dictionary.h, hash-table.h, property-details.h; V8_LAYOUT.md §5.1. All are
FixedArrays: element count, deleted count, capacity, a prefix, then the entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, NamedTuple, Optional, Union

from v8inspect.errors import MemoryUnreadable
from v8inspect.limits import MAX_DICTIONARY_CAPACITY, MAX_PROBES
from v8inspect.objects.tagged import Damaged, is_smi, smi

if TYPE_CHECKING:
    from v8inspect.objects.reader import Reader

_SLICE = 3 * 512  # words read at a time


class Entry(NamedTuple):
    """One entry. `key` and `value` are tagged words; `order` is V8's enumeration index."""

    key: int
    value: int
    is_accessor: bool
    attributes: int  # 1 read-only, 2 not enumerable, 4 not deletable
    order: int
    cell: Optional[int] = None  # the PropertyCell of a global property


class Table(NamedTuple):
    """A hash table that was found sound: `first` is the untagged address of its first entry."""

    first: int
    capacity: int
    elements: int


def table_at(reader: Reader, word: int, prefix: int, width: int) -> Union[Table, Damaged]:
    """The table at a tagged pointer: `prefix` words stand before entries of `width` words."""
    layout = reader.layout
    unit = layout.tagged_size
    fields = layout.Dictionary
    length = reader.smi(word - 1 + layout.FixedArray.length)
    data = word - 1 + layout.FixedArray.data
    elements = reader.smi(data + fields.elements * unit)
    capacity = reader.smi(data + fields.capacity * unit)
    if length is None or elements is None or capacity is None:
        return Damaged(word, "no hash table")
    start = fields.prefix_start + prefix
    # Capacity is a power of two by design (HashTable::ComputeCapacity); probing relies on it.
    if not 0 < capacity <= MAX_DICTIONARY_CAPACITY or capacity & (capacity - 1):
        return Damaged(word, f"hash table of capacity {capacity}")
    if start + capacity * width > length:
        return Damaged(word, f"hash table of capacity {capacity} in {length} words")
    return Table(data + start * unit, capacity, elements)


def is_key(reader: Reader, word: int) -> bool:
    """Whether a key slot is in use by a Name: empty ones hold undefined, deleted ones the hole."""
    kind = reader.type_of(word)
    return 0 <= kind <= reader.layout.types["SYMBOL"]


def name_entries(reader: Reader, word: int) -> Iterator[Union[Entry, Damaged]]:
    """The entries of the NameDictionary at a tagged pointer, in the order of the table."""
    table = table_at(reader, word, reader.layout.Dictionary.name_prefix, 3)
    if isinstance(table, Damaged):
        yield table
        return
    for row in rows(reader, table, 3):
        if isinstance(row, Damaged):
            yield row
        elif is_key(reader, row[0]):
            yield _entry(reader, row[0], row[1], row[2])


def global_entries(reader: Reader, word: int) -> Iterator[Union[Entry, Damaged]]:
    """The entries of the GlobalDictionary at a tagged pointer: cells that are in use."""
    table = table_at(reader, word, reader.layout.Dictionary.global_prefix, 1)
    if isinstance(table, Damaged):
        yield table
        return
    for row in rows(reader, table, 1):
        if isinstance(row, Damaged):
            yield row
            continue
        entry = cell_entry(reader, row[0])
        if entry is not None:
            yield entry


def number_entries(reader: Reader, word: int) -> Iterator[Union[Entry, Damaged]]:
    """The entries of a NumberDictionary (slow elements); keys are Smis or HeapNumbers."""
    table = table_at(reader, word, reader.layout.Dictionary.number_prefix, 3)
    if isinstance(table, Damaged):
        yield table
        return
    heap_number = reader.layout.types["HEAP_NUMBER"]
    for row in rows(reader, table, 3):
        if isinstance(row, Damaged):
            yield row
        elif is_smi(row[0]) or reader.type_of(row[0]) == heap_number:
            yield _entry(reader, row[0], row[1], row[2])


def rows(reader: Reader, table: Table, width: int) -> Iterator[Union[tuple[int, ...], Damaged]]:
    """The words of every entry; where memory is missing, one Damaged for each slice of it."""
    unit = reader.layout.tagged_size
    total = table.capacity * width
    step = _SLICE // width * width
    for at in range(0, total, step):
        address = table.first + at * unit
        count = min(step, total - at)
        try:
            words = reader.memory.words(address, count)
        except MemoryUnreadable as error:
            yield Damaged(error.missing, "part of a hash table not in the dump")
            continue
        for begin in range(0, count, width):
            yield words[begin : begin + width]


def cell_entry(reader: Reader, cell: int) -> Optional[Entry]:
    """What the PropertyCell at a tagged pointer holds; None for other words and deleted cells."""
    layout = reader.layout
    if reader.type_of(cell) != layout.types["PROPERTY_CELL"]:
        return None
    fields = layout.PropertyCell
    name = reader.word(cell - 1 + fields.name)
    details = reader.word(cell - 1 + fields.details)
    value = reader.word(cell - 1 + fields.value)
    if name is None or details is None or value is None or is_the_hole(reader, value):
        return None
    return _entry(reader, name, value, details, cell)


def is_the_hole(reader: Reader, word: int) -> bool:
    """Whether `word` is the hole: an Oddball up to V8 11, any object of type Hole later."""
    kind = reader.type_of(word)
    if kind < 0:
        return False
    layout = reader.layout
    hole = layout.types.get("HOLE")
    if hole is not None:
        return kind == hole
    if kind != layout.types["ODDBALL"]:
        return False
    return reader.smi(word - 1 + layout.Oddball.kind) == layout.Oddball.kind_the_hole


def find_name(reader: Reader, word: int, key: int) -> Optional[Entry]:
    """The entry of the unique name `key` in a NameDictionary, found by its hash as V8 does."""
    table = table_at(reader, word, reader.layout.Dictionary.name_prefix, 3)
    if isinstance(table, Damaged):
        return None
    unit = reader.layout.tagged_size
    for number in _probes(reader, table, key):
        try:
            row = reader.memory.words(table.first + 3 * number * unit, 3)
        except MemoryUnreadable:
            return None
        if row[0] == key:
            return _entry(reader, row[0], row[1], row[2])
        if reader.is_undefined(row[0]):
            return None
    return None


def find_global(reader: Reader, word: int, key: int) -> Optional[Entry]:
    """The same in a GlobalDictionary."""
    table = table_at(reader, word, reader.layout.Dictionary.global_prefix, 1)
    if isinstance(table, Damaged):
        return None
    unit = reader.layout.tagged_size
    for number in _probes(reader, table, key):
        cell = reader.word(table.first + number * unit)
        if cell is None or reader.is_undefined(cell):
            return None
        if reader.word(cell - 1 + reader.layout.PropertyCell.name) == key:
            return cell_entry(reader, cell)
    return None


def _probes(reader: Reader, table: Table, key: int) -> Iterator[int]:
    """Entry numbers in V8's probing order (HashTable::FirstProbe, NextProbe)."""
    try:
        raw = reader.memory.u32(key - 1 + reader.layout.String.raw_hash_field)
    except MemoryUnreadable:
        return
    mask = table.capacity - 1
    number = raw >> reader.layout.String.hash_shift & mask
    for step in range(1, min(table.capacity, MAX_PROBES) + 1):
        yield number
        number = number + step & mask


def _entry(reader: Reader, key: int, value: int, packed: int, cell: Optional[int] = None) -> Entry:
    fields = reader.layout.Dictionary
    details = smi(packed)
    return Entry(
        key,
        value,
        bool(details >> fields.kind_bit & 1),
        details >> fields.attributes_shift & 7,
        details >> fields.enumeration_index_shift & fields.enumeration_index_mask,
        cell,
    )
