"""`findrefs`, in llnode's form: `0x…: Class.via=0x…`, one level in for each step up."""

from __future__ import annotations

from v8inspect.analysis.references import ReferenceRow
from v8inspect.render.text import Line, Part, view


@view(ReferenceRow)
def _row(row: ReferenceRow) -> Line:
    via = {
        "element": f"[{row.via}]",
        "internal": f".{row.via}" if row.via[:1] not in "([" else row.via,
    }.get(row.kind, f".{row.via}")
    name = f"({row.class_})" if row.kind == "element" else row.class_
    return (
        "  " * row.depth + ("+ " if row.depth else ""),
        Part("address", f"{row.address}"),
        ": ",
        Part("name", name),
        via,
        "=",
        Part("address", f"{row.target}"),
        " (weak)" if row.weak else "",
        " [seen above]" if row.seen else "",
    )
