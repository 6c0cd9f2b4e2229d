"""`bt`, `frame`, `jsframe`, `jsargs`, `source`, `threads`: stacks as LLDB and llnode write them."""

from __future__ import annotations

import os
from typing import Optional

from v8inspect.analysis.stack import (
    ArgumentRow,
    FrameDetail,
    FrameRow,
    FunctionOnStack,
    Held,
    SourceRow,
    StackEnd,
    ThreadHead,
    ThreadRow,
)
from v8inspect.render.text import Line, Lines, Part, view
from v8inspect.render.views.heads import Pieces, brief, in_passing


@view(ThreadHead)
def _thread_head(row: ThreadHead) -> Line:
    text = f"* thread #{row.number}, tid {row.tid}"
    if row.name:
        text += f", name '{row.name}'"
    if row.signal:
        text += f", signal {row.signal}"
    if row.isolate is not None:
        text += f", isolate {row.isolate}"
    return (Part("name", text),)


@view(FrameRow)
def _frame(row: FrameRow) -> Line:
    return _frame_line(row, "  * " if row.selected else "    ")


def _frame_line(row: FrameRow, margin: str) -> Line:
    pieces: Pieces = [margin]
    if row.awaiting:
        pieces += ["  at async "]
    else:
        pieces += [f"frame #{row.index}: "]
        if row.pc is not None and not row.inlined:
            pieces += [Part("address", f"{int(row.pc):#018x}"), " "]
        else:
            pieces += ["(inlined)          " if row.inlined else " " * 19]
    if row.kind == "native":
        pieces += _native(row)
    elif row.kind == "internal":
        pieces += [Part("faint", f"<{row.tier}>")]
        if row.verbose and row.function:
            pieces += [Part("faint", f" {row.function}")]
    else:
        pieces += _function(row)
    if row.verbose and not row.awaiting and row.fp is not None:
        tier = "" if row.kind in ("native", "internal") else f" {row.tier}"
        pieces += [Part("faint", f"{tier} fp={int(row.fp):#x}")]
    if row.problem:
        pieces += [Part("bad", f" <{row.problem}>")]
    if row.unverified:
        pieces += [Part("bad", " [unverified]")]
    return tuple(pieces)


def _function(row: FrameRow) -> Pieces:
    pieces: Pieces = [Part("name", row.function)]
    if row.receiver is not None or row.arguments is not None:
        pieces.append("(")
        listed = [] if row.receiver is None else [["this=", *in_passing(row.receiver)]]
        listed += [in_passing(argument) for argument in row.arguments or ()]
        for index, item in enumerate(listed):
            pieces += [", "] * bool(index) + item
        if row.more_arguments:
            pieces.append(f", … {row.more_arguments} more")
        pieces.append(")")
    if row.script is not None:
        place = place_text(row.script, row.line, row.column)
        pieces += [" at ~" if row.approximate else " at ", place]
    elif row.kind == "builtin":
        pieces.append(Part("faint", f" <{row.tier}>"))
    if row.address is not None:
        pieces += [" fn=", Part("address", f"{int(row.address):#x}")]
    return pieces


def _native(row: FrameRow) -> Pieces:
    module = os.path.basename(row.module or "")
    where = f"+ {row.offset}" if row.offset is not None else ""
    name = row.function or ("" if row.offset is None else f"{row.offset:#x}")
    pieces: Pieces = [f"{module}`" if module else "", Part("name", name or "??")]
    if row.function and row.offset:
        pieces.append(Part("faint", f" {where}"))
    return pieces


def place_text(script: Optional[str], line: Optional[int], column: Optional[int]) -> str:
    """`script:line:column`."""
    return f"{script or '<anonymous>'}:{line}:{column}"


@view(StackEnd)
def _end(row: StackEnd) -> Line:
    return (Part("bad" if row.damaged else "faint", f"    … {row.text}"),)


@view(FrameDetail)
def _detail(row: FrameDetail) -> Lines:
    lines = Lines([_frame_line(row.frame, "")])
    if row.frame.kind in ("js", "builtin"):
        what = [row.frame.tier]
        if row.bytecode is not None:
            what.append(f"bytecode {row.bytecode} + {row.bytecode_offset}")
        if row.code is not None:
            what.append(f"code {row.code}")
        lines.append(("    " + ", ".join(what),))
    for heading, items in (
        ("arguments", row.parameters),
        ("variables of its contexts", row.variables),
        ("registers", row.registers),
    ):
        if items:
            lines.append((f"    {heading}:",))
            lines += [_held(item) for item in items]
    return lines


def _held(item: Held) -> Line:
    name = item.name if item.variable is None else f"{item.name} ({item.variable})"
    return (f"        {name} = ", *brief(item.value))


@view(FunctionOnStack)
def _function_on_stack(row: FunctionOnStack) -> Line:
    return (Part("address", str(row.address)), f":<Function: {row.function}>")


@view(ArgumentRow)
def _argument(row: ArgumentRow) -> Line:
    return (f"{row.name} = ", *brief(row.value))


@view(SourceRow)
def _source(row: SourceRow) -> Lines:
    lines = Lines([(f"{'=> ' if row.current else '   '}{row.line:>5} {row.text}",)])
    if row.current and row.column is not None:
        before = row.text[: row.column - 1]
        blank = "".join("\t" if char == "\t" else " " for char in before)
        lines.append((Part("bad", f"         {blank}^"),))
    return lines


@view(ThreadRow, heading=("  #     Tid Isolate        State    Frames Where",))
def _thread(row: ThreadRow) -> Line:
    isolate = "-" if row.isolate is None else str(row.isolate)
    pieces: Pieces = [f"{row.thread:>3} {row.tid:>7} {isolate:<14} {row.state or '-':<8} "]
    pieces.append(f"{row.frames or '-':>6} ")
    if row.function is not None:
        pieces.append(Part("name", row.function))
        if row.script is not None:
            pieces += [" at ", place_text(row.script, row.line, row.column)]
    elif row.name:
        pieces.append(row.name)
    if row.signal:
        pieces.append(f" (signal {row.signal})")
    return tuple(pieces)
