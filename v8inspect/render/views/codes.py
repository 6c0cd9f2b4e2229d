"""`v8function`, `v8code`."""

from __future__ import annotations

from v8inspect.analysis.codes import CodeRow, InstructionRow, V8FunctionRow
from v8inspect.render.text import Line, Lines, Part, view
from v8inspect.render.views.heads import brief

_BYTES_A_LINE = 16


@view(V8FunctionRow)
def _function(row: V8FunctionRow) -> Lines:
    name = Part("name", row.name or "(anonymous)")
    lines = Lines([(Part("address", str(row.address)), ": function ", name, f" ({row.kind})")])
    lines.append(("    shared ", Part("address", str(row.shared))))
    for label, value in (
        ("context", row.context),
        ("feedback cell", row.feedback_cell),
        ("code", row.code),
        ("bytecode", row.bytecode),
        ("prototype or initial map", row.prototype_or_initial_map),
    ):
        if value is not None:
            lines.append((f"    {label} ", *brief(value)))
    return lines


@view(CodeRow)
def _code(row: CodeRow) -> Lines:
    symbol = f" {row.symbol}" if row.symbol else ""
    kind = "machine code" if row.kind == "machine" else row.kind
    lines = Lines([(Part("address", str(row.address)), f": {kind}", Part("name", symbol))])
    lines.append(("    starts at ", Part("address", str(row.start)), f", {row.size} bytes"))
    if row.flags is not None:
        lines.append(f"    flags {row.flags:#x}")
    if row.registers is not None:
        lines.append(f"    {row.registers} registers, {row.parameters} parameters with `this`")
    if row.constant_pool is not None:
        lines.append(("    constant pool ", *brief(row.constant_pool)))
    data = row.bytes or ""
    for at in range(0, len(data), 2 * _BYTES_A_LINE):
        part = data[at : at + 2 * _BYTES_A_LINE]
        pairs = " ".join(part[n : n + 2] for n in range(0, len(part), 2))
        lines.append((Part("address", f"    {int(row.start) + at // 2:#x}"), f"  {pairs}"))
    return lines


@view(InstructionRow)
def _instruction(row: InstructionRow) -> Line:
    return (Part("address", str(row.address)), f" <+{row.offset}>  {row.text}")
