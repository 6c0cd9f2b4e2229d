"""`layout learn`."""

from __future__ import annotations

from v8inspect.analysis.learning import LearntRow, LearntTotal
from v8inspect.render.text import Line, Lines, Part, view


@view(LearntRow, heading=(" Constant                                      Value  Source", ""))
def _constant(row: LearntRow) -> Line:
    return (" ", Part("name", f"{row.name:<42}"), f" {row.value:>8}  {row.source}")


@view(LearntTotal)
def _total(row: LearntTotal) -> Lines:
    derived = row.constants - row.taken_over
    counted = (
        f"V8 {row.v8}, Node.js {row.node}: {derived} constants derived, "
        f"{row.taken_over} taken over, {row.types} instance types"
    )
    alike = f"{100 * row.census_equal:.2f} % of the objects in V8's heap snapshot are counted alike"
    return Lines(["", counted, alike])
