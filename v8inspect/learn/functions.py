"""Fields of functions and of what stands behind them: scripts, scopes, contexts, bytecode."""

from __future__ import annotations

import re
from typing import Callable, Iterable, Mapping, Optional

from v8inspect.learn.fields import Fields, smi
from v8inspect.objects.source_positions import entries

_LOW = 0xFFFFFFFF
_BYTECODE = re.compile(r"0x[0-9a-f]+ @ +\d+ : ([0-9a-f]{2})(?: [0-9a-f]{2})* +(\w+)")
_BYTECODES = {"star": "Star", "star0": "Star0", "mov": "Mov", "push_context": "PushContext"}
_POSITION = re.compile(r"^ *(\d+) [SE]> 0x[0-9a-f]+ @ +(\d+)", re.MULTILINE)
_SHARED = "JSFunction.shared"
_SCRIPT = "SharedFunctionInfo.script"


def derive(fields: Fields, types: Mapping[str, int]) -> None:
    """JSFunction, SharedFunctionInfo, Script, Context, BytecodeArray, Module."""
    _functions(fields, types)
    _shared(fields, types)
    _scripts(fields)
    _contexts(fields, types)
    _bytecode(fields, types)
    _opcodes(fields)
    _modules(fields)


def _functions(fields: Fields, types: Mapping[str, int]) -> None:
    record = fields.record
    shared = fields.is_a(types["SHARED_FUNCTION_INFO"])
    fields.find(_SHARED, ("plain", shared), ("native", shared), last=64)
    context = fields.is_a(
        *range(record.get("Context.first_type") or 0, (record.get("Context.last_type") or 0) + 1)
    )
    fields.find("JSFunction.context", ("plain", context), ("native", context), last=64)
    cell = fields.is_a(types["FEEDBACK_CELL"])
    fields.find("JSFunction.feedback_cell", ("plain", cell), ("native", cell), last=64)
    code = fields.is_a(types["CODE"], types.get("CODE_DATA_CONTAINER"))
    has_code = fields.offsets("plain", code, last=64) & fields.offsets("native", code, last=64)
    if has_code:
        record.put("JSFunction.code_is_dispatch_handle", 0)
        fields.choose("JSFunction.code", has_code)
    else:
        raw = fields.offsets("plain", lambda word: word & 1 == 0 and 0 < word < 1 << 32, last=64)
        if len(raw) == 1:
            record.put("JSFunction.code_is_dispatch_handle", 1)
            record.put("JSFunction.code", raw.pop())
    fields.find(
        "JSFunction.prototype_or_initial_map",
        ("Constructed", fields.at("constructed>0")),
        ("Derived", fields.at("derived>0")),
        last=72,
    )


def _shared(fields: Fields, types: Mapping[str, int]) -> None:
    record, known = fields.record, fields.known
    plain, _native = f"plain>{_SHARED}", f"native>{_SHARED}"
    bytecode = fields.is_a(types["BYTECODE_ARRAY"], types["INTERPRETER_DATA"])
    data = fields.find("SharedFunctionInfo.function_data", (plain, bytecode), last=72)
    template = fields.is_a(types["FUNCTION_TEMPLATE_INFO"])
    untrusted = fields.offsets(f"binding>{_SHARED}", template, last=72)
    if data is not None and untrusted == {data}:
        record.lacks("SharedFunctionInfo.untrusted_function_data")
    elif len(untrusted) == 1:
        record.put("SharedFunctionInfo.untrusted_function_data", untrusted.pop())
    fields.find("SharedFunctionInfo.script", (plain, fields.is_a(types["SCRIPT"])), last=72)
    fields.find(
        "SharedFunctionInfo.name_or_scope_info",
        (f"lazy>{_SHARED}", fields.text("lazyFunction")),
        last=72,
    )
    metadata = fields.is_a(types["FEEDBACK_METADATA"])
    fields.find(
        "SharedFunctionInfo.outer_scope_info_or_feedback_metadata", (plain, metadata), last=72
    )
    lazy = f"lazy>{_SHARED}"
    shown = fields.printed(plain)
    fields.find(
        "SharedFunctionInfo.length",
        (plain, 3),
        (lazy, 0xFFFF),
        (f"arrow>{_SHARED}", fields.printed(f"arrow>{_SHARED}").number("length") or 1),
        width=2,
        last=72,
    )
    distance = (shown.number("start position") or 0) - (
        shown.number("function token position") or 0
    )
    fields.find("SharedFunctionInfo.function_token_offset", (plain, distance), width=2, last=72)
    _flags(fields)
    for name, path in (("SharedFunctionInfo", plain), ("Script", f"{plain}>{_SCRIPT}")):
        map_ = fields.at(f"{path}>0")
        size = (
            None
            if map_ is None
            else known.number(map_ - 1 + (record.get("Map.instance_size_in_words") or 0), 1)
        )
        if size:
            record.put(f"{name}.size", 8 * size)


def _flags(fields: Fields) -> None:
    """Bits of the flags of functions that are one thing and not another."""
    offset = fields.record.get("SharedFunctionInfo.flags")
    if offset is None:
        return

    def flags(name: str) -> int:
        address = fields.at(f"{name}>{_SHARED}")
        return 0 if address is None else fields.known.number(address - 1 + offset, 4) or 0

    every = (
        "plain",
        "lazy",
        "arrow",
        "Class",
        "Derived",
        "anonymous",
        "native",
        "Constructed",
        "generate",
        "method",
        "inScript",
    )
    for constant, those in (
        ("SharedFunctionInfo.native_bit", ("native",)),
        ("SharedFunctionInfo.class_constructor_bit", ("Class", "Derived")),
        ("SharedFunctionInfo.name_as_anonymous_bit", ("anonymous",)),
    ):
        _bit(
            fields, constant, [flags(n) for n in those], [flags(n) for n in every if n not in those]
        )


def _bit(fields: Fields, constant: str, those: Iterable[int], others: Iterable[int]) -> None:
    """The bit that is set in all of those and in none of the others."""
    those, others = list(those), list(others)
    bits = [
        bit
        for bit in range(32)
        if all(word >> bit & 1 for word in those) and not any(word >> bit & 1 for word in others)
    ]
    fields.choose(constant, bits)


def _scripts(fields: Fields) -> None:
    numbers = fields.numbers
    script = f"inScript>{_SHARED}>{_SCRIPT}"
    plain = f"plain>{_SHARED}>{_SCRIPT}"
    fields.find("Script.name", (script, fields.text("/calibration/script.js")))
    fields.find("Script.line_offset", (script, smi(numbers["lineOffset"])))
    fields.find("Script.column_offset", (script, smi(numbers["columnOffset"])))
    fields.pointer("Script.source", plain, "source")
    fields.number("Script.id", plain, "id")
    fields.find(
        "Script.type",
        (plain, smi(fields.printed(plain).number("type"))),
        (
            f"native>{_SHARED}>{_SCRIPT}",
            smi(fields.printed(f"native>{_SHARED}>{_SCRIPT}").number("type")),
        ),
        (script, smi(fields.printed(script).number("type"))),
        last=72,
    )
    evaled = f"withSourceUrl>{_SHARED}>{_SCRIPT}"
    fields.find("Script.source_url", (evaled, fields.text("calibration-source-url.js")))
    fields.find(
        "Script.eval_from_shared",
        (evaled, fields.is_a(fields.types["SHARED_FUNCTION_INFO"])),
        last=160,
    )
    fields.number("Script.eval_from_position", evaled, "eval from position", last=160)
    fields.find(
        "Script.context_data",
        *(
            (
                path,
                smi(shown.number("context data"))
                if shown.address("context data") is None
                else shown.address("context data"),
            )
            for path in (plain, script, evaled)
            for shown in (fields.printed(path),)
        ),
        last=56,
    )
    size = fields.record.get("Script.size") or 160

    def odd(word: int) -> bool:
        return word & _LOW == 0 and word >> 32 & 1 == 1 and word >> 32 < 1 << 16

    def even(word: int) -> bool:
        return word & _LOW == 0 and word >> 32 & 1 == 0 and word >> 32 < 1 << 16

    position = fields.record.get("Script.eval_from_position")
    known = {
        fields.record.get(f"Script.{name}")
        for name in ("line_offset", "column_offset", "context_data", "type", "id")
    }
    found = (
        fields.offsets(evaled, odd, last=size)
        & fields.offsets(plain, even, last=size)
        & fields.offsets(script, even, last=size)
    )
    fields.choose("Script.flags", found - known - {position})
    if "Script.flags" in fields.record.derived:
        fields.record.put("Script.compilation_type_mask", 1)


def _contexts(fields: Fields, types: Mapping[str, int]) -> None:
    path = "closure>JSFunction.context"
    shown = fields.printed(path)
    fields.find("Context.length", (path, smi(shown.number("length"))), last=24)
    scope = shown.address("scope_info")
    fields.find("Context.slots", (path, scope), last=32)
    fields.find("Context.scope_info", (path, scope), minus=16, unit=8, last=32)
    fields.find("Context.previous", (path, shown.address("previous")), minus=16, unit=8, last=40)
    outer = fields.printed("sloppyEval>JSFunction.context")
    fields.find(
        "Context.extension",
        ("sloppyEval>JSFunction.context", outer.address("extension")),
        minus=16,
        unit=8,
        last=48,
    )
    type_ = types.get("CONTEXT_CELL")
    if type_ is None:
        for name in ("value", "state", "double"):
            fields.record.lacks(f"Context.cell_{name}")
        return
    _cells(fields, type_)


def _cells(fields: Fields, type_: int) -> None:
    """Cells of `let` in a script's scope: a double stands raw, another value tagged."""
    table = fields.at("inScript>JSFunction.context")
    cells = [w for w in fields.known.words((table or 1) - 1 + 16, 16) if fields.type_of(w) == type_]
    value = smi(fields.numbers["scriptLocal"])
    double = float(fields.numbers["scriptLocal"]) + 0.5
    for cell in cells:
        if fields.offsets(cell, value, last=40):
            fields.find("Context.cell_value", (cell, value), last=40)
            fields.find("Context.cell_state", (cell, 1), width=4, last=40)
        if fields.offsets(cell, double, last=40):
            fields.find("Context.cell_double", (cell, double), last=40)


def _bytecode(fields: Fields, types: Mapping[str, int]) -> None:
    record = fields.record
    path = f"trying>{_SHARED}>SharedFunctionInfo.function_data"
    shown = fields.printed(path)
    parameters = shown.matched(r"^Parameter count (\d+)")
    frame = shown.matched(r"^Frame size (\d+)")
    if parameters is None or frame is None:
        return
    sizes = {
        "source_position_table": shown.matched(r"^Source Position Table \(size = (\d+)\)"),
        "handler_table": shown.matched(r"^Handler Table \(size = (\d+)\)"),
        "constant_pool": shown.matched(r"^Constant pool \(size = (\d+)\)"),
    }
    for name, size in sizes.items():
        kinds = (
            ("FIXED_ARRAY", "TRUSTED_FIXED_ARRAY")
            if name == "constant_pool"
            else ("BYTE_ARRAY", "TRUSTED_BYTE_ARRAY")
        )
        fields.find(f"BytecodeArray.{name}", (path, _sized(fields, size, kinds)), last=64)
    _positions(fields, path, sizes["source_position_table"])
    fields.find("BytecodeArray.frame_size", (path, frame), width=4, last=64)
    as_bytes = fields.offsets(path, 8 * parameters, 4, 64)
    as_count = fields.offsets(path, parameters, 2, 64)
    other = f"plain>{_SHARED}>SharedFunctionInfo.function_data"
    count = fields.printed(other).matched(r"^Parameter count (\d+)") or 0
    as_bytes &= fields.offsets(other, 8 * count, 4, 64)
    as_count &= fields.offsets(other, count, 2, 64)
    if (as_bytes and not as_count) or (
        len(as_bytes) == 1 and as_bytes <= {(record.get("BytecodeArray.frame_size") or 0) + 4}
    ):
        record.put("BytecodeArray.parameter_count_is_bytes", 1)
        fields.choose("BytecodeArray.parameter_count", as_bytes)
    elif as_count:
        record.put("BytecodeArray.parameter_count_is_bytes", 0)
        fields.choose("BytecodeArray.parameter_count", as_count)
    if "BYTECODE_WRAPPER" in types:
        address = fields.at(path)
        wrapper = next(
            (
                w
                for w in fields.known.words((address or 1) - 1, 8)
                if fields.type_of(w) == types["BYTECODE_WRAPPER"]
            ),
            None,
        )
        fields.find("BytecodeArray.wrapped_array", (wrapper, address), last=32)
    else:
        record.lacks("BytecodeArray.wrapped_array")


def _opcodes(fields: Fields) -> None:
    """Numbers of bytecodes, as V8's disassembler shows them."""
    function = "moving>JSFunction.shared>SharedFunctionInfo.function_data"
    shown = dict(
        (mnemonic, int(byte, 16))
        for byte, mnemonic in _BYTECODE.findall(fields.printed(function).whole)
    )
    for name, mnemonic in _BYTECODES.items():
        if mnemonic in shown:
            fields.record.put(f"Bytecode.{name}", shown[mnemonic], "printer")


def _positions(fields: Fields, path: str, size: Optional[int]) -> None:
    """How offsets are written in the table of source positions: as V8 prints that very table."""
    table = fields.at(f"{path}>BytecodeArray.source_position_table")
    if table is None or size is None:
        return
    data = fields.known.bytes(table - 1 + 16, size)
    printed = _POSITION.findall(fields.printed(path).whole)
    shown = {(int(at), int(position)) for position, at in printed}
    fitting = [
        way
        for way in (0, 1)
        if shown and shown <= {(entry.offset, entry.position) for entry in entries(data, bool(way))}
    ]
    fields.choose("BytecodeArray.position_offsets_unsigned", fitting, "printer")


def _sized(fields: Fields, size: Optional[int], kinds: Iterable[str]) -> Callable[[int], bool]:
    """A test: is it an array of one of these kinds, with that length?"""
    numbers = [fields.types[kind] for kind in kinds if kind in fields.types]

    def test(word: int) -> bool:
        return fields.type_of(word) in numbers and fields.known.word((word & ~3) + 8) == smi(size)

    return test


def _modules(fields: Fields) -> None:
    module = fields.printed("namespace").address("module")
    fields.find("Module.namespace_module", ("namespace", module), last=56)
    fields.pointer("Module.exports", module, "exports", last=40)
    fields.number("Module.status", module, "status", last=64)
