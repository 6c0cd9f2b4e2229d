"""Whose code a pc is in: for `jsfunctions -x`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from v8inspect.objects.code import BytecodeArray, InterpreterData, bytecode_of
from v8inspect.objects.functions import SharedFunctionInfo
from v8inspect.objects.reader import reader_of
from v8inspect.stack.optimized import OptimizedCode
from v8inspect.stack.stacks import stacks_of

if TYPE_CHECKING:
    from v8inspect.session import Session

Owns = Callable[[SharedFunctionInfo], bool]


def owner_of(session: Session, pc: int) -> Optional[Owns]:
    """A test for the function whose machine code or bytecode holds the raw address `pc`; None
    where no function's does. Of optimised code it is the function that was compiled, not those
    that were inlined into it."""
    reader = reader_of(session)
    layout = session.layout
    array: Optional[int] = None
    code = stacks_of(session).codes.at(pc)
    if code is None:
        found = session.heap.object_at(pc)
        if found is None or found[1] != layout.types["BYTECODE_ARRAY"]:
            return None
        array = found[0] + 1
    elif code.kind == layout.Code.kind_baseline:
        value = reader.value_in(code.word - 1 + layout.Code.deoptimization_data)
        if isinstance(value, InterpreterData):
            value = value.value_at(layout.BytecodeArray.interpreter_data_array)
        if not isinstance(value, BytecodeArray):
            return None
        array = value.word
    else:
        outermost = OptimizedCode(reader, code).outermost()
        if not isinstance(outermost, SharedFunctionInfo):
            return None
        word = outermost.word
        return lambda shared: shared.word == word

    def owns(shared: SharedFunctionInfo) -> bool:
        bytecode = bytecode_of(shared)
        return bytecode is not None and bytecode.word == array

    return owns
