"""DWARF expressions, as far as unwinding needs them: linkers write some for procedure linkage
tables, the C library for signal frames.

Source: DWARF 5, 2.5 and 7.7.1.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Sequence

from v8inspect.stack.native.cursor import MASK, Cursor, Malformed
from v8inspect.stack.native.machine import Registers

Word = Callable[[int], int]
"""The 64-bit word at an address; raises MemoryUnreadable."""

_MAX_STEPS = 1024  # operations executed: an expression may loop
_MAX_STACK = 64

_SIGN = 1 << 63


def _signed(value: int) -> int:
    return value - (1 << 64) if value & _SIGN else value


_BINARY: Dict[int, Callable[[int, int], int]] = {
    0x1A: lambda a, b: a & b,
    0x1C: lambda a, b: a - b,
    0x1E: lambda a, b: a * b,
    0x21: lambda a, b: a | b,
    0x22: lambda a, b: a + b,
    0x24: lambda a, b: a << b if b < 64 else 0,
    0x25: lambda a, b: a >> b if b < 64 else 0,
    0x26: lambda a, b: _signed(a) >> min(b, 63),
    0x27: lambda a, b: a ^ b,
    0x29: lambda a, b: int(a == b),
    0x2A: lambda a, b: int(_signed(a) >= _signed(b)),
    0x2B: lambda a, b: int(_signed(a) > _signed(b)),
    0x2C: lambda a, b: int(_signed(a) <= _signed(b)),
    0x2D: lambda a, b: int(_signed(a) < _signed(b)),
    0x2E: lambda a, b: int(a != b),
}
# DW_OP_const1u … const8s: (bytes, signed)
_CONSTANTS = {0x08 + 2 * i + s: (1 << i, bool(s)) for i in range(4) for s in (0, 1)}


def evaluate(code: bytes, registers: Registers, word: Word, initial: Sequence[int] = ()) -> int:
    """The value of `code`, started with `initial` on its stack.

    Raises Malformed for what is not known here, MemoryUnreadable, and KeyError for a register that
    has no value in this frame.
    """
    cursor = Cursor(code)
    stack = list(initial)
    for _ in range(_MAX_STEPS):
        if cursor.at >= cursor.end:
            break
        try:
            _execute(cursor, stack, registers, word)
        except IndexError:
            raise Malformed("an expression takes more than there is") from None
        if len(stack) > _MAX_STACK or not 0 <= cursor.at <= cursor.end:
            raise Malformed("an expression leaves its bounds")
    else:
        raise Malformed("an expression does not end")
    if not stack:
        raise Malformed("an expression has no value")
    return stack[-1]


def _execute(cursor: Cursor, stack: List[int], registers: Registers, word: Word) -> None:
    op = cursor.unsigned(1)
    if 0x30 <= op <= 0x4F:  # DW_OP_lit0 … lit31
        stack.append(op - 0x30)
    elif 0x70 <= op <= 0x8F:  # DW_OP_breg0 … breg31
        stack.append(registers[op - 0x70] + cursor.sleb() & MASK)
    elif op in _BINARY:
        second, first = stack.pop(), stack.pop()
        stack.append(_BINARY[op](first, second) & MASK)
    elif op in _CONSTANTS:
        size, signed = _CONSTANTS[op]
        stack.append((cursor.signed(size) if signed else cursor.unsigned(size)) & MASK)
    elif op == 0x03:  # DW_OP_addr
        stack.append(cursor.unsigned(8))
    elif op == 0x06:  # DW_OP_deref
        stack.append(word(stack.pop()))
    elif op == 0x10:  # DW_OP_constu
        stack.append(cursor.uleb())
    elif op == 0x11:  # DW_OP_consts
        stack.append(cursor.sleb() & MASK)
    elif op == 0x12:  # DW_OP_dup
        stack.append(stack[-1])
    elif op == 0x13:  # DW_OP_drop
        stack.pop()
    elif op == 0x14:  # DW_OP_over
        stack.append(stack[-2])
    elif op == 0x15:  # DW_OP_pick
        stack.append(stack[-1 - cursor.unsigned(1)])
    elif op == 0x16:  # DW_OP_swap
        stack[-1], stack[-2] = stack[-2], stack[-1]
    elif op == 0x1F:  # DW_OP_neg
        stack.append(-stack.pop() & MASK)
    elif op == 0x20:  # DW_OP_not
        stack.append(~stack.pop() & MASK)
    elif op == 0x23:  # DW_OP_plus_uconst
        stack.append(stack.pop() + cursor.uleb() & MASK)
    elif op == 0x28:  # DW_OP_bra
        distance = cursor.signed(2)
        cursor.at += distance if stack.pop() else 0
    elif op == 0x2F:  # DW_OP_skip
        distance = cursor.signed(2)
        cursor.at += distance
    elif op == 0x92:  # DW_OP_bregx
        register = cursor.uleb()
        stack.append(registers[register] + cursor.sleb() & MASK)
    elif op == 0x94:  # DW_OP_deref_size
        size = cursor.unsigned(1)
        stack.append(word(stack.pop()) & (1 << 8 * min(size, 8)) - 1)
    elif op != 0x96:  # DW_OP_nop
        raise Malformed(f"an expression has the operation {op:#x}")
