"""`group`: a line for each way of being held, its end rather than its beginning."""

from __future__ import annotations

from typing import Sequence

from v8inspect.analysis.group import GroupRow
from v8inspect.render.text import Line, Part, view

_STEPS = 5

_HEADING = (
    "    Objects         Size     Retained One of them    How they are held",
    " ---------- ------------ ------------ -------------- -----------------",
)


@view(GroupRow, heading=_HEADING)
def _group(row: GroupRow) -> Line:
    return (
        f" {row.count:>10} {row.size:>12} {row.retained:>12} ",
        Part("address", f"{row.address!s:<14}"),
        f" {short_path(row.root, row.path)} → ",
        Part("name", row.class_),
    )


def short_path(root: str, path: Sequence[str]) -> str:
    """The last steps, the root where they are all."""
    if len(path) <= _STEPS:
        return " → ".join([root, *path])
    return " → ".join(["…", *path[-_STEPS:]])
