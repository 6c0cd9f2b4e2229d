"""Answers of `sql`."""

from __future__ import annotations

from typing import List, Union

from v8inspect.analysis.sql import SqlHeading, SqlRow, shown
from v8inspect.render.text import Line, Lines, Part, view
from v8inspect.rows import Address

_MOST = 60  # characters of a column's width; longer values push what follows


def _padded(text: str, right: bool, width: int) -> str:
    width = min(width, _MOST)
    return f"{text:>{width}}" if right else f"{text:<{width}}"


@view(SqlHeading)
def _heading(row: SqlHeading) -> Union[Line, Lines]:
    names = [_padded(name, right, width) for name, right, width in row.columns]
    rules = ["-" * min(width, _MOST) for _, _, width in row.columns]
    return Lines([" " + " ".join(names).rstrip(), " " + " ".join(rules)])


@view(SqlRow)
def _row(row: SqlRow) -> Line:
    parts: List[Union[str, Part]] = []
    for (name, right, width), value in zip(row.heading.columns, row.values.values()):
        text = _padded(shown(value), right, width)
        role = "address" if isinstance(value, Address) else "string" if name == "text" else ""
        parts += [" ", Part(role, text) if role else text]
    if isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip()
    return tuple(parts)
