"""`isolates`: who runs what, and how much heap each has."""

from __future__ import annotations

from v8inspect.analysis.isolates import IsolateRow
from v8inspect.render.text import Line, Part, view

_HEADING = (
    " Isolate Address        Kind     Thread State            Size    Old used   Old limit     %",
    " ------- -------------- -------- ------ --------- ----------- ----------- ----------- -----",
)


@view(IsolateRow, heading=_HEADING)
def _isolate(row: IsolateRow) -> Line:
    kind = row.kind or "-"
    if row.thread_id is not None:
        kind += f" {row.thread_id}"
    thread = "-" if row.thread is None else f"#{row.thread}"
    old = "?" if row.old_used is None else str(row.old_used)
    limit = "?" if row.old_limit is None else str(row.old_limit)
    share = "?"
    if row.old_used is not None and row.old_limit:
        share = f"{100 * row.old_used / row.old_limit:.1f}"
    return (
        f" {row.isolate:7} ",
        Part("address", f"{row.address!s:<14}"),
        f" {kind:<8} {thread:<6} ",
        Part("name", f"{row.state or '?':<9}"),
        f" {row.size:11} {old:>11} {limit:>11} {share:>5}",
    )
