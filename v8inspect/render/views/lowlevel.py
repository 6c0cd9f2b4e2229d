"""`v8type`, `v8array`, `v8context`, `v8scopeinfo`, `v8internal`, `v8print`."""

from __future__ import annotations

from v8inspect.analysis.lowlevel import EmbedderField, FieldRow, ScopeRow, SlotRow, TypeRow
from v8inspect.render.text import Line, Lines, Part, view
from v8inspect.render.views.heads import Pieces, brief


@view(TypeRow)
def _type(row: TypeRow) -> Line:
    number = f" {row.number}" if row.number is not None else ""
    name = Part("name", row.class_)
    return (Part("address", str(row.address)), f": {row.type}{number} (", name, ")")


@view(SlotRow)
def _slot(row: SlotRow) -> Line:
    label: Pieces = []
    if row.show_index:
        label.append(f"{row.index} " if row.index >= 0 else "")
    if row.name:
        label += [Part("name", row.name), " "]
    return (*label, *brief(row.of))


@view(ScopeRow)
def _scope(row: ScopeRow) -> Lines:
    name = f" {row.function}" if row.function else ""
    lines = Lines([(Part("address", str(row.address)), f": {row.kind} scope", Part("name", name))])
    if row.start is not None:
        lines.append(f"    source positions {row.start} to {row.end}")
    lines.append(f"    {row.parameters} parameters")
    for number, local in enumerate(row.locals):
        lines.append((f"    context local {number}: ", Part("name", local)))
    if row.outer is not None:
        lines.append(("    outer scope ", Part("address", str(row.outer))))
    if row.problem is not None:
        lines.append(Part("bad", f"    <damaged: {row.problem}>").text)
    return lines


@view(EmbedderField)
def _field(row: EmbedderField) -> Line:
    class_: Pieces = [" ", Part("name", row.native_class)] if row.native_class else []
    return (f"{row.index} ", Part("address", str(row.address)), *class_)


@view(FieldRow)
def _print(row: FieldRow) -> Lines:
    lines = Lines()
    if not row.offset:
        lines.append((Part("address", str(row.object)), ": ", Part("name", row.class_)))
    name = Part("name", f"{row.name:<28}")
    value: Pieces = brief(row.of) if row.of is not None else [str(row.word)]
    lines.append((f"    +{row.offset:<4}", name, " ", *value))
    return lines
