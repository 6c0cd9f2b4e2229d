"""`error`: what ended the process, and the exception as Node.js prints one."""

from __future__ import annotations

from typing import List, Optional, Union

from v8inspect.analysis.ending import EndingRow
from v8inspect.analysis.stack import FrameRow
from v8inspect.analysis.thrown import ThrownRow
from v8inspect.render.text import Line, Lines, Part, view
from v8inspect.render.views.heads import Pieces, brief, place_text, plain_text, property_label

_MAX_MESSAGE = 100  # lines
_KINDS = {
    "exception": "Uncaught exception",
    "rejection": "Unhandled rejection of a promise",
    "out of memory": "Out of memory",
    "fatal error": "Fatal error",
    "assertion": "Assertion of Node.js failed",
    "check": "Check of V8 failed",
    "nothing": "Nothing ended it: it ran when the dump was made",
    "unknown": "It ran when the dump was made, or has called abort(): cores of macOS do not say",
}


@view(EndingRow)
def _ending(row: EndingRow) -> Lines:
    lines = Lines([_first(row)])
    if row.at is not None:
        lines.append(("at ", *frame_pieces(row.at)))
    if row.class_ is not None:
        lines.append("")
        lines += _thrown(row, "")
        if row.others:
            lines += ["", (Part("faint", "other Errors on the native stack, which may be it:"),)]
            lines += [("  ", Part("address", str(other))) for other in row.others]
    if row.gcs:
        lines += ["", "last collections:"]
        lines += ["  " + line for line in row.gcs]
    if row.problem is not None:
        lines.append((Part("bad", f"damaged: {row.problem}"),))
    return lines


def _first(row: EndingRow) -> Line:
    parts: Pieces = []
    if row.kind == "abort":
        parts.append(Part("bad", "process.abort() was called, nothing was thrown"))
    elif row.kind == "native abort":
        parts.append(Part("bad", "abort() was called by native code"))
    elif row.kind == "signal":
        parts.append(Part("bad", row.signal or "a signal"))
        if row.fault is not None:
            parts += [" at address ", Part("address", str(row.fault))]
        if row.sent:
            parts.append(", which a process has sent,")
    else:
        parts.append(Part("bad", _KINDS.get(row.kind, row.kind)))
        if row.message and row.class_ is None:
            parts.append(f": {row.message}")
    if row.kind in ("signal", "native abort") and row.function:
        parts += [" in ", Part("name", row.function)]
    parts.append(f" (thread #{row.thread}, tid {row.tid}")
    if row.signal and row.kind != "signal":
        parts.append(f", {row.signal}")
    parts.append(")")
    return tuple(parts)


def _thrown(row: Union[EndingRow, ThrownRow], margin: str, label: str = "") -> List[Line]:
    if row.value is not None:
        return [(margin + label, *brief(row.value))]
    head = (row.class_ or "Error") + (f": {row.message}" if row.message else "")
    first, *more = head.splitlines()[:_MAX_MESSAGE]
    lines: List[Line] = [(margin + label, Part("bad", first))]
    lines += [margin + text for text in more]
    if row.address is not None:
        lines[0] = (*lines[0], " ", Part("address", str(row.address)))
    for frame in row.stack or []:
        lines.append((margin, "    at ", *frame_pieces(frame)))
    inner = margin + "  "
    if row.code is not None:
        lines.append((inner, "code: ", Part("string", plain_text(row.code))))
    for item in row.properties or []:
        key = property_label(item)
        lines.append((inner, *key[key[0] == "." :], ": ", *brief(item.of)))
    if row.cause is not None:
        lines += _thrown(row.cause, inner, "[cause]: ")
    for index, error in enumerate(row.errors or []):
        lines += _thrown(error, inner, f"[errors][{index}]: ")
    if row.problem is not None:
        lines.append((inner, Part("bad", f"damaged: {row.problem}")))
    return lines


def frame_pieces(frame: FrameRow) -> Pieces:
    """`name (script:line:column)`, `async` before what waits."""
    name = ("async " if frame.awaiting else "") + frame.function
    where: Optional[str] = place_text(frame.script, frame.line, frame.column)
    pieces: Pieces = [Part("name", name), f" ({where})"]
    if frame.problem:
        pieces.append(Part("bad", f" <{frame.problem}>"))
    return pieces
