"""LC_SYMTAB: symbols by name, by prefix and by address, without their leading underscore.

A name is found by `bytes.find` over the strings, then in the column of string offsets: decoding
each of Node.js' 600,000 symbols takes a second, this some hundredths.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from struct import Struct
from typing import Callable, Iterator, NamedTuple, Optional

from v8inspect.targets.macho.structs import Symtab

_SYMBOL = Struct("<IBBHQ")
# Bytes that are looked at; node has 10 MB of symbols and 14 MB of strings.
_MAX_SYMBOLS, _MAX_STRINGS = 64 << 20, 256 << 20
_MAX_NAME = 1 << 16  # bytes
_FEW = 16  # names for which bytes.find is faster than a loop over all symbols
_N_STAB, _N_TYPE, _N_SECT = 0xE0, 0x0E, 0x0E
_TEXT_SECTION = 1  # __text is the first section of every image


class Symbol(NamedTuple):
    """`value` is the address as linked; `section` counts from 1, 0 is none."""

    name: str
    value: int
    section: int


class SymbolTable:
    """The symbols of one image that are defined in a section."""

    __slots__ = ("_column", "_functions", "_names", "_read", "_symbols", "_symtab", "_text")

    def __init__(self, read: Callable[[int, int], bytes], symtab: Optional[Symtab]) -> None:
        """`read` takes offsets in the file of the image."""
        self._read = read
        self._symtab = symtab
        self._symbols: Optional[bytes] = None
        self._names: array[int] = array("I")
        self._column = b""
        self._text = b""
        self._functions: Optional[tuple[array[int], array[int]]] = None

    def named(self, name: str) -> Optional[Symbol]:
        """The symbol of that name."""
        key = b"_" + name.encode("utf-8", "replace") + b"\0"
        return next((s for s in self._at_offsets(key) if s.name == name), None)

    def starting(self, prefix: str) -> Iterator[Symbol]:
        """The symbols whose name starts with `prefix`."""
        return self._at_offsets(b"_" + prefix.encode("utf-8", "replace"))

    def covering(self, address: int) -> Optional[Symbol]:
        """The function that holds a linked address: the last that begins at or before it. Symbols
        have no size here, so what is behind the last function is the caller's to tell."""
        if self._functions is None:
            self._functions = self._sorted()
        starts, indices = self._functions
        at = bisect_right(starts, address) - 1
        return self._symbol(indices[at]) if at >= 0 else None

    def _sorted(self) -> tuple[array[int], array[int]]:
        symbols = self._load()
        values = _words("Q", symbols)[1::2]
        kinds, sections = symbols[4 :: _SYMBOL.size], symbols[5 :: _SYMBOL.size]
        # In reverse, so that of several names for one address the first of the table is found.
        found = sorted(
            (value, -i)
            for i, (value, kind, section) in enumerate(zip(values, kinds, sections))
            if section == _TEXT_SECTION and kind & _N_TYPE == _N_SECT and not kind & _N_STAB
        )
        return array("Q", [value for value, _ in found]), array("Q", [-i for _, i in found])

    def _at_offsets(self, text: bytes) -> Iterator[Symbol]:
        self._load()
        wanted = set()
        at = self._text.find(b"\0" + text)
        while at >= 0:
            wanted.add(at + 1)
            at = self._text.find(b"\0" + text, at + 1)
        if len(wanted) <= _FEW:
            hits = sorted(i for offset in wanted for i in self._indices(offset))
        else:
            hits = [i for i, offset in enumerate(self._names) if offset in wanted]
        for i in hits:
            symbol = self._symbol(i)
            if symbol is not None:
                yield symbol

    def _indices(self, offset: int) -> Iterator[int]:
        """Which symbols have their name at an offset of the strings."""
        word = offset.to_bytes(4, sys.byteorder)
        at = self._column.find(word)
        while at >= 0:
            if at % 4 == 0:
                yield at // 4
            at = self._column.find(word, at + 1)

    def _symbol(self, index: int) -> Optional[Symbol]:
        name, kind, section, _, value = _SYMBOL.unpack_from(self._load(), index * _SYMBOL.size)
        if kind & _N_STAB or kind & _N_TYPE != _N_SECT:
            return None
        end = self._text.find(b"\0", name, name + _MAX_NAME)
        if end < 0:
            return None
        text = self._text[name:end].decode("utf-8", "replace")
        return Symbol(text[1:] if text.startswith("_") else text, value, section)

    def _load(self) -> bytes:
        if self._symbols is None:
            table = self._symtab
            symbols = b""
            if table is not None:
                size = min(table.symbol_count * _SYMBOL.size, _MAX_SYMBOLS)
                symbols = self._read(table.symbols, size)
                self._text = self._read(table.strings, min(table.strings_size, _MAX_STRINGS))
            self._symbols = symbols[: len(symbols) // _SYMBOL.size * _SYMBOL.size]
            self._names = _words("I", self._symbols)[:: _SYMBOL.size // 4]
            self._column = self._names.tobytes()
        return self._symbols


def _words(code: str, data: bytes) -> array[int]:
    words = array(code)
    words.frombytes(data)
    if sys.byteorder == "big":
        words.byteswap()
    return words
