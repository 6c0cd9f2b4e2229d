"""Symbol tables, scanned directly in the mapped file.

A symbol is found by the offset of its name: `bytes.find` over the strings, then one pass over the
name column of the table. 0.03 s for the 90,000 dynamic symbols of Node.js; decoding every symbol
first takes 1 to 3 s.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from struct import Struct
from typing import Iterator, NamedTuple, Optional

from v8inspect.target import Buffer
from v8inspect.targets.elf.structs import SectionHeader

_SYMBOL = Struct("<IBBHQQ")
_WORDS = _SYMBOL.size // 4
_SYMBOL_INFO = 4  # offset of st_info
_FUNCTIONS = (2, 10)  # STT_FUNC, STT_GNU_IFUNC
_ALIASES = 16  # functions before an address that are looked at for one that covers it
_STT_SECTION, _STT_FILE, _STT_TLS = 3, 4, 6
_SHN_UNDEF, _SHN_ABS, _SHN_COMMON = 0, 0xFFF1, 0xFFF2
_FEW = 16  # names for which bytes.find is faster than a loop over all symbols
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

    __slots__ = ("_buffer", "_column", "_functions", "_names", "_strings", "_symbols", "_text")

    def __init__(self, buffer: Buffer, symbols: SectionHeader, strings: SectionHeader) -> None:
        self._buffer = buffer
        self._symbols = _span(symbols)
        self._strings = _span(strings)
        self._names: Optional[array[int]] = None
        self._column = b""
        self._text = b""
        self._functions: Optional[tuple[array[int], array[int]]] = None

    def named(self, name: str) -> Optional[Symbol]:
        """The defined symbol of that name."""
        key = name.encode("utf-8", "replace") + b"\0"
        return next((s for s in self._at_offsets(key) if s.name == name), None)

    def starting(self, prefix: str) -> Iterator[Symbol]:
        """The defined symbols whose name starts with `prefix`, in the order of the table."""
        return self._at_offsets(prefix.encode("utf-8", "replace"))

    def covering(self, address: int) -> Optional[Symbol]:
        """The function that holds the linked `address`. The first call sorts all functions."""
        if self._functions is None:
            self._functions = self._sorted_functions()
        starts, indices = self._functions
        last = bisect_right(starts, address)
        for i in range(last - 1, max(-1, last - 1 - _ALIASES), -1):
            symbol = self._symbol(indices[i])
            if symbol is not None and address < symbol.value + symbol.size:
                return symbol
        return None

    def _sorted_functions(self) -> tuple[array[int], array[int]]:
        """(addresses, indices) of the functions that have a size."""
        start, end = self._symbols
        data = self._buffer[start:end]
        kinds = data[_SYMBOL_INFO :: _SYMBOL.size]
        words = array("Q", data[: len(data) // _SYMBOL.size * _SYMBOL.size])
        if sys.byteorder == "big":
            words.byteswap()
        values, sizes = words[1::3], words[2::3]
        chosen = [
            i for i, kind in enumerate(kinds[: len(values)]) if kind & 15 in _FUNCTIONS and sizes[i]
        ]
        chosen.sort(key=values.__getitem__)
        return array("Q", map(values.__getitem__, chosen)), array("I", chosen)

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
        self._load()
        at = self._symbols[0] + index * _SYMBOL.size
        name, info, _, section, value, size = _SYMBOL.unpack(self._buffer[at : at + _SYMBOL.size])
        kind = info & 15
        if section in (_SHN_UNDEF, _SHN_COMMON) or kind in (_STT_SECTION, _STT_FILE, _STT_TLS):
            return None
        end = self._text.find(b"\0", name, name + _MAX_NAME)
        if end < 0:
            return None
        text = self._text[name:end].decode("utf-8", "replace")
        return Symbol(text, value, size, section, section == _SHN_ABS)

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
