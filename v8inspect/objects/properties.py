"""The own named properties of any JS object, in JavaScript's order, and the look-up of one.

V8: src/objects/js-objects.h, lookup.cc, keys.cc; V8_LAYOUT.md §5.1. Fast objects keep values in
themselves and in a PropertyArray as their Map's descriptors say; slow ones in a NameDictionary;
the global object in a GlobalDictionary of PropertyCells. Elements are in `elements`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Optional, Union

from v8inspect.errors import MemoryUnreadable
from v8inspect.limits import MAX_PROTOTYPES
from v8inspect.objects.descriptors import Descriptor
from v8inspect.objects.dictionaries import (
    Entry,
    find_global,
    find_name,
    global_entries,
    name_entries,
)
from v8inspect.objects.fields import Tagged
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.strings import name_text
from v8inspect.objects.tagged import Damaged, Value

if TYPE_CHECKING:
    from v8inspect.objects.maps import Map
    from v8inspect.session import Session

READ_ONLY, DONT_ENUM, DONT_DELETE = 1, 2, 4  # V8: PropertyAttributes, property-details.h


class AccessorPair(HeapObject):
    """A getter and a setter; null for one that is not there (or a FunctionTemplateInfo)."""

    __slots__ = ()

    getter = Tagged("AccessorPair.getter")
    setter = Tagged("AccessorPair.setter")


class AccessorInfo(HeapObject):
    """A property whose value is computed in C++."""

    __slots__ = ()


class Property:
    """One own property. `key` is the tagged pointer to its name, a String or a Symbol.

    `where` is 'object', 'array' (the PropertyArray), 'map' (a constant in the descriptor),
    'dictionary' or 'cell' (a global's PropertyCell, at `cell`). `slot` is the untagged address of
    the word that holds the value.
    """

    __slots__ = ("attributes", "cell", "is_accessor", "key", "reader", "slot", "where", "word")

    def __init__(
        self,
        reader: Reader,
        key: int,
        word: Optional[int],
        is_accessor: bool,
        attributes: int,
        where: str,
        slot: int = 0,
        cell: Optional[int] = None,
    ) -> None:
        self.reader = reader
        self.key = key
        self.word = word
        self.is_accessor = is_accessor
        self.attributes = attributes
        self.where = where
        self.slot = slot
        self.cell = cell

    def __repr__(self) -> str:
        return f"<Property {self.name!r} {self.value!r}>"

    @property
    def is_symbol(self) -> bool:
        """Whether the name is a Symbol."""
        return self.reader.type_of(self.key) == self.reader.layout.types["SYMBOL"]

    @property
    def symbol_flags(self) -> int:
        """The Symbol's flags; 0 for strings."""
        if not self.is_symbol:
            return 0
        try:
            return self.reader.memory.u32(self.key - 1 + self.reader.layout.Symbol.flags)
        except MemoryUnreadable:
            return 0

    @property
    def is_private(self) -> bool:
        """Whether no JavaScript reflection sees it: V8's own symbols and #names."""
        return bool(self.symbol_flags & self.reader.layout.Symbol.private_mask)

    @property
    def is_private_name(self) -> bool:
        """Whether it is a #name of a class."""
        return bool(self.symbol_flags & self.reader.layout.Symbol.private_name_mask)

    @property
    def name(self) -> str:
        """The text of the name; of a Symbol its description, without `Symbol()` around it."""
        if not self.is_symbol:
            return name_text(self.reader, self.key)
        description = self.reader.word(self.key - 1 + self.reader.layout.Symbol.description)
        return name_text(self.reader, description) if description is not None else ""

    @property
    def value(self) -> Value:
        """What the property holds: of an accessor its AccessorPair or AccessorInfo."""
        if self.word is None:
            return Damaged(self.slot, "not in the dump")
        return self.reader.value(self.word)

    @property
    def enumerable(self) -> bool:
        """As in a property descriptor of JavaScript."""
        return not self.attributes & DONT_ENUM

    @property
    def writable(self) -> bool:
        """As in a property descriptor of JavaScript (of an accessor it means nothing)."""
        return not self.attributes & READ_ONLY

    @property
    def configurable(self) -> bool:
        """As in a property descriptor of JavaScript."""
        return not self.attributes & DONT_DELETE


def own_properties(reader: Reader, address: int) -> Iterator[Union[Property, Damaged]]:
    """The own properties of the JS object at `address` (tagged or not): strings, then symbols.

    Each in the order of creation, as Reflect.ownKeys gives them; private ones are last. What
    can't be read is one Damaged in their midst; the rest follows.
    """
    symbols = []
    private = []
    symbol_type = reader.layout.types["SYMBOL"]
    for item in _unordered(reader, address):
        if isinstance(item, Damaged) or reader.type_of(item.key) != symbol_type:
            yield item
        elif item.is_private:
            private.append(item)
        else:
            symbols.append(item)
    yield from symbols
    yield from private


def _unordered(reader: Reader, address: int) -> Iterator[Union[Property, Damaged]]:
    word = address & ~7 | 1
    map = reader.map_of(word)
    if map is None:
        yield Damaged(word, "no Map")
        return
    if map.instance_type < reader.layout.first_js_receiver_type:
        yield Damaged(word, f"{map.type_name} has no properties")
        return
    if map.instance_type == reader.layout.types["JS_PROXY"]:
        return
    if map.is_dictionary_map:
        yield from _slow(reader, word, map)
        return
    array = map.descriptors
    own = map.own_descriptors
    if array.problem is not None and own:
        yield Damaged(map.descriptors_word, array.problem)
    elif own > len(array.entries):
        missing = own - len(array.entries)
        yield Damaged(map.descriptors_word, f"{missing} of {own} descriptors missing")
    for entry in array.entries[:own]:
        word_of_value, where, slot = _place(reader, word, map, entry)
        yield Property(
            reader, entry.key, word_of_value, entry.is_accessor, entry.attributes, where, slot
        )


def _slow(reader: Reader, word: int, map: Map) -> Iterator[Union[Property, Damaged]]:
    table = reader.word(word - 1 + reader.layout.JSObject.properties_or_hash)
    if table is None:
        yield Damaged(word, "not in the dump")
        return
    is_global = map.instance_type == reader.layout.types["JS_GLOBAL_OBJECT"]
    expected = "GLOBAL_DICTIONARY" if is_global else "NAME_DICTIONARY"
    kind = reader.type_of(table)
    if kind != reader.layout.types[expected]:
        found = reader.layout.type_names.get(kind, "nothing")
        yield Damaged(table, f"{found} where a {expected} should be")
        return
    entries: list[Entry] = []
    for item in (global_entries if is_global else name_entries)(reader, table):
        if isinstance(item, Damaged):
            yield item
        else:
            entries.append(item)
    entries.sort(key=lambda entry: entry.order)
    where = "cell" if is_global else "dictionary"
    for entry in entries:
        yield Property(
            reader,
            entry.key,
            entry.value,
            entry.is_accessor,
            entry.attributes,
            where,
            cell=entry.cell,
        )


def _place(
    reader: Reader, word: int, map: Map, entry: Descriptor
) -> tuple[Optional[int], str, int]:
    """The word that a fast property holds (None: unreadable), where it lies, its address."""
    if entry.in_descriptor:
        return entry.value, "map", 0
    layout = reader.layout
    unit = layout.tagged_size
    inside = map.inobject_properties
    if entry.field < inside:
        slot = word - 1 + map.inobject_start + entry.field * unit
        return reader.word(slot), "object", slot
    array = reader.word(word - 1 + layout.JSObject.properties_or_hash)
    if array is None:
        return None, "array", word - 1 + layout.JSObject.properties_or_hash
    slot = (array & ~7) + layout.FixedArray.data + (entry.field - inside) * unit
    if reader.type_of(array) != layout.types["PROPERTY_ARRAY"]:
        return None, "array", slot
    packed = reader.smi(array - 1 + layout.FixedArray.length) or 0
    if entry.field - inside >= packed & layout.FixedArray.property_array_length_mask:
        return None, "array", slot
    return reader.word(slot), "array", slot


def own_data_word(reader: Reader, address: int, key: int) -> Optional[int]:
    """`own_data_property` for those who have the Reader."""
    word = address & ~7 | 1
    map = reader.map_of(word)
    if map is None or map.instance_type < reader.layout.first_js_receiver_type:
        return None
    if map.instance_type == reader.layout.types["JS_PROXY"]:
        return None
    if map.is_dictionary_map:
        table = reader.word(word - 1 + reader.layout.JSObject.properties_or_hash)
        kind = -1 if table is None else reader.type_of(table)
        if table is None or kind < 0:
            return None
        if kind == reader.layout.types["GLOBAL_DICTIONARY"]:
            found = find_global(reader, table, key)
        elif kind == reader.layout.types["NAME_DICTIONARY"]:
            found = find_name(reader, table, key)
        else:
            return None
        return None if found is None or found.is_accessor else found.value
    entry = map.descriptors.find(key, map.own_descriptors)
    if entry is None or entry.is_accessor:
        return None
    return _place(reader, word, map, entry)[0]


def own_data_property(session: Session, object_address: int, key_address: int) -> Optional[int]:
    """The tagged word of an own data property, None for accessors and what is not there.

    `object_address` may be tagged or not; `key_address` is of a unique name (an internalized
    String or a Symbol), which is compared by address. Fast, dictionary and global objects.
    """
    return own_data_word(reader_of(session), object_address, key_address & ~7 | 1)


def own_property(reader: Reader, address: int, name: str) -> Optional[Property]:
    """The own property whose String name is `name`; slow: goes through all of them."""
    for item in own_properties(reader, address):
        if isinstance(item, Property) and not item.is_symbol and item.name == name:
            return item
    return None


def prototype_chain(reader: Reader, address: int) -> Iterator[int]:
    """Tagged pointers of the object and its prototypes, up to the first that is no JS object.

    Bounded by MAX_PROTOTYPES, and ends where it would come back to where it was.
    """
    word = address & ~7 | 1
    seen: set[int] = set()
    while word not in seen and len(seen) < MAX_PROTOTYPES:
        map = reader.map_of(word)
        if map is None or map.instance_type < reader.layout.first_js_receiver_type:
            return
        seen.add(word)
        yield word
        word = map.prototype_word


def find_property(reader: Reader, address: int, name: str) -> Optional[Property]:
    """The property of that String name, own or inherited, accessors included."""
    for word in prototype_chain(reader, address):
        found = own_property(reader, word, name)
        if found is not None:
            return found
    return None
