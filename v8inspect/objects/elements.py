"""The elements of a JS object: what is under its integer keys, for every elements kind.

V8: src/objects/elements.cc, elements-kind.h, arguments.h; V8_LAYOUT.md §5.2. Holes are left out,
as JavaScript leaves them out: an index that does not come is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Union

from v8inspect.errors import MemoryUnreadable
from v8inspect.objects.arrays import FixedArray, FixedDoubleArray
from v8inspect.objects.binary import JSTypedArray
from v8inspect.objects.contexts import unwrap_cell
from v8inspect.objects.dictionaries import Entry, is_the_hole, number_entries
from v8inspect.objects.heap_object import HeapObject, problem_of
from v8inspect.objects.js_object import JSArray, JSObject
from v8inspect.objects.tagged import Damaged, Smi, Value, is_smi, smi

if TYPE_CHECKING:
    from v8inspect.objects.reader import Reader

_NO_ENUM, _FROZEN, _SEALED = 2, 5, 4  # PropertyAttributes of whole arrays


class Element:
    """What is at an index. `attributes` and `is_accessor` are as those of a Property."""

    __slots__ = ("attributes", "index", "is_accessor", "value")

    def __init__(
        self, index: int, value: Value, attributes: int = 0, is_accessor: bool = False
    ) -> None:
        self.index = index
        self.value = value
        self.attributes = attributes
        self.is_accessor = is_accessor

    def __repr__(self) -> str:
        return f"<Element {self.index} {self.value!r}>"


def elements(object: JSObject, start: int = 0) -> Iterator[Union[Element, Damaged]]:
    """The elements from index `start` on, in ascending order, holes left out.

    The characters of a boxed string are not repeated as elements. A stretch that can't be read
    is one Damaged, and what follows it comes.
    """
    if isinstance(object, JSTypedArray):
        for number, value in object.numbers(start):
            yield Element(number, value)
        return
    kind = object.map.elements_kind_name
    if kind in ("FAST_SLOPPY_ARGUMENTS", "SLOW_SLOPPY_ARGUMENTS"):
        yield from _sloppy_arguments(object, start)
        return
    attributes = 0
    if "FROZEN" in kind:
        attributes = _FROZEN
    elif "SEALED" in kind:
        attributes = _SEALED
    yield from _stored(object, object.elements_store, start, attributes)


def _stored(
    object: JSObject, store: Value, start: int, attributes: int
) -> Iterator[Union[Element, Damaged]]:
    reader = object.reader
    if isinstance(store, FixedDoubleArray):
        length = limit_of(object, store.length)
        for item in store.numbers(start, length):
            if isinstance(item, Damaged):
                yield item
            else:
                yield Element(item[0], item[1], attributes)
        yield from _shortfall(object, store.length)
        return
    if not isinstance(store, FixedArray):
        yield Damaged(object.elements_word, f"elements: {problem_of(store)}")
        return
    if store.instance_type == reader.layout.types["NUMBER_DICTIONARY"]:
        yield from _slow(reader, store.word, start)
        return
    length = limit_of(object, store.length)
    value = reader.value
    for run in store.runs(start, length):
        if isinstance(run, Damaged):
            yield run
            continue
        at = run.start
        for word in run.words:
            if not word & 1 or not is_the_hole(reader, word):
                yield Element(at, value(word), attributes)
            at += 1
    yield from _shortfall(object, store.length)


def limit_of(object: JSObject, capacity: int) -> int:
    """How many slots of a store of `capacity` count: an array may have fewer than its store."""
    if isinstance(object, JSArray):
        return max(0, min(object.length, capacity))
    return max(0, capacity)


def _shortfall(object: JSObject, capacity: int) -> Iterator[Damaged]:
    if isinstance(object, JSArray) and object.length > max(capacity, 0):
        missing = object.length - max(capacity, 0)
        yield Damaged(object.elements_word, f"store is {missing} elements too short")


def _slow(reader: Reader, table: int, start: int) -> Iterator[Union[Element, Damaged]]:
    entries: list[tuple[int, Entry]] = []
    for item in number_entries(reader, table):
        if isinstance(item, Damaged):
            yield item
            continue
        index = smi(item.key) if is_smi(item.key) else _index(reader, item.key)
        if index >= start:
            entries.append((index, item))
    entries.sort(key=lambda pair: pair[0])
    for index, entry in entries:
        yield Element(index, reader.value(entry.value), entry.attributes, entry.is_accessor)


def _index(reader: Reader, key: int) -> int:
    """Indices from 2^31 on are keys of type HeapNumber."""
    try:
        number = reader.memory.f64(key - 1 + reader.layout.Number.heap_number_value)
    except MemoryUnreadable:
        return -1
    return int(number) if 0 <= number < 2**32 else -1


def _sloppy_arguments(object: JSObject, start: int) -> Iterator[Union[Element, Damaged]]:
    """Arguments of a sloppy function: some live in its context, under the parameter's slot.

    V8: SloppyArgumentsElements: context, arguments store, then for each mapped parameter the
    Smi index of its context slot, or the hole when it is mapped no more.
    """
    reader = object.reader
    fields = reader.layout.SloppyArguments
    store = object.elements_store
    if not isinstance(store, HeapObject) or store.type_name != "SLOPPY_ARGUMENTS_ELEMENTS":
        yield Damaged(object.elements_word, f"elements: {problem_of(store)}")
        return
    address = store.address
    count = reader.smi(address + reader.layout.FixedArray.length) or 0
    context = reader.word(address + fields.context) or 0
    mapped: dict[int, int] = {}
    for index in range(max(0, min(count, MAX_MAPPED))):
        slot = reader.smi(address + fields.mapped_entries + 8 * index)
        if slot is not None:
            mapped[index] = (context & ~7) + reader.layout.Context.slots + 8 * slot
    rest = _stored(object, reader.value_in(address + fields.arguments), start, 0)
    waiting = sorted(index for index in mapped if index >= start)
    for item in rest:
        if isinstance(item, Damaged):
            yield item
            continue
        while waiting and waiting[0] <= item.index:
            index = waiting.pop(0)
            yield Element(index, unwrap_cell(reader.value_in(mapped[index])))
            if index == item.index:
                break
        else:
            yield item
    for index in waiting:
        yield Element(index, unwrap_cell(reader.value_in(mapped[index])))


MAX_MAPPED = 1 << 16  # V8's kMaxArguments is 2^16 - 2


def element_count(reader: Reader, word: int) -> int:
    """An array's JS length, else how many elements an object has; 0 for what is no JS object.

    `word` is tagged or not. Holes are not counted, nor is what the dump lacks.
    """
    object = reader.value(word & ~7 | 1)
    if isinstance(object, (JSArray, JSTypedArray)):
        return object.length
    if not isinstance(object, JSObject):
        return 0
    return sum(isinstance(item, Element) for item in elements(object))


def element(object: JSObject, index: int) -> Union[Element, Damaged, None]:
    """The element at `index`; None for a hole or beyond the end."""
    for item in elements(object, index):
        if isinstance(item, Damaged):
            return item
        return item if item.index == index else None
    return None


def array_length(object: JSArray) -> Value:
    """The `length` of an array as a value."""
    return Smi(object.length) if object.length < 2**31 else object.length_value
