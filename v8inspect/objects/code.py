"""BytecodeArray, Code and what leads to them: headers only.

V8: src/objects/bytecode-array.h, code.h, shared-function-info.tq; V8_FRAMES.md §4. What is in
the instructions is the business of `stack`.
"""

from __future__ import annotations

from typing import Optional

from v8inspect.objects.fields import Raw, SmiField, Tagged
from v8inspect.objects.functions import SharedFunctionInfo
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.tagged import Value


class BytecodeArray(HeapObject):
    """The bytecode of a function; `length` in bytes."""

    __slots__ = ()

    length = SmiField("FixedArray.length")
    source_position_table = Tagged("BytecodeArray.source_position_table")
    handler_table = Tagged("BytecodeArray.handler_table")
    constant_pool = Tagged("BytecodeArray.constant_pool")
    frame_size = Raw("BytecodeArray.frame_size", "i")
    raw_parameter_count = Raw("BytecodeArray.parameter_count", "H")

    @property
    def register_count(self) -> int:
        """How many interpreter registers a frame has."""
        return self.frame_size // 8

    @property
    def parameter_count(self) -> int:
        """How many parameters it declares, receiver included."""
        count = self.raw_parameter_count
        return count // 8 if self.layout.BytecodeArray.parameter_count_is_bytes else count


class Code(HeapObject):
    """Machine code, or its header where V8 splits them."""

    __slots__ = ()


class InterpreterData(HeapObject):
    """A BytecodeArray with an entry trampoline of its own (profiling flags)."""

    __slots__ = ()


def bytecode_of(shared: SharedFunctionInfo) -> Optional[BytecodeArray]:
    """The BytecodeArray of a function; None if it was never compiled, flushed, or is a builtin.

    The data slot holds the array itself, or an InterpreterData or baseline Code that leads to it
    by a slot among its first words.
    """
    data: Value = shared.function_data
    for _ in range(3):
        if isinstance(data, BytecodeArray):
            return data
        if not isinstance(data, (InterpreterData, Code)):
            return None
        data = _inner(data)
    return None


def _inner(data: HeapObject) -> Value:
    found: Value = data
    for offset in range(8, 40, 8):
        candidate = data.value_at(offset)
        if isinstance(candidate, BytecodeArray):
            return candidate
        if isinstance(candidate, (InterpreterData, Code)) and found is data:
            found = candidate
    return found
