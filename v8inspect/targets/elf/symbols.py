"""Symbol tables, scanned directly in the mapped file.

A symbol is found by the offset of its name: `bytes.find` over the strings, then one pass over the
name column of the table. 0.03 s for the 90,000 dynamic symbols of Node.js; decoding every symbol
first takes 1 to 3 s.
"""

from __future__ import annotations

import sys
from array import array
from struct import Struct
from typing import Iterator, NamedTuple, Optional

from v8inspect.target import Buffer
from v8inspect.targets.elf.structs import SectionHeader

_SYMBOL = Struct("<IBBHQQ")
_WORDS = _SYMBOL.size // 4
_SYMBOL_INFO = 4  # offset of st_info
_FUNCTIONS = (2, 10)  # STT_FUNC, STT_GNU_IFUNC
_SYMBOL_VALUE = 8  # offset of st_value
_ALIASES = 16  # functions before an address that are looked at for one that covers it
_BLOCK = 16  # bits: functions are sorted in blocks of 64 KiB
_BLOCKS_BACK = 64  # 4 MiB: longer functions are not found
_STT_SECTION, _STT_FILE, _STT_TLS = 3, 4, 6
_SHN_UNDEF, _SHN_ABS, _SHN_COMMON = 0, 0xFFF1, 0xFFF2
_FEW = 16  # names for which bytes.find is faster than a loop over all symbols
_USUAL_NAME = 256  # bytes
_MAX_NAME = 1 << 16  # bytes; C++ names reach some thousands
_MAX_TABLE = 1 << 30  # bytes of symbols or strings that are looked at


class Symbol(NamedTuple):
    """`value` is the address as linked, without slide where `absolute`; `section` an index."""

    name: str
    value: int
    size: int
    section: int
    absolute: bool


class SymbolTable:
    """One .dynsym or .symtab with its strings."""

    __slots__ = (
        "_blocks",
        "_buffer",
        "_column",
        "_columns",
        "_names",
        "_strings",
        "_symbols",
        "_text",
    )

    def __init__(self, buffer: Buffer, symbols: SectionHeader, strings: SectionHeader) -> None:
        self._buffer = buffer
        self._symbols = _span(symbols)
        self._strings = _span(strings)
        self._names: Optional[array[int]] = None
        self._column = b""
        self._text = b""
        self._columns: Optional[tuple[bytes, bytes, array[int], array[int]]] = None
        self._blocks: dict[int, list[tuple[int, int]]] = {}

    def named(self, name: str) -> Optional[Symbol]:
        """The defined symbol of that name."""
        key = name.encode("utf-8", "replace") + b"\0"
        return next((s for s in self._at_offsets(key) if s.name == name), None)

    def starting(self, prefix: str) -> Iterator[Symbol]:
        """The defined symbols whose name starts with `prefix`, in the order of the table."""
        return self._at_offsets(prefix.encode("utf-8", "replace"))

    def covering(self, address: int) -> Optional[Symbol]:
        """The function that holds the linked `address`. Costs about a millisecond for each 64 KiB
        of code that is asked about; sorting all functions of Node.js would take 0.1 s."""
        left = _ALIASES
        first = address >> _BLOCK
        for block in range(first, max(-1, first - _BLOCKS_BACK), -1):
            for start, index in self._block(block):
                if start > address:
                    continue
                symbol = self._symbol(index)
                if symbol is not None and address < symbol.value + symbol.size:
                    return symbol
                left -= 1
                if left == 0:
                    return None
        return None

    def _block(self, block: int) -> list[tuple[int, int]]:
        """(address, index) of the functions with a size that begin in a block of addresses, the
        last first."""
        known = self._blocks.get(block)
        if known is None:
            known = self._blocks[block] = sorted(self._starting_in(block), reverse=True)
        return known

    def _starting_in(self, block: int) -> Iterator[tuple[int, int]]:
        if self._columns is None:
            start, end = self._symbols
            data = self._buffer[start:end]
            data = data[: len(data) // _SYMBOL.size * _SYMBOL.size]
            words = array("Q", data)
            if sys.byteorder == "big":
                words.byteswap()
            byte = _SYMBOL_VALUE + _BLOCK // 8
            self._columns = (
                data[byte :: _SYMBOL.size],
                data[_SYMBOL_INFO :: _SYMBOL.size],
                words[1::3],
                words[2::3],
            )
        low_bytes, kinds, values, sizes = self._columns
        wanted = block & 0xFF
        index = low_bytes.find(wanted)
        while index >= 0:
            value = values[index]
            if value >> _BLOCK == block and sizes[index] and kinds[index] & 15 in _FUNCTIONS:
                yield value, index
            index = low_bytes.find(wanted, index + 1)

    def _at_offsets(self, text: bytes) -> Iterator[Symbol]:
        """The symbols whose name begins with `text`. Linkers share tails of strings, so a name
        may begin anywhere in another one."""
        names = self._load()
        wanted = set()
        at = self._text.find(text)
        while at >= 0:
            wanted.add(at)
            at = self._text.find(text, at + 1)
        if not wanted:
            return
        if len(wanted) <= _FEW:
            hits = sorted(i for offset in wanted for i in _indices(self._column, offset))
        else:
            hits = [i for i, offset in enumerate(names) if offset in wanted]
        for i in hits:
            symbol = self._symbol(i)
            if symbol is not None:
                yield symbol

    def _symbol(self, index: int) -> Optional[Symbol]:
        at = self._symbols[0] + index * _SYMBOL.size
        name, info, _, section, value, size = _SYMBOL.unpack(self._buffer[at : at + _SYMBOL.size])
        kind = info & 15
        if section in (_SHN_UNDEF, _SHN_COMMON) or kind in (_STT_SECTION, _STT_FILE, _STT_TLS):
            return None
        text = self._name(name)
        if text is None:
            return None
        return Symbol(text, value, size, section, section == _SHN_ABS)

    def _name(self, offset: int) -> Optional[str]:
        start, limit = self._strings
        start += offset
        for size in (_USUAL_NAME, _MAX_NAME):
            text, zero, _ = self._buffer[start : min(start + size, limit)].partition(b"\0")
            if zero:
                return text.decode("utf-8", "replace")
        return None

    def _load(self) -> array[int]:
        if self._names is None:
            start, end = self._symbols
            data = self._buffer[start:end]
            words = array("I", data[: len(data) // _SYMBOL.size * _SYMBOL.size])
            if sys.byteorder == "big":
                words.byteswap()
            self._names = words[::_WORDS]
            self._column = self._names.tobytes()
            start, end = self._strings
            self._text = self._buffer[start:end]
        return self._names


def _span(section: SectionHeader) -> tuple[int, int]:
    return section.offset, section.offset + min(section.size, _MAX_TABLE)


def _indices(column: bytes, offset: int) -> Iterator[int]:
    """Where `offset` stands among the 32-bit words of `column`."""
    word = offset.to_bytes(4, sys.byteorder)
    at = column.find(word)
    while at >= 0:
        if at % 4 == 0:
            yield at // 4
        at = column.find(word, at + 1)
