"""`roots`, `handles`."""

from __future__ import annotations

from v8inspect.analysis.roots import HandlesRow, HandlesTotal, RootRow, RootsRow, RootsTotal
from v8inspect.render.text import Line, Lines, Part, view

_RULE = " ------- ---------- ---------- ------------"


@view(
    RootsRow,
    heading=(" Isolate      Slots    Objects         Size Category", _RULE + " --------"),
)
def _roots(row: RootsRow) -> Line:
    isolate = "shared" if row.isolate is None else row.isolate
    return (
        f" {isolate:>7} {row.count:>10} {row.objects:>10} {row.size:>12} ",
        Part("name", row.category),
    )


@view(RootsTotal, under=RootsRow)
def _total(row: RootsTotal) -> Lines:
    return Lines([_RULE, f"         {row.count:>10} {row.objects:>10} {row.size:>12}"])


@view(RootRow)
def _root(row: RootRow) -> Line:
    where = row.category
    if row.thread is not None:
        where += f" of thread #{row.thread}"
    if row.frame is not None:
        where += f", frame #{row.frame} {row.function or ''}".rstrip()
    slot = "register" if row.slot is None else str(row.slot)
    return (
        Part("name", where),
        f" ({slot})=",
        Part("address", f"{row.address}"),
        ": ",
        Part("name", row.class_),
    )


_HANDLES = " ----------- ---------- ---------- ------------"


@view(
    HandlesRow,
    heading=(" Kind           Handles    Objects         Size Held", _HANDLES + " ----"),
)
def _handles(row: HandlesRow) -> Line:
    return (
        f" {row.kind:<11} {row.count:>10} {row.objects:>10} {row.size:>12} ",
        Part("name", row.name),
    )


@view(HandlesTotal, under=HandlesRow)
def _handles_total(row: HandlesTotal) -> Lines:
    return Lines([_HANDLES, *(f" {kind:<11} {count:>10}" for kind, count in row.counts)])
