"""`nodebuffer`: where the bytes of a Buffer are, and the bytes themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Iterator, Optional, Union

from v8inspect.analysis.values import class_of, value_at
from v8inspect.errors import NotAnObject
from v8inspect.objects.binary import JSArrayBuffer, JSArrayBufferView
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session

_CHUNK = 1 << 20
Binary = Union[JSArrayBuffer, JSArrayBufferView]


@dataclass(frozen=True)
class BufferRow(Row):
    """A Buffer, typed array, DataView or ArrayBuffer. `data` is the address of its first byte in
    the process, `byte_length` how many it shows; `saved` the file that they were written to."""

    json_sparse: ClassVar[bool] = True

    address: Address
    class_: str
    data: Address
    byte_offset: int
    byte_length: int
    buffer: Optional[Address] = None
    saved: Optional[str] = None


def binary_at(session: Session, address: int) -> Binary:
    """The object with bytes at an address; raises NotAnObject."""
    value = value_at(session, address)
    if isinstance(value, (JSArrayBuffer, JSArrayBufferView)):
        return value
    kind = getattr(value, "type_name", "a Smi")
    raise NotAnObject(address, f"it is {kind}, neither a Buffer nor anything else with bytes")


def data_of(value: Binary) -> int:
    """The address of the first byte."""
    return value.backing_store if isinstance(value, JSArrayBuffer) else value.data_pointer


def chunks(value: Binary) -> Iterator[bytes]:
    """The bytes; raises MemoryUnreadable where the dump lacks some."""
    start, size = data_of(value), value.byte_length
    for at in range(0, size, _CHUNK):
        yield value.memory.bytes(start + at, min(_CHUNK, size - at))


def buffer_row(session: Session, value: Binary, saved: Optional[str] = None) -> BufferRow:
    """The row of an object with bytes."""
    view = isinstance(value, JSArrayBufferView)
    buffer = value.buffer if isinstance(value, JSArrayBufferView) else None
    return BufferRow(
        Address(value.word),
        class_of(session, value),
        Address(data_of(value)),
        value.byte_offset if isinstance(value, JSArrayBufferView) else 0,
        value.byte_length,
        Address(buffer.word) if view and isinstance(buffer, JSArrayBuffer) else None,
        saved,
    )
