"""From one frame to its caller: by call frame information where the compiler wrote some, else by
the frame pointer.

Knows no V8, but it is told which code has its own kind of frames (V8 keeps a frame pointer in all
of them), and which frames keep the registers that the code above had saved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Iterator, Mapping, Optional

from v8inspect.errors import MemoryUnreadable
from v8inspect.limits import MAX_NATIVE_FRAMES
from v8inspect.stack.native.cfa import (
    OFFSET,
    REGISTER,
    SAME,
    UNDEFINED,
    VALUE_EXPRESSION,
    VALUE_OFFSET,
    Row,
)
from v8inspect.stack.native.cursor import MASK, Malformed
from v8inspect.stack.native.eh_frame import CallFrames, Rules
from v8inspect.stack.native.expressions import evaluate
from v8inspect.stack.native.machine import MACHINES, Machine, Registers
from v8inspect.stack.native.pdata import FunctionTables
from v8inspect.target import Target

SavedOf = Callable[[int], Optional[Mapping[str, int]]]
"""The registers by name that the frame with this frame pointer restores for its caller, beyond pc,
fp and sp; None for a frame that keeps none."""

REGISTERS, RULES, FRAME_POINTER, RETURN_ADDRESS = "registers", "cfi", "frame pointer", "call"

_MAX_FRAME = 1 << 26  # bytes between the stack pointer and a frame pointer
_WORD = 8
_NOTHING = 1 << 16  # bytes at address 0 where no system has code


@dataclass(frozen=True)
class NativeFrame:
    """A frame. `pc` is the next instruction to run in it, `sp` the stack pointer there; `fp` is
    what the frame pointer register holds, None where that is not known.

    `how` it was found: REGISTERS (of the thread), RULES or FRAME_POINTER of the frame that it
    called, or RETURN_ADDRESS alone. `returns`: `pc` is behind a call, so that the function and line
    are those of `pc - 1`. `problem`: why its caller can't be found; None on the last frame means
    that the stack ends here."""

    pc: int
    sp: int
    fp: Optional[int]
    how: str
    returns: bool = True
    problem: Optional[str] = None

    @property
    def lookup(self) -> int:
        """An address in the instruction that the frame is in."""
        return self.pc - 1 if self.returns else self.pc


def unwind(
    target: Target,
    registers: Mapping[str, int],
    saved_of: SavedOf = lambda fp: None,
    limit: int = MAX_NATIVE_FRAMES,
    is_v8_code: Callable[[int], bool] = lambda pc: False,
    call_frames: Optional[CallFrames] = None,
    returns: bool = False,
) -> Iterator[NativeFrame]:
    """The frames of a thread with these registers (pc, sp, fp under the names that the
    architecture gives them), innermost first, at most `limit`. Never raises for what it finds.

    `is_v8_code` says where frame pointers are to be followed, whatever modules say. `call_frames`
    saves work when several stacks of one target are walked. `returns`: the first pc is a return
    address, as in the middle of a stack."""
    machine = MACHINES[target.arch]
    walk = _Walk(target, machine, saved_of, is_v8_code, call_frames or CallFrames(target))
    state = machine.numbered(registers)
    if machine.pc not in state or machine.sp not in state:
        return
    how, exact, low_sp = REGISTERS, not returns, False
    for count in range(1, limit + 1):
        here = state
        problem = None
        try:
            step = walk.caller(here, exact, low_sp)
            if step is not None and not _advances(machine, here, step, exact):
                step, problem = None, "the stack does not lead on: it goes in circles"
        except MemoryUnreadable as error:
            step, problem = None, f"no memory at {error.missing:#x}"
        except (Malformed, KeyError, OverflowError) as error:
            reason = str(error) if isinstance(error, Malformed) else "a register is not known"
            step, problem = None, f"the caller can't be found: {reason}"
        if step is not None and count == limit:
            problem = f"only {limit} frames are followed"
        yield NativeFrame(
            here[machine.pc],
            here[machine.sp],
            here.get(machine.fp),
            how,
            returns=not exact,
            problem=problem,
        )
        if step is None:
            return
        state, how, exact, low_sp = step.registers, step.how, step.exact, step.low_sp


@dataclass(frozen=True)
class _Step:
    """The caller's registers. `exact`: it was interrupted at its pc, and has not called.
    `low_sp`: the stack pointer is that or higher."""

    registers: Registers
    how: str
    exact: bool = False
    low_sp: bool = False


def _advances(machine: Machine, here: Registers, step: _Step, first: bool) -> bool:
    """Stacks grow down. A leaf function may have put nothing there, and a signal handler may have
    a stack of its own."""
    before, after = here[machine.sp], step.registers[machine.sp]
    if step.exact:
        return step.registers[machine.pc] != here[machine.pc] or before != after
    if first and before == after:
        return step.registers[machine.pc] != here[machine.pc]
    return after > before


class _Walk:
    def __init__(
        self,
        target: Target,
        machine: Machine,
        saved_of: SavedOf,
        is_v8_code: Callable[[int], bool],
        call_frames: CallFrames,
    ) -> None:
        self._target = target
        self._machine = machine
        self._saved_of = saved_of
        self._is_v8_code = is_v8_code
        self._call_frames = call_frames
        self._tables: Optional[FunctionTables] = None
        self._pointer_mask = MASK & ~(target.facts.pac_mask or machine.signature)

    def caller(self, here: Registers, exact: bool, low_sp: bool) -> Optional[_Step]:
        """The frame that called this one; None at the end of the stack. Raises MemoryUnreadable,
        Malformed, KeyError."""
        pc = here[self._machine.pc]
        lookup = pc if exact else pc - 1
        if self._is_v8_code(lookup):
            return self._by_frame_pointer(here)
        rules = self._call_frames.rules(lookup)
        if rules is None and not exact:
            # Signal trampolines are entered without a call, at their first instruction.
            rules = self._call_frames.rules(pc)
            if rules is not None and not rules.is_signal_frame:
                rules = None
        if rules is not None and not (low_sp and rules.row.register == self._machine.sp):
            return self._by_rules(here, rules)
        if exact and not self._is_code(pc):
            return self._by_return_address(here)
        if self._target.facts.platform == "windows" and self._machine.link < 0:
            # There rbp is a register like others.
            return self._by_function_table(here, lookup)
        # Compilers for AArch64 put the frame pointer at the low end of a frame, V8 at its high end.
        low_sp = low_sp or not self._call_frames.has_table(lookup)
        return self._by_frame_pointer(here, low_sp and self._machine.link >= 0)

    def _by_rules(self, here: Registers, rules: Rules) -> Optional[_Step]:
        row = rules.row
        cfa = self._cfa(here, row)
        state = dict(here)
        # The C library and the kernel end stacks with a return address that is undefined.
        if row.rules.get(rules.return_column, (SAME, 0))[0] == UNDEFINED:
            return None
        for register, (kind, value) in row.rules.items():
            if kind == UNDEFINED:
                state.pop(register, None)
            elif isinstance(value, bytes):
                found = evaluate(value, here, self._word, (cfa,))
                state[register] = found if kind == VALUE_EXPRESSION else self._word(found)
            elif kind == OFFSET:
                state[register] = self._word(cfa + value & MASK)
            elif kind == VALUE_OFFSET:
                state[register] = cfa + value & MASK
            elif kind == REGISTER:
                state[register] = here[value]
        if self._machine.sp not in row.rules:
            state[self._machine.sp] = cfa
        return self._step(state, state[rules.return_column], RULES, rules.is_signal_frame)

    def _by_function_table(self, here: Registers, lookup: int) -> Optional[_Step]:
        if self._tables is None:
            self._tables = FunctionTables(self._target)
        machine = self._machine
        named = {machine.names[number]: value for number, value in here.items()}
        found = self._tables.caller(named, lookup)
        pc = found.pop(machine.names[machine.pc])
        return self._step(machine.numbered(found), pc, RULES)

    def _by_frame_pointer(self, here: Registers, low_sp: bool = False) -> Optional[_Step]:
        machine = self._machine
        fp, sp = here[machine.fp], here[machine.sp]
        if fp == 0:
            return None
        if fp % _WORD or not sp - 2 * _WORD <= fp < sp + _MAX_FRAME:
            raise Malformed(f"the frame pointer is {fp:#x}")
        state = dict(here)
        state[machine.fp] = self._word(fp)
        state[machine.sp] = fp + 2 * _WORD
        saved = {machine.number(n): value for n, value in (self._saved_of(fp) or {}).items()}
        state.update(saved)
        step = self._step(state, self._word(fp + _WORD), FRAME_POINTER)
        return step and replace(step, low_sp=low_sp and machine.sp not in saved)

    def _by_return_address(self, here: Registers) -> Optional[_Step]:
        """A call went to where no code is: all that it did was to keep the return address."""
        machine = self._machine
        state = dict(here)
        if machine.link >= 0:
            return self._step(state, here[machine.link], RETURN_ADDRESS)
        state[machine.sp] = here[machine.sp] + _WORD
        return self._step(state, self._word(here[machine.sp]), RETURN_ADDRESS)

    def _step(self, state: Registers, pc: int, how: str, exact: bool = False) -> Optional[_Step]:
        pc &= self._pointer_mask
        if pc == 0:
            return None
        state[self._machine.pc] = pc
        if self._machine.link >= 0 and not exact:
            # The caller's own return address is on the stack by now: what calls is no leaf.
            state.pop(self._machine.link, None)
        return _Step(state, how, exact)

    def _cfa(self, here: Registers, row: Row) -> int:
        if row.expression is not None:
            return evaluate(row.expression, here, self._word)
        if row.register is None:
            raise Malformed("there is no rule for the stack pointer")
        return here[row.register] + row.offset & MASK

    def _is_code(self, pc: int) -> bool:
        if self._target.facts.platform == "darwin":
            return pc >= _NOTHING  # its cores leave code out, as pages that nobody has changed
        if self._call_frames.in_module(pc):
            return True
        return any(r.executable and 0 <= pc - r.start < r.size for r in self._target.regions())

    def _word(self, address: int) -> int:
        return int.from_bytes(self._target.read(address, _WORD), "little")
