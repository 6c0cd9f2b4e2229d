"""`findjsinstances`: an address first, to paste into the next command."""

from __future__ import annotations

from v8inspect.analysis.instances import InstanceRow, MoreRow
from v8inspect.render.text import Line, Lines, Part, view


@view(InstanceRow)
def _instance(row: InstanceRow) -> Line:
    return (Part("address", f"{int(row.address):#x}"), ":<Object: ", Part("name", row.name), ">")


@view(MoreRow, under=InstanceRow)
def _more(row: MoreRow) -> Lines:
    dots = [".........."] if row.last < row.total else []
    return Lines([*dots, f"(Showing {row.first} to {row.last} of {row.total} instances)"])
