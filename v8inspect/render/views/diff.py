"""`diff`: growth in columns, a small plot where there are more than two dumps."""

from __future__ import annotations

import os
from typing import Sequence

from v8inspect.analysis.diff import PATH, RETAINED, DiffHeading, DiffRow, DiffTotal
from v8inspect.render.text import Line, Lines, Part, view
from v8inspect.render.views.group import short_path

_BARS = "▁▂▃▄▅▆▇█"
_WHAT = {
    "constructor": "by constructor",
    "retained": "by constructor, with what they retain",
    "map": "by Map",
    "path": "by how they are held",
}


@view(DiffTotal)
def _total(row: DiffTotal) -> Lines:
    lines = ["    Objects        Bytes Uptime     Dump"]
    for name, uptime, count, size in zip(row.names, row.uptimes, row.counts, row.sizes):
        seconds = "" if uptime is None else f"{uptime / 1000:.1f} s"
        lines.append(f" {count:>10} {size:>12} {seconds:<10} {os.path.basename(name)}")
    return Lines(lines)


@view(DiffHeading)
def _heading(row: DiffHeading) -> Lines:
    bytes_ = "retained" if row.by in (RETAINED, PATH) else "bytes"
    trend = f" {'trend':<{max(row.dumps, 5)}}" if row.dumps > 2 else ""
    columns = f" {'Objects':>10} {'(+)':>10} {bytes_:>12} {'(+)':>12}"
    one = " one of them   " if row.by == PATH else ""
    return Lines(["", f"{columns}{trend}{one} {_WHAT[row.by]}"])


@view(DiffRow)
def _row(row: DiffRow) -> Line:
    before, now = row.size_before, row.size
    if row.by in (RETAINED, PATH):
        before, now = row.retained_before or 0, row.retained or 0
    grown = f" {row.count:>10} {row.count - row.count_before:>+10} {now:>12} {now - before:>+12} "
    plot = f"{bars(row.plotted):<5} " if row.plotted else ""
    if row.path is not None:
        one = Part("address", f"{row.address or ''!s:<14}")
        way = f" {short_path(row.root or '', row.path)} → "
        return (grown, plot, one, way, Part("name", row.name))
    if row.properties is not None:
        keys = ", ".join(row.properties[:8]) + (", …" if len(row.properties) > 8 else "")
        return (grown, plot, Part("name", row.name), f" {{{keys}}}")
    return (grown, plot, Part("name", row.name))


def bars(values: Sequence[int]) -> str:
    """A bar for each value, from the least to the greatest."""
    least, most = min(values), max(values)
    span = most - least or 1
    return "".join(_BARS[(value - least) * (len(_BARS) - 1) // span] for value in values)
