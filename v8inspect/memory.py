"""Typed reads of one target through a page cache. All values are little-endian."""

from __future__ import annotations

from collections import OrderedDict
from struct import Struct
from typing import TYPE_CHECKING

from v8inspect.errors import MemoryUnreadable

if TYPE_CHECKING:
    from v8inspect.target import Target

PAGE = 0x4000
_PAGES_KEPT = 2048  # 32 MiB: what one census of 20,000 maps touches

Bytes = bytes  # Memory has a method of that name

_U64 = Struct("<Q").unpack_from
_I64 = Struct("<q").unpack_from
_U32 = Struct("<I").unpack_from
_I32 = Struct("<i").unpack_from
_U16 = Struct("<H").unpack_from
_F64 = Struct("<d").unpack_from


class Memory:
    """Reads of `target`. Addresses are raw (untagged); every method raises MemoryUnreadable."""

    __slots__ = ("_pages", "target")

    def __init__(self, target: Target) -> None:
        self.target = target
        self._pages: OrderedDict[int, Bytes] = OrderedDict()

    def bytes(self, address: int, size: int) -> Bytes:
        """`size` bytes, uncached where they leave one page."""
        base = address & -PAGE
        if address + size <= base + PAGE:
            offset = address - base
            page = self._page(base, address, size)
            data = page[offset : offset + size]
            if len(data) == size:
                return data
        return self.target.read(address, size)

    def partial(self, address: int, size: int) -> Bytes:
        """As many of `size` bytes from `address` on as are there without a gap."""
        base = address & -PAGE
        if address >= 0 and address + size <= base + PAGE <= 1 << 64:
            offset = address - base
            data = self._page(base, address, size)[offset : offset + size]
            if len(data) == size:
                return data
        return self.target.read_partial(address, size)

    def u64(self, address: int) -> int:
        """An unsigned 64-bit word."""
        base = address & -PAGE
        page = self._page(base, address, 8)
        offset = address - base
        if offset + 8 <= len(page):
            return int(_U64(page, offset)[0])
        return int(_U64(self.target.read(address, 8), 0)[0])

    def i64(self, address: int) -> int:
        """A signed 64-bit word."""
        return int(_I64(self.bytes(address, 8), 0)[0])

    def u32(self, address: int) -> int:
        """An unsigned 32-bit value."""
        return int(_U32(self.bytes(address, 4), 0)[0])

    def i32(self, address: int) -> int:
        """A signed 32-bit value."""
        return int(_I32(self.bytes(address, 4), 0)[0])

    def u16(self, address: int) -> int:
        """An unsigned 16-bit value."""
        return int(_U16(self.bytes(address, 2), 0)[0])

    def u8(self, address: int) -> int:
        """One byte."""
        return self.bytes(address, 1)[0]

    def f64(self, address: int) -> float:
        """An IEEE double."""
        return float(_F64(self.bytes(address, 8), 0)[0])

    def words(self, address: int, count: int) -> tuple[int, ...]:
        """`count` unsigned 64-bit words side by side."""
        return Struct(f"<{count}Q").unpack(self.bytes(address, 8 * count))

    def _page(self, base: int, address: int, size: int) -> Bytes:
        page = self._pages.get(base)
        if page is not None:
            self._pages.move_to_end(base)
            return page
        if base < 0 or base >= 1 << 64:
            raise MemoryUnreadable(address, size)
        # A page that starts in a gap yields nothing here and is read directly by the caller.
        page = self.target.read_partial(base, PAGE)
        self._pages[base] = page
        if len(self._pages) > _PAGES_KEPT:
            self._pages.popitem(last=False)
        return page
