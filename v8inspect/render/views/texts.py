"""`v8str`: the characters; with -v what they are stored in."""

from __future__ import annotations

from v8inspect.analysis.texts import TextPart, TextRow
from v8inspect.render.text import Line, Lines, Part, Verbatim, view
from v8inspect.render.views.heads import quoted


def _part(part: TextPart) -> Line:
    role = f"{part.role}: " if part.role else ""
    start = f" from {part.offset}" if part.offset is not None else ""
    text = quoted(part.text)
    shown = text if len(part.text) >= part.length else f'{text[:-1]}…"'
    at = Part("address", str(part.address))
    what = f" {part.type}, {part.length} characters{start}"
    if part.shape == "cons" and part.depth:
        return ("    " * part.depth + role, at, what)
    return ("    " * part.depth + role, at, what + ": ", Part("string", shown))


@view(TextRow)
def _string(row: TextRow) -> Lines:
    lines = Lines()
    if row.saved is not None:
        lines.append((Part("address", str(row.address)), f": saved in {row.saved}"))
    elif row.parts is None:
        lines += [Verbatim(line.rstrip("\r")) for line in row.text.split("\n")]
        if row.problem is not None:
            lines.append((Part("bad", f"<damaged: {row.problem}>"),))
        elif row.more:
            lines.append((Part("faint", f"… and {row.more} more (-N 0 shows all)"),))
    lines += [_part(part) for part in row.parts or ()]
    if row.parts_more:
        lines.append((Part("faint", "… and more parts"),))
    return lines
