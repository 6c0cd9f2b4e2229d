"""ArrayBuffer, typed arrays, DataView and Node's Buffer: raw bytes and the windows on them.

V8: src/objects/js-array-buffer.h, .tq; V8_LAYOUT.md §5.5. A view may follow the length of a
resizable buffer, and then its own length fields say nothing.
"""

from __future__ import annotations

from struct import Struct
from typing import Iterator, Optional, Union

from v8inspect.errors import MemoryUnreadable
from v8inspect.objects.fields import Raw, Tagged
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.tagged import BigNumber, Damaged, Number, Value

_WORD = (1 << 64) - 1
_BLOCK = 4096  # bytes read at a time
_EXTENSION_WORDS = 4

# By the name of the elements kind: JavaScript's class and the struct letter of an element.
TYPED = {
    "UINT8": ("Uint8Array", "B"),
    "INT8": ("Int8Array", "b"),
    "UINT16": ("Uint16Array", "H"),
    "INT16": ("Int16Array", "h"),
    "UINT32": ("Uint32Array", "I"),
    "INT32": ("Int32Array", "i"),
    "FLOAT16": ("Float16Array", "e"),
    "FLOAT32": ("Float32Array", "f"),
    "FLOAT64": ("Float64Array", "d"),
    "UINT8_CLAMPED": ("Uint8ClampedArray", "B"),
    "BIGUINT64": ("BigUint64Array", "Q"),
    "BIGINT64": ("BigInt64Array", "q"),
}
_RESIZABLE = "RAB_GSAB_"


class JSArrayBuffer(JSObject):
    """An ArrayBuffer or SharedArrayBuffer."""

    __slots__ = ()

    raw_byte_length = Raw("Builtins.array_buffer_byte_length", "Q")
    raw_max_byte_length = Raw("Builtins.array_buffer_max_byte_length", "Q")
    backing_store = Raw("Builtins.array_buffer_backing_store", "Q")
    extension = Raw("Builtins.array_buffer_extension", "Q")
    flags = Raw("Builtins.array_buffer_flags", "I")

    def _flag(self, bit: int) -> bool:
        return bool(self.flags >> bit & 1)

    @property
    def is_shared(self) -> bool:
        """Whether it is a SharedArrayBuffer."""
        return self._flag(self.layout.Builtins.array_buffer_is_shared_bit)

    @property
    def is_detached(self) -> bool:
        """Whether its bytes were transferred away."""
        return self._flag(self.layout.Builtins.array_buffer_was_detached_bit)

    @property
    def is_resizable(self) -> bool:
        """Whether JavaScript can change its length."""
        return self._flag(self.layout.Builtins.array_buffer_is_resizable_bit)

    @property
    def byte_length(self) -> int:
        """Its length in bytes; of a growable SharedArrayBuffer as its BackingStore says.

        Threads share the BackingStore, so V8 keeps 0 in the object (JSArrayBuffer::GetByteLength).
        """
        if self.is_shared and self.is_resizable:
            length = self._shared_length()
            if length is not None:
                return length
        return self.raw_byte_length

    @property
    def max_byte_length(self) -> int:
        """The longest that it can grow to."""
        return self.raw_max_byte_length if self.is_resizable else self.byte_length

    def _shared_length(self) -> Optional[int]:
        """The atomic length of the BackingStore that a shared, growable buffer has.

        The extension (ArrayBufferExtension, js-array-buffer.h) holds a pointer to it among its
        first words, where depends on the version; it begins with the start of the bytes, which
        the buffer knows too, and their length (src/objects/backing-store.h).
        """
        reader = self.reader
        for number in range(_EXTENSION_WORDS):
            store = reader.word(self.extension + 8 * number)
            if not store or reader.word(store) != self.backing_store:
                continue
            length = reader.word(store + 8)
            if length is not None and length <= self.raw_max_byte_length:
                return length
        return None

    def read(self, limit: int = 1 << 30) -> Union[bytes, Damaged]:
        """The first `limit` bytes."""
        count = min(self.byte_length, limit)
        if not count:
            return b""
        return _bytes(self, self.backing_store, count)


class JSArrayBufferView(JSObject):
    """A typed array or DataView on `buffer`."""

    __slots__ = ()

    buffer = Tagged("Builtins.view_buffer")
    raw_byte_offset = Raw("Builtins.view_byte_offset", "Q")
    raw_byte_length = Raw("Builtins.view_byte_length", "Q")
    view_flags = Raw("Builtins.view_flags", "I")

    @property
    def byte_offset(self) -> int:
        """Where in the buffer it begins."""
        return self.raw_byte_offset

    @property
    def is_length_tracking(self) -> bool:
        """Whether its length follows the buffer's."""
        return bool(self.view_flags >> self.layout.Builtins.view_is_length_tracking_bit & 1)

    @property
    def is_on_resizable(self) -> bool:
        """Whether its buffer may be resized under it (not shared ones)."""
        return bool(self.view_flags >> self.layout.Builtins.view_is_backed_by_rab_bit & 1)

    @property
    def element_size(self) -> int:
        """Bytes of one element."""
        return 1

    @property
    def byte_length(self) -> int:
        """How many bytes it shows now: 0 when its buffer is detached or has shrunk below it."""
        buffer = self.buffer
        if not isinstance(buffer, JSArrayBuffer):
            return self.raw_byte_length
        if buffer.is_detached:
            return 0
        if self.is_length_tracking:
            rest = buffer.byte_length - self.raw_byte_offset
            return max(0, rest - rest % self.element_size)
        if buffer.is_resizable and self.raw_byte_offset + self.raw_byte_length > buffer.byte_length:
            return 0
        return self.raw_byte_length

    @property
    def data_pointer(self) -> int:
        """The address of the first byte."""
        raise NotImplementedError

    def read(self, limit: int = 1 << 30) -> Union[bytes, Damaged]:
        """The first `limit` bytes that it shows."""
        count = min(self.byte_length, limit)
        return _bytes(self, self.data_pointer, count) if count else b""


class JSDataView(JSArrayBufferView):
    """A DataView."""

    __slots__ = ()

    raw_data_pointer = Raw("Builtins.data_view_data_pointer", "Q")

    @property
    def data_pointer(self) -> int:
        """The address of the first byte."""
        return self.raw_data_pointer


class JSTypedArray(JSArrayBufferView):
    """A typed array of any kind. Node's Buffer is a Uint8Array with another prototype."""

    __slots__ = ()

    external_pointer = Raw("Builtins.typed_array_external_pointer", "Q")
    base_pointer = Raw("Builtins.typed_array_base_pointer", "Q")

    @property
    def kind(self) -> str:
        """The elements kind without its marks for resizable buffers: 'UINT8', …"""
        name = self.map.elements_kind_name
        return name[len(_RESIZABLE) :] if name.startswith(_RESIZABLE) else name

    @property
    def class_name(self) -> str:
        """JavaScript's name of the kind, 'Uint8Array'."""
        return TYPED.get(self.kind, ("TypedArray", "B"))[0]

    @property
    def format(self) -> str:
        """The struct letter of an element."""
        return TYPED.get(self.kind, ("TypedArray", "B"))[1]

    @property
    def element_size(self) -> int:
        """Bytes of one element."""
        return Struct("<" + self.format).size

    @property
    def is_on_heap(self) -> bool:
        """Whether its bytes lie in the V8 heap, not in the buffer's backing store."""
        return self.base_pointer != 0

    @property
    def data_pointer(self) -> int:
        """The address of the first element: V8 adds a tagged base, 0 when off heap."""
        return self.external_pointer + self.base_pointer & _WORD

    @property
    def length(self) -> int:
        """How many elements it shows now."""
        return self.byte_length // self.element_size

    def numbers(self, start: int = 0) -> Iterator[tuple[int, Value]]:
        """Pairs of an index and its number from `start` on; a missing stretch is one Damaged."""
        letter = self.format
        size = self.element_size
        big = letter in "Qq"
        length = self.length
        data = self.data_pointer
        step = _BLOCK // size
        for at in range(start, length, step):
            count = min(step, length - at)
            try:
                raw = self.memory.bytes(data + at * size, count * size)
            except MemoryUnreadable as error:
                yield at, Damaged(error.missing, "bytes not in the dump")
                continue
            for number, item in enumerate(Struct(f"<{count}{letter}").unpack(raw), at):
                yield number, BigNumber(item) if big else Number(item)


def _bytes(owner: JSObject, address: int, count: int) -> Union[bytes, Damaged]:
    try:
        return owner.memory.bytes(address, count)
    except MemoryUnreadable as error:
        return Damaged(error.missing, "bytes not in the dump")
