"""Call frame programs: from the bytes of a CIE and an FDE to the rules at one address.

Source: DWARF 5, 6.4; LSB for the augmentations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Tuple, Union

from v8inspect.stack.native.cursor import OMIT, Cursor, Malformed

UNDEFINED, SAME, OFFSET, VALUE_OFFSET, REGISTER, EXPRESSION, VALUE_EXPRESSION = range(7)

Rule = Tuple[int, Union[int, bytes]]
"""What became of a register: one of the kinds above with its offset, number or expression."""

_MAX_REMEMBERED = 64  # DW_CFA_remember_state without restore_state
_MAX_REGISTER = 1 << 12


@dataclass(frozen=True)
class Cie:
    """What several functions share. `initial` is a program."""

    code_factor: int
    data_factor: int
    return_column: int
    pointers: int  # encoding of the addresses in an FDE
    has_augmentation: bool
    is_signal_frame: bool
    initial: bytes


@dataclass
class Row:
    """Where the caller's registers are. The CFA, the caller's stack pointer, is register +
    offset, or an expression."""

    register: Optional[int] = None
    offset: int = 0
    expression: Optional[bytes] = None
    rules: Dict[int, Rule] = field(default_factory=dict)

    def copy(self) -> Row:
        """An independent one."""
        return Row(self.register, self.offset, self.expression, dict(self.rules))


def parse_cie(data: bytes, address: int) -> Cie:
    """The CIE whose content, behind its id, is `data` at `address`; raises Malformed."""
    cursor = Cursor(data, address)
    version = cursor.unsigned(1)
    if version not in (1, 3, 4):
        raise Malformed(f"a CIE has version {version}")
    augmentation = cursor.text()
    if version == 4 and cursor.unsigned(2) != 8:  # bytes of an address and of a selector
        raise Malformed("a CIE is of another machine")
    code_factor = cursor.uleb()
    data_factor = cursor.sleb()
    return_column = cursor.unsigned(1) if version == 1 else cursor.uleb()
    pointers = 0
    end = 0
    if augmentation and not augmentation.startswith(b"z"):
        raise Malformed("a CIE has an unknown augmentation")
    for letter in augmentation:
        if letter == ord("z"):
            length = cursor.uleb()
            end = cursor.at + length
        elif letter == ord("R"):
            pointers = cursor.unsigned(1)
        elif letter == ord("P"):
            encoding = cursor.unsigned(1)
            if encoding != OMIT:
                cursor.pointer(encoding)
        elif letter == ord("L"):
            cursor.unsigned(1)
        elif letter not in b"SB":
            break  # its data ends where `z` says
    if end:
        cursor.at = end
    initial = cursor.take(cursor.end - cursor.at)
    return Cie(
        code_factor,
        data_factor,
        return_column,
        pointers,
        augmentation.startswith(b"z"),
        b"S" in augmentation,
        initial,
    )


def run(cie: Cie, program: bytes, start: int, pc: int) -> Row:
    """The rules at `pc` of the function at `start`; raises Malformed."""
    first = Row()
    _execute(cie, Cursor(cie.initial), first, first, start, None)
    row = first.copy()
    _execute(cie, Cursor(program), row, first, start, pc)
    return row


def _execute(
    cie: Cie, cursor: Cursor, row: Row, first: Row, location: int, pc: Optional[int]
) -> None:
    """Changes `row` by the operations up to `pc`. Each takes a byte at least, so this ends."""
    remembered: List[Row] = []
    while cursor.at < cursor.end:
        op = cursor.unsigned(1)
        low = op & 0x3F
        high = op & 0xC0
        if high == 0x40:  # DW_CFA_advance_loc
            location += low * cie.code_factor
        elif high == 0x80:  # DW_CFA_offset
            row.rules[low] = (OFFSET, cursor.uleb() * cie.data_factor)
        elif high == 0xC0:  # DW_CFA_restore
            _restore(row, first, low)
        elif 0x02 <= op <= 0x04:  # DW_CFA_advance_loc1, 2, 4
            location += cursor.unsigned(1 << op - 2) * cie.code_factor
        elif op == 0x0A:  # DW_CFA_remember_state
            if len(remembered) == _MAX_REMEMBERED:
                raise Malformed("states are remembered without end")
            remembered.append(row.copy())
        elif op == 0x0B:  # DW_CFA_restore_state
            if not remembered:
                raise Malformed("a state is restored that was not remembered")
            last = remembered.pop()
            row.register, row.offset, row.expression = last.register, last.offset, last.expression
            row.rules = last.rules
        elif op in _CFA:
            _CFA[op](cie, cursor, row)
        elif op in _RULES:
            register = _register(cursor)
            row.rules[register] = _RULES[op](cie, cursor)
        elif op == 0x06:  # DW_CFA_restore_extended
            _restore(row, first, _register(cursor))
        elif op == 0x2E:  # DW_CFA_GNU_args_size
            cursor.uleb()
        elif op not in (0x00, 0x2D):  # nop; negate_ra_state: signatures are masked out anyhow
            raise Malformed(f"a call frame program has the operation {op:#x}")
        if pc is not None and location > pc:
            return


def _register(cursor: Cursor) -> int:
    number = cursor.uleb()
    if number >= _MAX_REGISTER:
        raise Malformed("a register has an impossible number")
    return number


def _restore(row: Row, first: Row, register: int) -> None:
    if register in first.rules:
        row.rules[register] = first.rules[register]
    else:
        row.rules.pop(register, None)


def _define(cie: Cie, cursor: Cursor, row: Row) -> None:
    row.register, row.offset, row.expression = _register(cursor), cursor.uleb(), None


def _define_factored(cie: Cie, cursor: Cursor, row: Row) -> None:
    row.register, row.offset = _register(cursor), cursor.sleb() * cie.data_factor
    row.expression = None


def _define_register(cie: Cie, cursor: Cursor, row: Row) -> None:
    row.register, row.expression = _register(cursor), None


def _define_offset(cie: Cie, cursor: Cursor, row: Row) -> None:
    row.offset = cursor.uleb()


def _define_offset_factored(cie: Cie, cursor: Cursor, row: Row) -> None:
    row.offset = cursor.sleb() * cie.data_factor


def _define_expression(cie: Cie, cursor: Cursor, row: Row) -> None:
    row.expression = cursor.block()


_CFA = {
    0x0C: _define,
    0x0D: _define_register,
    0x0E: _define_offset,
    0x0F: _define_expression,
    0x12: _define_factored,
    0x13: _define_offset_factored,
}
_RULES: Dict[int, Callable[[Cie, Cursor], Rule]] = {
    0x05: lambda cie, cursor: (OFFSET, cursor.uleb() * cie.data_factor),
    0x07: lambda cie, cursor: (UNDEFINED, 0),
    0x08: lambda cie, cursor: (SAME, 0),
    0x09: lambda cie, cursor: (REGISTER, _register(cursor)),
    0x10: lambda cie, cursor: (EXPRESSION, cursor.block()),
    0x11: lambda cie, cursor: (OFFSET, cursor.sleb() * cie.data_factor),
    0x14: lambda cie, cursor: (VALUE_OFFSET, cursor.uleb() * cie.data_factor),
    0x15: lambda cie, cursor: (VALUE_OFFSET, cursor.sleb() * cie.data_factor),
    0x16: lambda cie, cursor: (VALUE_EXPRESSION, cursor.block()),
    0x2F: lambda cie, cursor: (OFFSET, -cursor.uleb() * cie.data_factor),
}
