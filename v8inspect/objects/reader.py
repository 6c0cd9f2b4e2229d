"""Reader: from a tagged word to a Value, with the caches of one session.

It knows how to tell a valid Map from noise and how to choose the class of an object. It never
raises for what a dump lacks: that becomes Damaged.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, NamedTuple, Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.objects.fields import Offsets
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.maps import Map
from v8inspect.objects.tagged import CLEARED, Damaged, Smi, Value, Weak, smi

if TYPE_CHECKING:
    from v8inspect.layout.model import Layout
    from v8inspect.memory import Memory
    from v8inspect.objects.descriptors import DescriptorArray
    from v8inspect.objects.embedder import Vtables
    from v8inspect.session import Session

_U64 = Struct("<Q").unpack_from


class Shape(NamedTuple):
    """What the views of one instance type need: derived from the fields that a class declares."""

    view: type[HeapObject]
    size: int  # bytes that the fixed part must have at least
    smis: Sequence[int]  # offsets of the words that must be Smis


class Reader:
    """Reads values of one session. Made by `reader_of`, one per session."""

    __slots__ = (
        "_undefined",
        "descriptors",
        "function_names",
        "layout",
        "line_ends",
        "maps",
        "memory",
        "offsets",
        "session",
        "shapes",
        "texts",
        "vtables",
    )

    def __init__(self, session: Session) -> None:
        self.session = session
        self.memory: Memory = session.memory
        self.layout: Layout = session.layout
        self.offsets = Offsets(self.layout)
        self.maps: dict[int, Optional[Map]] = {}  # by tagged pointer; None: no valid Map
        self.shapes: dict[int, Shape] = {}  # by instance type
        self.descriptors: dict[int, DescriptorArray] = {}  # by tagged pointer
        self.texts: dict[int, str] = {}  # names of properties and functions, by tagged pointer
        self.function_names: dict[int, str] = {}  # debug names, by SharedFunctionInfo
        self.line_ends: dict[int, Sequence[int]] = {}  # by Script
        self.vtables: Optional[Vtables] = None  # made when an embedder's object is asked for
        self._undefined: set[int] = set()

    # Words.

    def word(self, address: int) -> Optional[int]:
        """The word at an untagged address, None where it can't be read."""
        try:
            return self.memory.u64(address)
        except MemoryUnreadable:
            return None

    def smi(self, address: int) -> Optional[int]:
        """The number of the Smi at an untagged address; None if unreadable or no Smi."""
        word = self.word(address)
        return None if word is None or word & 0xFFFF_FFFF else smi(word)

    # Values.

    def value_in(self, address: int) -> Value:
        """The value that the tagged slot at an untagged address holds."""
        try:
            return self.value(self.memory.u64(address))
        except MemoryUnreadable:
            return Damaged(address, "not in the dump")

    def value(self, word: int) -> Value:
        """The value of a tagged word. Never raises."""
        if not word & 1:
            if word & 0xFFFF_FFFF:
                return Damaged(word, "neither a Smi nor a pointer")
            return Smi((word >> 32) - ((word >> 63) << 32))
        if word & 2:
            if word & 0xFFFF_FFFF == 3:
                return CLEARED
            return Weak(self._object(word & ~3, word))
        if word & 4:
            return Damaged(word, "not a tagged pointer")
        return self._object(word - 1, word)

    def _object(self, address: int, word: int) -> Value:
        memory = self.memory
        try:
            map_word = memory.u64(address)
        except MemoryUnreadable:
            return Damaged(word, "not in the dump")
        map = self.maps.get(map_word) or self.map_at(map_word)
        if map is None:
            # In the middle of a GC the first word is the untagged address of the object's copy
            # (V8: MapWord::ToForwardingAddress), one hop away.
            if not map_word or map_word & 7:
                return Damaged(word, "no Map")
            address = map_word
            map_word = self.word(address) or 0
            map = self.map_at(map_word)
            if map is None:
                return Damaged(word, "no Map")
        kind = map.instance_type
        shape = self.shapes.get(kind) or self._shape(kind)
        if shape.view is Map:
            return self.map_at(address | 1) or Damaged(word, "no valid Map")
        size = map.instance_size
        if size < shape.size:
            if size:
                return Damaged(word, f"{map.type_name} of only {size} bytes")
            size = shape.size
        try:
            data = memory.bytes(address, size)
        except MemoryUnreadable:
            return Damaged(word, f"{map.type_name} partly not in the dump")
        for offset in shape.smis:
            if _U64(data, offset)[0] & 0xFFFF_FFFF:
                return Damaged(word, f"{map.type_name} whose word at {offset} is no Smi")
        return shape.view(self, address, map, data)

    def _shape(self, kind: int) -> Shape:
        from v8inspect.objects.registry import shape_of

        shape = self.shapes[kind] = shape_of(self.layout, kind)
        return shape

    def is_undefined(self, word: int) -> bool:
        """Whether `word` is the oddball undefined."""
        if word in self._undefined:
            return True
        if self.type_of(word) != self.layout.types["ODDBALL"]:
            return False
        fields = self.layout.Oddball
        if self.smi(word - 1 + fields.kind) != fields.kind_undefined:
            return False
        self._undefined.add(word)
        return True

    # Maps.

    def map_at(self, word: int) -> Optional[Map]:
        """The Map that a tagged pointer points to; None if there is no valid one.

        Valid is an object whose own Map is a meta map: one that is its own Map and says that
        its instances are Maps. From V8 12 on there is a meta map per native context.
        """
        try:
            return self.maps[word]
        except KeyError:
            pass
        map = self.maps[word] = self._load_map(word)
        return map

    def map_of(self, word: int) -> Optional[Map]:
        """The Map of the object that a strong pointer points to; None if there is none."""
        if word & 3 != 1:
            return None
        try:
            return self.map_at(self.memory.u64(word - 1))
        except MemoryUnreadable:
            return None

    def type_of(self, word: int) -> int:
        """The instance type of the object that `word` points to; -1 for what is no object."""
        map = self.map_of(word)
        return -1 if map is None else map.instance_type

    def _load_map(self, word: int) -> Optional[Map]:
        if word & 7 != 1:
            return None
        fields = self.layout.Map
        try:
            data = self.memory.bytes(word - 1, fields.size)
            meta: int = _U64(data, 0)[0]
            if meta & 7 != 1:
                return None
            if meta != word:
                if self.memory.u64(meta - 1) != meta:
                    return None
                kind = self.memory.u16(meta - 1 + fields.instance_type)
            else:
                kind = data[fields.instance_type] | data[fields.instance_type + 1] << 8
        except MemoryUnreadable:
            return None
        if kind != self.layout.types["MAP"]:
            return None
        return Map(self, word - 1, data)


def reader_of(session: Session) -> Reader:
    """The session's Reader. Raises what `Session.layout` raises."""
    return session.kept(Reader)


def value(session: Session, word: int) -> Value:
    """The value of a tagged word in `session`. Never raises for what the dump lacks."""
    return reader_of(session).value(word)
