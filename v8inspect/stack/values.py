"""The values of a frame: receiver, arguments, registers, context.

Interpreted and baseline frames have them in their slots. Of optimised code the caller's pushes are
there, and what the translation says of the rest. V8: frame-constants.h, TranslatedState in
src/deoptimizer/translated-state.cc; V8_FRAMES.md §3, §7.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, List, Optional, Sequence, Union

from v8inspect.errors import MemoryUnreadable
from v8inspect.objects.code import BytecodeArray
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.tagged import Damaged, Number, Smi, Value
from v8inspect.stack import slots
from v8inspect.stack.frame import Frame
from v8inspect.stack.optimized import OptimizedCode
from v8inspect.stack.translation import Slot, Translated

if TYPE_CHECKING:
    from v8inspect.session import Session

MAX_REGISTERS = 1 << 12


class OptimizedOut(Value):
    """A value that the compiler did not keep."""

    __slots__ = ()


class Boolean(Value):
    """A boolean that lies untagged in a slot."""

    __slots__ = ("value",)

    def __init__(self, value: bool) -> None:
        self.value = value


class Captured(Value):
    """An object that was never made, since it does not leave the function: `map` its Map,
    `fields` the rest of its words in order."""

    __slots__ = ("fields", "map")

    def __init__(self, map: Value, fields: Sequence[Value]) -> None:
        self.map = map
        self.fields = fields


@dataclass(frozen=True)
class FrameValues:
    """What a frame holds; `registers` in the interpreter's order, [] where unknown."""

    receiver: Optional[Value]
    arguments: Sequence[Value]
    context: Optional[Value]
    registers: Sequence[Value]


def values_of(session: Session, frame: Frame) -> FrameValues:
    """The values of `frame`. What can't be read is Damaged, what is not kept OptimizedOut."""
    reader = reader_of(session)
    translated = _Translation(reader, frame) if frame.translated is not None else None
    if frame.inlined:
        if translated is None:
            return FrameValues(None, (), None, ())
        return translated.values()
    receiver = None if frame.receiver is None else reader.value(frame.receiver)
    arguments: List[Value] = []
    if frame.arguments_at is not None:
        for index in range(frame.arguments_count):
            arguments.append(reader.value_in(frame.arguments_at + 8 * index))
    context: Optional[Value] = None
    registers: Sequence[Value] = ()
    if translated is not None:
        inner = translated.values()
        context, registers = inner.context, inner.registers
    elif frame.function is not None and frame.kind == "js":
        context = reader.value_in(frame.fp + slots.CONTEXT)
    if frame.tier in ("interpreted", "baseline") and frame.bytecode is not None:
        array = reader.value(frame.bytecode)
        if isinstance(array, BytecodeArray):
            first = frame.fp - session.layout.Frame.first_register
            count = min(max(array.register_count, 0), MAX_REGISTERS)
            registers = [reader.value_in(first - 8 * index) for index in range(count)]
    return FrameValues(receiver, arguments, context, registers)


def function_value(session: Session, frame: Frame) -> Optional[Value]:
    """The function of a frame of optimised code by its translation; None without one."""
    return _first_values(session, frame, 0)


def receiver_value(session: Session, frame: Frame) -> Optional[Value]:
    """The receiver likewise, of builtins too."""
    return _first_values(session, frame, 1)


def _first_values(session: Session, frame: Frame, number: int) -> Optional[Value]:
    if frame.translated is None or number >= len(frame.translated.slots):
        return None
    return _Translation(reader_of(session), frame).value(number)


class _Translation:
    """The values of one frame of optimised code."""

    def __init__(self, reader: Reader, frame: Frame) -> None:
        assert frame.translated is not None
        assert frame.code is not None
        self._reader = reader
        self._frame = frame
        self._translated: Translated = frame.translated
        self._code = OptimizedCode(reader, frame.code)

    def value(self, number: int) -> Value:
        """One value: 0 is the function, 1 the receiver."""
        return self._value(self._translated.slots[number])

    def values(self) -> FrameValues:
        """In V8's order: function, receiver, parameters, context, registers, accumulator."""
        found = [self._value(slot) for slot in self._translated.slots]
        count = self._parameters()
        if count is None or len(found) < count + 2:
            return FrameValues(None, (), None, ())
        parameters = found[1 : count + 1]
        registers = found[count + 2 :]
        if self._translated.is_interpreted and registers:
            registers = registers[:-1]  # the accumulator
        extra = self._extra()
        arguments = extra if extra is not None else parameters[1:]
        return FrameValues(
            parameters[0] if parameters else None, arguments, found[count + 1], registers
        )

    def _parameters(self) -> Optional[int]:
        """How many parameters it declares, receiver included."""
        if self._frame.bytecode is not None:
            array = self._reader.value(self._frame.bytecode)
            if isinstance(array, BytecodeArray):
                return array.parameter_count
        if self._frame.shared is not None:
            count = self._frame.shared.parameter_count
            return None if count is None else count + 1
        return None

    def _extra(self) -> Optional[List[Value]]:
        """The actual arguments of a call that had more or fewer than declared."""
        extra = self._frame.actual
        if extra is None:
            return None
        return [self._value(slot) for slot in extra.slots[2:]]

    def _value(self, slot: Slot) -> Value:
        op = slot.op
        if op == "LITERAL":
            return self._code.literal(slot.operand)
        if op.endswith("STACK_SLOT"):
            # V8: OptimizedJSFrame::StackSlotOffsetRelativeToFp.
            at = self._frame.fp + slots.CALLER_SP - 8 * (slot.operand + 1)
            return self._unboxed(op, at)
        if op == "CAPTURED_OBJECT" and slot.parts:
            parts = [self._value(part) for part in slot.parts]
            return Captured(parts[0], parts[1:])
        return OptimizedOut()

    def _unboxed(self, op: str, at: int) -> Value:
        try:
            if op == "STACK_SLOT":
                return self._reader.value_in(at)
            word = self._reader.memory.u64(at)
        except MemoryUnreadable:
            return Damaged(at, "not in the dump")
        data = struct.pack("<Q", word)
        number: Union[int, float]
        if op == "INT32_STACK_SLOT":
            return Smi(struct.unpack_from("<i", data)[0])
        if op == "UINT32_STACK_SLOT":
            number = word & 0xFFFF_FFFF
        elif op in ("DOUBLE_STACK_SLOT", "HOLEY_DOUBLE_STACK_SLOT"):
            number = struct.unpack("<d", data)[0]
        elif op == "FLOAT_STACK_SLOT":
            number = struct.unpack_from("<f", data)[0]
        elif op == "INT64_STACK_SLOT":
            number = struct.unpack("<q", data)[0]
        elif op == "BOOL_STACK_SLOT":
            return Boolean(bool(word & 0xFF))
        else:
            return OptimizedOut()
        return Number(number)
