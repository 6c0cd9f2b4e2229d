"""Map: V8's hidden class, which says what an object is and where its properties lie.

V8: src/objects/map.h, map.tq; V8_LAYOUT.md §3. A Map is made once per session and keeps what it
decodes, for every object asks its Map.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Optional

from v8inspect.errors import MemoryUnreadable
from v8inspect.limits import MAX_BACK_POINTERS
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.tagged import Value

if TYPE_CHECKING:
    from v8inspect.objects.descriptors import DescriptorArray
    from v8inspect.objects.reader import Reader

_U64 = Struct("<Q").unpack_from
_U32 = Struct("<I").unpack_from
_U16 = Struct("<H").unpack_from
# V8: Map::Bits1::HasNonInstancePrototypeBit, the first one from 10.2 to 14.6; v8dbg lacks it.
_NON_INSTANCE_PROTOTYPE_BIT = 0


class Map(HeapObject):
    """A Map. `map` of a Map is the Map itself: its meta map is not worth a view of its own.

    `instance_size` is in bytes, 0 where objects say their size themselves. For JS objects:
    `inobject_start` in bytes; `inobject_properties` is how many properties an instance can hold
    in itself, used or not; `own_descriptors` how many entries of the DescriptorArray are this
    Map's (0 … 1023); `is_dictionary_map` whether named properties are in a dictionary.
    """

    __slots__ = (
        "_descriptors",
        "_type",
        "bit_field",
        "bit_field2",
        "bit_field3",
        "inobject_properties",
        "inobject_start",
        "instance_size",
        "is_dictionary_map",
        "own_descriptors",
    )

    def __init__(self, reader: Reader, address: int, data: bytes) -> None:
        super().__init__(reader, address, self, data)
        fields = reader.layout.Map
        word = reader.layout.tagged_size
        self._type: int = _U16(data, fields.instance_type)[0]
        self.instance_size = data[fields.instance_size_in_words] * word
        self.inobject_start = data[fields.inobject_properties_start] * word
        self.bit_field = data[fields.bit_field]
        self.bit_field2 = data[fields.bit_field2]
        self.bit_field3: int = _U32(data, fields.bit_field3)[0]
        self._descriptors: Optional[DescriptorArray] = None
        free = self.instance_size - self.inobject_start
        self.inobject_properties = free // word if free > 0 else 0
        masked = self.bit_field3 & fields.number_of_own_descriptors_mask
        self.own_descriptors = masked >> fields.number_of_own_descriptors_shift
        self.is_dictionary_map = bool(self.bit_field3 >> fields.is_dictionary_map_bit & 1)

    def __repr__(self) -> str:
        return f"<Map {self.word:#x} of {self.type_name}>"

    @property
    def instance_type(self) -> int:
        """The instance type of the objects that have this Map."""
        return self._type

    @property
    def type_name(self) -> str:
        """The name of that type, 'JS_ARRAY'."""
        return self.layout.type_names.get(self._type) or f"TYPE_{self._type}"

    # What the bits say.

    @property
    def is_callable(self) -> bool:
        """Whether instances can be called."""
        return bool(self.bit_field >> self.layout.Map.is_callable_bit & 1)

    @property
    def is_constructor(self) -> bool:
        """Whether instances can be used with `new`."""
        return bool(self.bit_field >> self.layout.Map.is_constructor_bit & 1)

    @property
    def has_prototype_slot(self) -> bool:
        """Whether instances are functions that have a prototype or initial map slot."""
        return bool(self.bit_field >> self.layout.Map.has_prototype_slot_bit & 1)

    @property
    def new_target_is_base(self) -> bool:
        """Whether the constructor in this Map is what `new` was applied to."""
        return bool(self.bit_field2 >> self.layout.Map.new_target_is_base_bit & 1)

    @property
    def elements_kind(self) -> int:
        """V8's ElementsKind, a number that each version gives anew."""
        return self.bit_field2 >> self.layout.Map.elements_kind_shift

    @property
    def elements_kind_name(self) -> str:
        """Its name, 'HOLEY_DOUBLE'; 'KIND_n' if unknown."""
        kind = self.elements_kind
        return self.layout.elements_kind_names.get(kind) or f"KIND_{kind}"

    @property
    def is_prototype_map(self) -> bool:
        """Whether the one instance is somebody's prototype."""
        return bool(self.bit_field3 >> self.layout.Map.is_prototype_map_bit & 1)

    # Where the pointers lead.

    @property
    def prototype_word(self) -> int:
        """The tagged pointer to the prototype (null: the oddball)."""
        return self.word_at(self.layout.Map.prototype)

    @property
    def prototype(self) -> Value:
        """The prototype of the instances."""
        return self.reader.value(self.prototype_word)

    @property
    def descriptors_word(self) -> int:
        """The tagged pointer to the DescriptorArray."""
        return self.word_at(self.layout.Map.instance_descriptors)

    @property
    def descriptors(self) -> DescriptorArray:
        """The DescriptorArray, which may hold more entries than are this Map's."""
        if self._descriptors is None:
            from v8inspect.objects.descriptors import descriptors_at

            self._descriptors = descriptors_at(self.reader, self.descriptors_word)
        return self._descriptors

    def constructor(self) -> Optional[int]:
        """The tagged pointer to what made the instances, at the root of the transition tree.

        A JSFunction, a FunctionTemplateInfo, or null; None if the chain is broken or longer
        than MAX_BACK_POINTERS. A Tuple2 stands for (constructor, prototype that is no object).
        V8: Map::GetConstructor, Map::GetNonInstancePrototype.
        """
        word = self._root_constructor()
        if word is not None and self.reader.type_of(word) == self.layout.types["TUPLE2"]:
            try:
                word = self.reader.memory.u64(word - 1 + self.layout.tagged_size)
            except MemoryUnreadable:
                return None
        return word if word is not None and word & 3 == 1 else None

    def non_instance_prototype(self) -> Optional[int]:
        """Of a function's Map: the tagged word that its `prototype` was set to if that is no
        object (`F.prototype = null`); None if it is one, or not readable.

        V8: Map::GetNonInstancePrototype; up to 10.2 Map::GetConstructor.
        """
        if not self.bit_field >> _NON_INSTANCE_PROTOTYPE_BIT & 1:
            return None
        word = self._root_constructor()
        if word is not None and self.reader.type_of(word) == self.layout.types["TUPLE2"]:
            return self.reader.word(word - 1 + 2 * self.layout.tagged_size)
        return word

    def _root_constructor(self) -> Optional[int]:
        """What stands in place of a back pointer at the root of the transition tree."""
        reader = self.reader
        at = self.layout.Map.constructor_or_back_pointer
        map = self
        for _ in range(MAX_BACK_POINTERS):
            word = map.word_at(at)
            parent = reader.map_at(word)
            if parent is None:
                return word
            map = parent
        return None
