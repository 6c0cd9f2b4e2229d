"""`v8function`, `v8code`: a closure in V8's terms, headers of bytecode and machine code."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Iterator, Optional, Union

from v8inspect.analysis.describe import Describer
from v8inspect.analysis.description import Described, Options
from v8inspect.analysis.functions import definition_of
from v8inspect.analysis.values import object_at, type_of, value_at
from v8inspect.errors import MemoryUnreadable, ModuleNeeded, NotAnObject
from v8inspect.objects.code import BytecodeArray, Code, bytecode_of
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.source_positions import unwrapped
from v8inspect.objects.tagged import Value
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session

_MAX_CODE = 1 << 20  # bytes that are disassembled
_LINE = Options(depth=0, strings=80, nested_strings=80)


@dataclass(frozen=True)
class V8FunctionRow(Row):
    """`v8function`: what V8 has of a closure. `code` is its machine code (null from V8 13 on, where
    a table outside of the heap leads to it), `bytecode` its bytecode, null if it has none now."""

    address: Address
    name: str
    kind: str
    shared: Address
    context: Described
    feedback_cell: Described
    code: Optional[Described]
    bytecode: Optional[Described]
    parameters: Optional[int]
    prototype_or_initial_map: Optional[Described]


@dataclass(frozen=True)
class CodeRow(Row):
    """`v8code`: a header. `kind`: 'bytecode' or 'machine'; `start` and `size` of the code itself in
    bytes; `symbol` names a builtin that the executable's symbols tell."""

    json_sparse: ClassVar[bool] = True

    address: Address
    kind: str
    start: Address
    size: int
    symbol: Optional[str] = None
    flags: Optional[int] = None
    registers: Optional[int] = None
    parameters: Optional[int] = None
    constant_pool: Optional[Described] = None
    bytes: Optional[str] = None


@dataclass(frozen=True)
class InstructionRow(Row):
    """`v8code -d`: one machine instruction; `offset` in bytes from the start."""

    address: Address
    offset: int
    bytes: str
    text: str


def function_row(session: Session, address: int) -> V8FunctionRow:
    """A closure; raises NotAnObject."""
    value = object_at(session, address, JSFunction, "a function")
    describer = Describer(session, _LINE)
    shared = value.shared
    if not isinstance(shared, SharedFunctionInfo):
        raise NotAnObject(address, "its SharedFunctionInfo is damaged")
    found = definition_of(shared)
    code = _code_of(value)
    bytecode = bytecode_of(shared)
    prototype = value.prototype_or_initial_map
    return V8FunctionRow(
        Address(value.word),
        found.name,
        found.kind,
        Address(shared.word),
        describer.value(value.context, 0),
        describer.value(value.feedback_cell, 0),
        None if code is None else describer.value(code, 0),
        None if bytecode is None else describer.value(bytecode, 0),
        found.parameters,
        None if prototype is None else describer.value(prototype, 0),
    )


def _code_of(function: JSFunction) -> Optional[Value]:
    fields = function.layout.JSFunction
    return None if fields.code_is_dispatch_handle else function.value_at(fields.code)


def _code_at(session: Session, address: int) -> Union[BytecodeArray, Code]:
    """The code at an address, or of the function there: its machine code where that is known and
    no builtin's, else its bytecode."""
    value = value_at(session, address)
    if isinstance(value, JSFunction):
        shared = value.shared
        found = bytecode_of(shared) if isinstance(shared, SharedFunctionInfo) else None
        value = found or _code_of(value) or value
    elif isinstance(value, SharedFunctionInfo):
        value = bytecode_of(value) or value
    value = _inside(value)
    if isinstance(value, (BytecodeArray, Code)):
        return value
    raise NotAnObject(address, f"it is {type_of(value)}, no code, and has none that V8 kept")


def _inside(value: Value) -> Value:
    """What a wrapper of code holds."""
    value = unwrapped(value)
    if isinstance(value, HeapObject) and value.type_name in ("CODE_WRAPPER", "INSTRUCTION_STREAM"):
        for offset in range(8, min(len(value.data), 40) - 7, 8):
            inner = value.value_at(offset)
            if isinstance(inner, Code):
                return inner
    return value


def code_row(session: Session, address: int, with_bytes: bool) -> CodeRow:
    """The header of the code at an address; with its bytes in hex if they are wanted."""
    value = _code_at(session, address)
    if isinstance(value, BytecodeArray):
        start = value.address + value.layout.size_rules[value.instance_type].header
        data = session.target.read_partial(start, min(value.length, _MAX_CODE))
        describer = Describer(session, _LINE)
        pool = value.value_at(value.layout.BytecodeArray.constant_pool)
        return CodeRow(
            Address(value.word),
            "bytecode",
            Address(start),
            value.length,
            registers=value.register_count,
            parameters=value.parameter_count,
            constant_pool=describer.value(pool, 0),
            bytes=data.hex() if with_bytes else None,
        )
    start, size = _machine_code(value)
    symbol = session.target.symbol_at(start)
    data = session.target.read_partial(start, min(size, _MAX_CODE)) if with_bytes else b""
    return CodeRow(
        Address(value.word),
        "machine",
        Address(start),
        size,
        symbol=symbol[0] if symbol is not None and not symbol[1] else None,
        flags=value.memory.u32(value.address + value.layout.Code.flags),
        bytes=data.hex() if with_bytes else None,
    )


def _machine_code(value: Code) -> tuple[int, int]:
    fields = value.layout.Code
    size = value.memory.u32(value.address + fields.instruction_size)
    if fields.instruction_start is not None:
        return value.memory.u64(value.address + fields.instruction_start), size
    offset = fields.instructions or 0
    if value.memory.target.arch == "aarch64" and fields.instructions_arm64 is not None:
        offset = fields.instructions_arm64
    return value.address + offset, size


def instructions(session: Session, address: int) -> Iterator[InstructionRow]:
    """The machine instructions at an address; raises ModuleNeeded without capstone, and NotAnObject
    for bytecode, which is no machine code."""
    value = _code_at(session, address)
    if isinstance(value, BytecodeArray):
        raise NotAnObject(address, "it is bytecode, which is not disassembled")
    decoder = _decoder(session.target.arch)
    start, size = _machine_code(value)
    size = min(size, _MAX_CODE)
    data = session.target.read_partial(start, size)
    if not data and size:
        raise MemoryUnreadable(start, size)
    for at, length, name, operands in decoder.disasm_lite(data, start):
        offset = at - start
        text = f"{name} {operands}".rstrip()
        yield InstructionRow(Address(at), offset, data[offset : offset + length].hex(), text)


def _decoder(arch: str) -> Any:
    try:
        capstone: Any = importlib.import_module("capstone")
    except ImportError:
        raise ModuleNeeded("capstone", "disassembling machine code") from None
    if arch == "aarch64":
        return capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)
    return capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
