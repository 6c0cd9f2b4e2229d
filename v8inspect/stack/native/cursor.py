"""Reads the encodings of DWARF from a few bytes that are in hand."""

from __future__ import annotations

MASK = (1 << 64) - 1

_ULEB_BYTES = 10  # of 64 bits

# Pointer encodings (LSB, "DWARF Exception Header Encoding"): low four bits the format, the next
# three what it is relative to.
OMIT = 0xFF
PC_RELATIVE, DATA_RELATIVE = 0x10, 0x30
_SIZES = {0x00: (8, False), 0x02: (2, False), 0x03: (4, False), 0x04: (8, False)}
_SIZES.update({0x0A: (2, True), 0x0B: (4, True), 0x0C: (8, True)})


class Malformed(Exception):
    """The bytes are no DWARF that we read: the text says why. Stays in this package."""


class Cursor:
    """`data` is what stands at `address`; raises Malformed where it ends."""

    __slots__ = ("address", "at", "data", "end")

    def __init__(self, data: bytes, address: int = 0, at: int = 0) -> None:
        self.data = data
        self.address = address
        self.at = at
        self.end = len(data)

    def unsigned(self, size: int) -> int:
        """A number of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def signed(self, size: int) -> int:
        """A number of `size` bytes in two's complement."""
        return int.from_bytes(self.take(size), "little", signed=True)

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        at = self.at
        if size > self.end - at:
            raise Malformed("it ends too early")
        self.at = at + size
        return self.data[at : at + size]

    def uleb(self) -> int:
        """An unsigned LEB128."""
        value, shift = 0, 0
        for _ in range(_ULEB_BYTES):
            byte = self.unsigned(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value & MASK
        raise Malformed("a number is too long")

    def sleb(self) -> int:
        """A signed LEB128."""
        value, shift = 0, 0
        for _ in range(_ULEB_BYTES):
            byte = self.unsigned(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value - (1 << shift) if byte & 0x40 else value
        raise Malformed("a number is too long")

    def block(self) -> bytes:
        """A ULEB length and that many bytes."""
        return self.take(self.uleb())

    def text(self) -> bytes:
        """Bytes up to a zero, which is skipped."""
        end = self.data.find(b"\0", self.at, self.end)
        if end < 0:
            raise Malformed("a text does not end")
        text, self.at = self.data[self.at : end], end + 1
        return text

    def pointer(self, encoding: int, data_base: int = 0) -> int:
        """An encoded pointer. Indirect ones (0x80, of personality routines) are not followed."""
        here = self.address + self.at
        shape = _SIZES.get(encoding & 0x0F)
        if encoding & 0x0F == 0x01:
            value = self.uleb()
        elif encoding & 0x0F == 0x09:
            value = self.sleb()
        elif shape is not None:
            value = self.signed(shape[0]) if shape[1] else self.unsigned(shape[0])
        else:
            raise Malformed(f"a pointer is encoded as {encoding:#x}")
        relative = encoding & 0x70
        if relative == PC_RELATIVE:
            value += here
        elif relative == DATA_RELATIVE:
            value += data_base
        elif relative:
            raise Malformed(f"a pointer is encoded as {encoding:#x}")
        return value & MASK
