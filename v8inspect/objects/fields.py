"""Field descriptors: a name in a class, an offset from the layout, a read from the snapshot.

`HeapObject` takes the bytes of its fixed part once, when it is made; a field decodes its part of
them. A class thus declares which constants it lives by, and the registry derives from the
declarations how long an object must be and which of its words must be Smis. So a field of an
object that was made cannot fail; what it leads to may be Damaged.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any, Optional

from v8inspect.objects.tagged import Value, smi

if TYPE_CHECKING:
    from v8inspect.layout.model import Layout
    from v8inspect.objects.heap_object import HeapObject

_U64 = Struct("<Q").unpack_from


class Field:
    """Where something is: `path` is 'Group.constant' of the layout, in bytes from the object."""

    __slots__ = ("path",)
    size = 8
    must_be_smi = False

    def __init__(self, path: str) -> None:
        self.path = path

    def offset(self, layout: Layout) -> Optional[int]:
        """Bytes from the start of the object; None where this V8 has no such field."""
        group, name = self.path.split(".")
        offset = getattr(getattr(layout, group), name)
        return None if offset is None else int(offset)


class Offsets(dict[Field, int]):
    """The offsets of one layout by field, looked up once each."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self._layout = layout

    def __missing__(self, field: Field) -> int:
        offset = field.offset(self._layout)
        if offset is None:
            raise LookupError(f"V8 {self._layout.table} has no {field.path}")
        self[field] = offset
        return offset


class Tagged(Field):
    """A tagged slot, read as the Value that it holds."""

    __slots__ = ()

    def __get__(self, instance: HeapObject, owner: Any) -> Value:
        reader = instance.reader
        return reader.value(_U64(instance.data, reader.offsets[self])[0])


class Word(Field):
    """A 64-bit word, as it is."""

    __slots__ = ()

    def __get__(self, instance: HeapObject, owner: Any) -> int:
        word: int = _U64(instance.data, instance.reader.offsets[self])[0]
        return word


class SmiField(Field):
    """A slot that always holds a Smi, read as its number."""

    __slots__ = ()
    must_be_smi = True

    def __get__(self, instance: HeapObject, owner: Any) -> int:
        return smi(_U64(instance.data, instance.reader.offsets[self])[0])


class Raw(Field):
    """An untagged integer of 1 to 8 bytes; `code` is its struct letter."""

    __slots__ = ("_unpack", "size")

    def __init__(self, path: str, code: str) -> None:
        super().__init__(path)
        struct = Struct("<" + code)
        self.size = struct.size
        self._unpack = struct.unpack_from

    def __get__(self, instance: HeapObject, owner: Any) -> int:
        value: int = self._unpack(instance.data, instance.reader.offsets[self])[0]
        return value


class Double(Field):
    """An untagged IEEE double."""

    __slots__ = ()

    def __get__(self, instance: HeapObject, owner: Any) -> float:
        value: float = _F64(instance.data, instance.reader.offsets[self])[0]
        return value


_F64 = Struct("<d").unpack_from
