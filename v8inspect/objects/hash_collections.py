"""Map, Set and their iterators: JavaScript's ordered collections.

V8: src/objects/js-collection.tq, ordered-hash-table.h; V8_LAYOUT.md §5.5. The table keeps entries
in order of insertion after its buckets; a deleted entry has the hole for a key. A table that was
replaced (grown, shrunk, cleared) while an iterator looked at it links to its successor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Optional, Union

from v8inspect.limits import MAX_DICTIONARY_CAPACITY
from v8inspect.objects.arrays import runs
from v8inspect.objects.dictionaries import is_the_hole
from v8inspect.objects.fields import Tagged, Word
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.primitives import HeapNumber
from v8inspect.objects.tagged import Damaged, Smi, Value, is_smi

if TYPE_CHECKING:
    from v8inspect.objects.reader import Reader

MAX_TABLES = 4096  # replaced tables that an iterator is followed through
Pair = tuple[int, int]


class _Table:
    """The counts of an OrderedHashTable that was found sound. `first` is its first entry."""

    __slots__ = ("buckets", "deleted", "elements", "first", "width")

    def __init__(self, elements: int, deleted: int, buckets: int, first: int, width: int) -> None:
        self.elements = elements
        self.deleted = deleted
        self.buckets = buckets
        self.first = first
        self.width = width


def _table(reader: Reader, word: int, is_map: bool) -> Union[_Table, Damaged]:
    layout = reader.layout
    fields = layout.OrderedHash
    expected = layout.types["ORDERED_HASH_MAP" if is_map else "ORDERED_HASH_SET"]
    if reader.type_of(word) != expected:
        return Damaged(word, "no ordered hash table")
    length = reader.smi(word - 1 + layout.FixedArray.length)
    data = word - 1 + layout.FixedArray.data
    elements = reader.smi(data + 8 * fields.elements)
    deleted = reader.smi(data + 8 * fields.deleted)
    buckets = reader.smi(data + 8 * fields.buckets)
    if length is None or elements is None or deleted is None or buckets is None:
        return Damaged(word, "ordered hash table without counts")
    width = fields.map_entry_words if is_map else fields.set_entry_words
    used = elements + deleted
    if elements < 0 or deleted < 0 or not 0 <= buckets <= MAX_DICTIONARY_CAPACITY:
        return Damaged(word, "ordered hash table with nonsensical counts")
    if fields.first_bucket + buckets + used * width > length:
        return Damaged(word, f"ordered hash table of {used} entries in {length} words")
    return _Table(elements, deleted, buckets, data + 8 * (fields.first_bucket + buckets), width)


def entries(
    reader: Reader, word: int, is_map: bool, start: int = 0
) -> Iterator[Union[Pair, Damaged]]:
    """Tagged (key, value) of the entries of a table, from entry `start` on; of a set (key, key)."""
    table = _table(reader, word, is_map)
    if isinstance(table, Damaged):
        yield table
        return
    width = table.width
    stop = (table.elements + table.deleted) * width
    pending: list[int] = []
    for run in runs(reader, table.first, start * width, stop):
        if isinstance(run, Damaged):
            pending = []
            yield run
            continue
        if not pending:  # after a gap, begin at the next whole entry
            skip = -run.start % width
            pending = list(run.words[skip:])
        else:
            pending.extend(run.words)
        whole = len(pending) // width * width
        for at in range(0, whole, width):
            key = pending[at]
            if not key & 1 or not is_the_hole(reader, key):
                yield key, pending[at + 1] if width > 2 else key
        pending = pending[whole:]


class JSCollection(JSObject):
    """A Map or a Set."""

    __slots__ = ()

    table = Tagged("Builtins.collection_table")
    table_word = Word("Builtins.collection_table")
    is_map = False

    @property
    def size(self) -> Union[int, Damaged]:
        """JavaScript's size."""
        table = _table(self.reader, self.table_word, self.is_map)
        return table if isinstance(table, Damaged) else table.elements

    def words(self) -> Iterator[Union[Pair, Damaged]]:
        """Tagged (key, value) in order of insertion."""
        return entries(self.reader, self.table_word, self.is_map)


class JSMap(JSCollection):
    """A Map."""

    __slots__ = ()

    is_map = True

    def entries(self) -> Iterator[Union[tuple[Value, Value], Damaged]]:
        """Keys and values in order of insertion."""
        value = self.reader.value
        for item in self.words():
            yield item if isinstance(item, Damaged) else (value(item[0]), value(item[1]))


class JSSet(JSCollection):
    """A Set."""

    __slots__ = ()

    def members(self) -> Iterator[Value]:
        """The members in order of insertion."""
        for item in self.words():
            yield item if isinstance(item, Damaged) else self.reader.value(item[0])


class JSCollectionIterator(JSObject):
    """An iterator over a Map or Set; `index` counts entries of its table, deleted ones too."""

    __slots__ = ()

    table_word = Word("Builtins.iterator_table")
    table = Tagged("Builtins.iterator_table")
    index_value = Tagged("Builtins.iterator_index")

    @property
    def is_map(self) -> bool:
        """Whether it goes over a Map."""
        return "_MAP_" in self.type_name

    @property
    def mode(self) -> str:
        """'keys', 'values' or 'entries'; a Set has values and entries."""
        name = self.type_name
        if "KEY_VALUE" in name:
            return "entries"
        return "keys" if "_KEY_" in name else "values"

    @property
    def index(self) -> int:
        """The number of the next entry in the table that it holds."""
        value = self.index_value
        if isinstance(value, Smi):
            return value.value
        return int(value.value) if isinstance(value, HeapNumber) else 0

    @property
    def is_done(self) -> bool:
        """Whether it has ended: V8 then gives it the empty table."""
        return next(self.remaining(), None) is None

    def remaining(self) -> Iterator[Union[tuple[Value, Value], Damaged]]:
        """The (key, value) still to come (of a Set the member twice)."""
        located = _transition(self.reader, self.table_word, self.index, self.is_map)
        if isinstance(located, Damaged):
            yield located
            return
        value = self.reader.value
        for item in entries(self.reader, located[0], self.is_map, located[1]):
            yield item if isinstance(item, Damaged) else (value(item[0]), value(item[1]))


def _transition(
    reader: Reader, word: int, index: int, is_map: bool
) -> Union[tuple[int, int], Damaged]:
    """The table in use now and the index in it, for an iterator at `index` of an old table.

    An old table holds the next one in the word of its element count; its deleted count then is
    that of holes removed, whose indices stand in the bucket words, or -1 if it was cleared.
    V8: OrderedHashTableIterator::Transition.
    """
    layout = reader.layout
    fields = layout.OrderedHash
    for _ in range(MAX_TABLES):
        data = word - 1 + layout.FixedArray.data
        following: Optional[int] = reader.word(data + 8 * fields.elements)
        if following is None:
            return Damaged(word, "ordered hash table not in the dump")
        if is_smi(following):
            return word, max(index, 0)
        removed = reader.smi(data + 8 * fields.deleted)
        if removed is None:
            return Damaged(word, "replaced hash table without a count")
        if removed < 0:
            index = 0
        else:
            before = index
            for number in range(min(removed, MAX_DICTIONARY_CAPACITY)):
                hole = reader.smi(data + 8 * (fields.first_bucket + number))
                if hole is None or hole >= before:
                    break
                index -= 1
        word = following
    return Damaged(word, "too many replaced hash tables")
