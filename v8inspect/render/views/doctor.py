"""`doctor`: one line a check, then where each constant is from."""

from __future__ import annotations

from v8inspect.analysis.doctor import CheckRow, ConstantRow
from v8inspect.render.text import Line, Part, view


@view(CheckRow)
def _check(row: CheckRow) -> Line:
    mark = Part("good", "ok  ") if row.ok else Part("bad", "FAIL")
    return (mark, f" {row.check:<14} {row.detail}")


@view(ConstantRow, heading=("", "Constants", "---------"))
def _constant(row: ConstantRow) -> Line:
    return (Part("name", f"{row.constant:<48}"), f" {row.value:>10} ", Part("faint", row.source))
