"""`jsfunction`, `jsfunctions`, `jssource`."""

from __future__ import annotations

from v8inspect.analysis.functions import (
    DefinitionRow,
    FunctionClosure,
    FunctionRow,
    SourceHeading,
    SourceLine,
)
from v8inspect.render.text import Line, Lines, Part, Verbatim, view
from v8inspect.render.views.heads import brief, place_text


def _named(name: str, own_name: str) -> str:
    if name and not own_name:
        return f"<anonymous> (as {name})"
    return name or "<anonymous>"


@view(FunctionRow)
def _function(row: FunctionRow) -> Lines:
    lines = Lines()
    if row.target is not None:
        lines.append(("bound function that wraps: ", *brief(row.target)))
        if row.this is not None:
            lines.append(('with "this" = ', *brief(row.this)))
        for number, item in enumerate(row.arguments or ()):
            lines.append((f"      arg{number} = ", *brief(item)))
    lines.append(("function: ", Part("name", _named(row.name, row.own_name))))
    where = f"at {place_text(row.script, row.line, row.column)}"
    lines.append(f"defined {where if row.line is not None else 'in native code'}")
    return lines


@view(DefinitionRow, heading=(f"{'FUNC':>18} {'#FUNCS':>8} NAME                     FROM",))
def _definition(row: DefinitionRow) -> Line:
    name = _named(row.name, row.own_name)
    if row.line is not None:
        where = place_text(row.script, row.line, row.column)
    else:
        where = row.script or "<builtin>"
    at = f"{row.address!s:>18}"
    return (Part("address", at), f" {row.count:>8} ", Part("name", f"{name:<24}"), f" {where}")


@view(FunctionClosure)
def _closure(row: FunctionClosure) -> Line:
    name = row.name or "(anonymous)"
    return (Part("address", str(row.address)), ":<function: ", Part("name", name), ">")


@view(SourceHeading, under=SourceLine)
def _heading(row: SourceHeading) -> Lines:
    where = place_text(row.script, row.line, row.column)
    return Lines([("function ", Part("name", row.name or "<anonymous>"), f" at {where}")])


@view(SourceLine)
def _source(row: SourceLine) -> Line:
    mark = ">" if row.column is not None else " "
    return Verbatim(f"{row.line:>6}{mark} {row.text}" if row.text else f"{row.line:>6}{mark}")
