"""`retained`, `dominators`, `path`."""

from __future__ import annotations

from v8inspect.analysis.retained import (
    DominatorRow,
    PathRow,
    RetainedRow,
    RetainedTotal,
    RetainingRow,
)
from v8inspect.render.text import Line, Lines, Part, view

_RULE = " ---------- ------------ ------------"


@view(
    RetainedRow,
    heading=(" Instances         Size     Retained Name", _RULE + " ----"),
)
def _row(row: RetainedRow) -> Line:
    return (f" {row.count:>10} {row.size:>12} {row.retained:>12} ", Part("name", row.name))


@view(RetainedTotal, under=RetainedRow)
def _total(row: RetainedTotal) -> Lines:
    return Lines([_RULE, f" {row.count:>10} {row.size:>12} {row.retained:>12}"])


_OBJECTS = (
    "         Size     Retained Object",
    " ------------ ------------ ------",
)


@view(RetainingRow, heading=_OBJECTS)
def _retaining(row: RetainingRow) -> Line:
    return (
        f" {row.size:>12} {row.retained:>12} ",
        Part("address", f"{row.address}"),
        ": ",
        Part("name", row.class_),
    )


@view(DominatorRow, heading=_OBJECTS)
def _dominator(row: DominatorRow) -> Line:
    return (
        f" {row.size:>12} {row.retained:>12} {'  ' * row.depth}",
        Part("address", f"{row.address}"),
        ": ",
        Part("name", row.class_),
    )


@view(PathRow)
def _path(row: PathRow) -> Line:
    if row.kind == "root":
        where = f" ({row.address})" if row.address else ""
        return (f"{row.path}: ", Part("name", row.class_), where, "=", f"{row.target}")
    via = {
        "element": f"[{row.via}]",
        "internal": f".{row.via}" if row.via[:1] not in "([" else row.via,
    }.get(row.kind, f".{row.via}")
    name = f"({row.class_})" if row.kind == "element" else row.class_
    return (
        "   ",
        Part("address", f"{row.address}"),
        ": ",
        Part("name", name),
        via,
        "=",
        Part("address", f"{row.target}"),
    )
