"""The call frame information of a target's modules: the rules at a program counter.

The linker sorts the functions of a module into a table (.eh_frame_hdr, PT_GNU_EH_FRAME). One
binary search, one FDE and one CIE are read for a frame, never the 5 MB that Node.js has. All of it
is read from the memory of the process: a file is not looked for.

Sources: LSB, "Exception Frames"; System V gABI for the headers.
"""

from __future__ import annotations

from bisect import bisect_right
from struct import Struct
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from v8inspect.errors import MemoryUnreadable
from v8inspect.stack.native.cfa import Cie, Row, parse_cie, run
from v8inspect.stack.native.cursor import DATA_RELATIVE, OMIT, Cursor, Malformed
from v8inspect.target import Target

_PT_LOAD, _PT_GNU_EH_FRAME = 1, 0x6474E550
_AT_SYSINFO_EHDR = 33  # where the kernel put the vdso
_MAX_VDSO = 1 << 16  # bytes
_MAX_HEADERS = 64  # program headers of a module
_MAX_ENTRY = 1 << 20  # bytes of a CIE or FDE
_MAX_FUNCTIONS = 1 << 24  # of a module

_HEADER = Struct("<4s28xQ14xHH")  # magic, e_phoff, e_phentsize, e_phnum
_PROGRAM_HEADER = Struct("<IIQQQQQQ")
_PAIR = Struct("<ii")
_I32_DATA_RELATIVE = DATA_RELATIVE | 0x0B


class Rules(NamedTuple):
    """How the caller of a frame is found."""

    row: Row
    return_column: int
    is_signal_frame: bool


class _Table(NamedTuple):
    """The search table of a module: `size` pairs (function, FDE) from `start` on, both relative
    to `base`."""

    base: int
    start: int
    size: int


class CallFrames:
    """Finds rules in all modules of `target`."""

    def __init__(self, target: Target) -> None:
        self._target = target
        ranges = {(m.start, m.end) for m in target.modules()}
        vdso = target.facts.auxv.get(_AT_SYSINFO_EHDR)
        if vdso:
            ranges.add((vdso, vdso + _MAX_VDSO))
        self._ranges: List[Tuple[int, int]] = sorted(ranges)
        self._starts: Sequence[int] = [start for start, _ in self._ranges]
        self._tables: Dict[int, Optional[_Table]] = {}
        self._cies: Dict[int, Cie] = {}
        self._rules: Dict[int, Optional[Rules]] = {}

    def rules(self, pc: int) -> Optional[Rules]:
        """The rules at `pc`; None where the compiler wrote none, or they can't be read."""
        if pc not in self._rules:
            try:
                self._rules[pc] = self._find(pc)
            except (MemoryUnreadable, Malformed):
                self._rules[pc] = None
        return self._rules[pc]

    def in_module(self, pc: int) -> bool:
        """Whether `pc` lies in an executable or library."""
        return self._module(pc) is not None

    def has_table(self, pc: int) -> bool:
        """Whether `pc` lies in a module whose rules can be read."""
        module = self._module(pc)
        return module is not None and self._table_of(module) is not None

    def _module(self, pc: int) -> Optional[int]:
        i = bisect_right(self._starts, pc) - 1
        return i if i >= 0 and pc < self._ranges[i][1] else None

    def _find(self, pc: int) -> Optional[Rules]:
        module = self._module(pc)
        if module is None:
            return None
        table = self._table_of(module)
        entry = table and self._entry(table, pc)
        return self._rules_of(entry, pc) if entry else None

    def _table_of(self, module: int) -> Optional[_Table]:
        if module not in self._tables:
            try:
                self._tables[module] = self._table(self._ranges[module][0])
            except (MemoryUnreadable, Malformed):
                self._tables[module] = None
        return self._tables[module]

    def _table(self, start: int) -> Optional[_Table]:
        """The table of the module whose ELF header is at `start`."""
        magic, offset, entry_size, count = _HEADER.unpack(self._read(start, _HEADER.size))
        if magic != b"\x7fELF" or entry_size != _PROGRAM_HEADER.size or count > _MAX_HEADERS:
            return None
        headers = list(
            _PROGRAM_HEADER.iter_unpack(self._read(start + offset, count * _PROGRAM_HEADER.size))
        )
        loads = [h for h in headers if h[0] == _PT_LOAD]
        found = next((h for h in headers if h[0] == _PT_GNU_EH_FRAME), None)
        if found is None or not loads:
            return None
        first = min(loads, key=lambda h: int(h[3]))
        # The ELF header is at offset 0 of the file.
        base = start - (first[3] - first[2]) + found[3]
        cursor = Cursor(self._read(base, 20), base)
        version, frames, counts, table = cursor.take(4)
        if version != 1 or table != _I32_DATA_RELATIVE or OMIT in (frames, counts):
            return None
        cursor.pointer(frames, base)
        functions = cursor.pointer(counts, base)
        return _Table(base, base + cursor.at, min(functions, _MAX_FUNCTIONS))

    def _entry(self, table: _Table, pc: int) -> Optional[int]:
        """The address of the FDE of the last function that starts at or before `pc`."""
        low, high = 0, table.size
        while low < high:
            middle = (low + high) // 2
            if table.base + self._pair(table, middle)[0] <= pc:
                low = middle + 1
            else:
                high = middle
        return table.base + self._pair(table, low - 1)[1] if low else None

    def _pair(self, table: _Table, index: int) -> Tuple[int, int]:
        pair: Tuple[int, int] = _PAIR.unpack(self._read(table.start + index * 8, 8))
        return pair

    def _rules_of(self, address: int, pc: int) -> Optional[Rules]:
        """The rules of the FDE at `address`, if it is one of `pc`."""
        body, at = self._content(address)
        pointer = int.from_bytes(body[:4], "little")
        cie = self._cie(at - pointer)
        cursor = Cursor(body, at, 4)
        start = cursor.pointer(cie.pointers)
        size = cursor.pointer(cie.pointers & 0x0F)
        if not start <= pc < start + size:
            return None
        if cie.has_augmentation:
            cursor.block()
        row = run(cie, cursor.take(cursor.end - cursor.at), start, pc)
        return Rules(row, cie.return_column, cie.is_signal_frame)

    def _cie(self, address: int) -> Cie:
        if address not in self._cies:
            body, at = self._content(address)
            if body[:4] != bytes(4):
                raise Malformed("an FDE does not refer to a CIE")
            self._cies[address] = parse_cie(body[4:], at + 4)
        return self._cies[address]

    def _content(self, address: int) -> Tuple[bytes, int]:
        """What follows the length of a CIE or FDE, and its address."""
        length = int.from_bytes(self._read(address, 4), "little")
        if not 4 < length <= _MAX_ENTRY:  # 0xffffffff: 64-bit DWARF, which .eh_frame never is
            raise Malformed("an entry has an impossible length")
        return self._read(address + 4, length), address + 4

    def _read(self, address: int, size: int) -> bytes:
        if address < 0:
            raise MemoryUnreadable(address, size)
        return self._target.read(address, size)
