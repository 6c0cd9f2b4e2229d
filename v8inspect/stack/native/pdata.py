"""Unwinding of code of Windows on x64: by the function table (.pdata) of its image.

Source: "x64 exception handling" in Microsoft's documentation of the x64 ABI (RUNTIME_FUNCTION,
UNWIND_INFO, UNWIND_CODE). Everything in it is relative to the image; it is read from the target's
memory, so a dump that has no images (and no executable given) has none.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from struct import unpack
from typing import Callable, Dict, NamedTuple, Optional, Sequence

from v8inspect.stack.native.cursor import Malformed
from v8inspect.target import Module, Target

# By the numbers that unwind codes have for registers.
# fmt: off
_NAMES = (
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
    "r13", "r14", "r15",
)
# fmt: on
_PUSH, _ALLOC_LARGE, _ALLOC_SMALL, _SET_FRAME, _SAVE, _SAVE_FAR = 0, 1, 2, 3, 4, 5
_EPILOG, _SPARE, _SAVE_XMM, _SAVE_XMM_FAR, _MACHINE_FRAME = 6, 7, 8, 9, 10
_SLOTS = {_SAVE: 2, _SAVE_FAR: 3, _SPARE: 3, _SAVE_XMM: 2, _SAVE_XMM_FAR: 3}
_CHAINED = 4  # UNW_FLAG_CHAININFO
_MAX_CHAIN = 32
_ENTRY = 12  # bytes of a RUNTIME_FUNCTION
_MAX_TABLE = 64 << 20
_PE_OFFSET, _EXCEPTIONS = 0x3C, 24 + 112 + 8 * 3
_MASK = (1 << 64) - 1

Registers = Dict[str, int]


class _Function(NamedTuple):
    """A RUNTIME_FUNCTION, relative to the image."""

    begin: int
    end: int
    info: int


class _Table(NamedTuple):
    begins: Sequence[int]
    rows: array[int]


class FunctionTables:
    """The function tables of the images in a target, read when first needed."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._tables: Dict[int, Optional[_Table]] = {}

    def caller(self, registers: Registers, pc: int) -> Registers:
        """The registers of the function that called the one which `pc` is in (for a frame that
        called: an address in the call). `registers` have names; 'rip' is the return address after.

        Raises Malformed (no table, or it makes no sense) and MemoryUnreadable."""
        module = self._module(pc)
        table = None if module is None else self._table(module)
        if module is None or table is None:
            raise Malformed("the image of this code is not in the dump")
        state = dict(registers)
        function = _at(table, pc - module.start)
        if function is not None:
            for _ in range(_MAX_CHAIN):
                function = self._undo(module.start, function, pc, state)
                if function is None:
                    break
            else:
                raise Malformed("a chain of unwind information has no end")
        if "rip" not in state or state["rip"] == registers["rip"]:
            state["rip"] = self._word(state["rsp"])
            state["rsp"] = state["rsp"] + 8 & _MASK
        return state

    def _undo(
        self, base: int, function: _Function, pc: int, state: Registers
    ) -> Optional[_Function]:
        """Undoes what the prolog has done up to `pc`; the function that goes on with it, if any."""
        head = self._target.read(base + function.info, 4)
        flags, count = head[0] >> 3, head[2]
        if head[0] & 7 not in (1, 2):
            raise Malformed(f"unwind information of version {head[0] & 7}")
        codes = unpack(f"<{count}H", self._target.read(base + function.info + 4, 2 * count))
        done = pc - base - function.begin if base + function.begin <= pc else 0
        inside = function.begin <= pc - base < function.end
        frame, frame_offset = head[3] & 15, (head[3] >> 4) * 16
        uses_frame = frame != 0 and any(
            code >> 8 & 15 == _SET_FRAME and (not inside or code & 0xFF <= done) for code in codes
        )
        start = state[_NAMES[frame]] - frame_offset & _MASK if uses_frame else state["rsp"]
        at = 0
        while at < count:
            code = codes[at]
            operation, info = code >> 8 & 15, code >> 12
            slots = _SLOTS.get(operation, 1)
            if operation == _ALLOC_LARGE:
                slots = 3 if info else 2
            if at + slots > count:
                raise Malformed("unwind information is cut")
            if not inside or code & 0xFF <= done:
                self._apply(operation, info, codes[at + 1 : at + slots], start, state)
            at += slots
        if not flags & _CHAINED:
            return None
        behind = base + function.info + 4 + 2 * (count + (count & 1))
        return _Function(*unpack("<3I", self._target.read(behind, _ENTRY)))

    def _apply(
        self, operation: int, info: int, more: Sequence[int], start: int, state: Registers
    ) -> None:
        wide = more[0] | more[1] << 16 if len(more) == 2 else more[0] if more else 0
        if operation == _PUSH:
            state[_NAMES[info]] = self._word(state["rsp"])
            state["rsp"] = state["rsp"] + 8 & _MASK
        elif operation == _ALLOC_SMALL:
            state["rsp"] = state["rsp"] + 8 * info + 8 & _MASK
        elif operation == _ALLOC_LARGE:
            state["rsp"] = state["rsp"] + (wide if info else 8 * wide) & _MASK
        elif operation == _SET_FRAME:
            state["rsp"] = start
        elif operation in (_SAVE, _SAVE_FAR):
            offset = 8 * wide if operation == _SAVE else wide
            state[_NAMES[info]] = self._word(start + offset & _MASK)
        elif operation == _MACHINE_FRAME:
            at = state["rsp"] + (8 if info else 0)
            state["rip"], state["rsp"] = self._word(at), self._word(at + 24)

    def _module(self, pc: int) -> Optional[Module]:
        return next((m for m in self._target.modules() if m.start <= pc < m.end), None)

    def _table(self, module: Module) -> Optional[_Table]:
        if module.start not in self._tables:
            self._tables[module.start] = _read_table(self._target.read_partial, module.start)
        return self._tables[module.start]

    def _word(self, address: int) -> int:
        return int.from_bytes(self._target.read(address, 8), "little")


def _read_table(read: Callable[[int, int], bytes], base: int) -> Optional[_Table]:
    head = read(base, 0x1000)
    if head[:2] != b"MZ" or len(head) < _PE_OFFSET + 4:
        return None
    at = int.from_bytes(head[_PE_OFFSET : _PE_OFFSET + 4], "little") + _EXCEPTIONS
    if at + 8 > len(head):
        return None
    rva, size = unpack("<II", head[at : at + 8])
    data = read(base + rva, min(size, _MAX_TABLE)) if rva else b""
    words = array("I", data[: len(data) // _ENTRY * _ENTRY])
    if sys.byteorder == "big":
        words.byteswap()
    return _Table(words[0::3], words) if words else None


def _at(table: _Table, rva: int) -> Optional[_Function]:
    i = bisect_right(table.begins, rva) - 1
    if i < 0:
        return None
    function = _Function(*table.rows[3 * i : 3 * i + 3])
    return function if rva < function.end else None
