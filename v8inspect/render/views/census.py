"""`findjsobjects`: sizes are exact bytes, columns those of llnode."""

from __future__ import annotations

from v8inspect.analysis.census import CensusRow, CensusTotal, DetailRow, DetailTotal
from v8inspect.render.text import Line, Lines, Part, view

_KEYS_SHOWN = 12


@view(CensusRow, heading=(" Instances  Total Size Name", " ---------- ---------- ----"))
def _row(row: CensusRow) -> Line:
    return (f" {row.count:>10} {row.size:>10} ", Part("name", row.name))


@view(CensusTotal, under=CensusRow)
def _total(row: CensusTotal) -> Lines:
    return Lines([" ---------- ----------", f" {row.count:>10} {row.size:>10}"])


_RULE = " -------------- ---------- ----------- ----------- ---------"


@view(
    DetailRow,
    heading=(
        "    Sample Obj.  Instances  Total Size  Properties  Elements Name",
        _RULE + " ----",
    ),
)
def _detail(row: DetailRow) -> Line:
    keys = ", ".join(key or "''" for key in row.properties[:_KEYS_SHOWN])
    if len(row.properties) > _KEYS_SHOWN:
        keys += f", … {len(row.properties) - _KEYS_SHOWN} more"
    return (
        Part("address", f" {row.sample!s:>14}"),
        f" {row.count:>10} {row.size:>11} {len(row.properties):>11} {row.length:>9} ",
        Part("name", row.name),
        f": {keys}" if keys else "",
    )


@view(DetailTotal, under=DetailRow)
def _detail_total(row: DetailTotal) -> Lines:
    return Lines([_RULE, f" {'':>14} {row.count:>10} {row.size:>11}"])
