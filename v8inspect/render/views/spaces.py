"""`heap`: one line a space, exact bytes."""

from __future__ import annotations

from typing import Union

from v8inspect.analysis.spaces import HeapTotal, LivenessRow, LivenessTotal, SpaceRow
from v8inspect.render.text import Line, Lines, Part, view

_COLUMNS = (
    ("pages", 6),
    ("size", 11),
    ("objects", 10),
    ("used", 11),
    ("free", 11),
    ("resync", 8),
    ("absent", 8),
    ("unexplained", 11),
)
_LEFT = 24
_HEADING = f" {'Isolate':<7} {'Space':<{_LEFT - 9}}" + "".join(
    f" {name.capitalize():>{width}}" for name, width in _COLUMNS
)
_RULE = " " + "-" * (_LEFT - 1) + "".join(" " + "-" * width for _, width in _COLUMNS)


def _numbers(row: Union[SpaceRow, HeapTotal]) -> str:
    return "".join(f" {getattr(row, name):>{width}}" for name, width in _COLUMNS)


@view(SpaceRow, heading=(_HEADING, _RULE))
def _space(row: SpaceRow) -> Line:
    isolate = "shared" if row.isolate is None else str(row.isolate)
    return (f" {isolate:<7} ", Part("name", f"{row.space:<{_LEFT - 9}}"), _numbers(row))


@view(HeapTotal, under=SpaceRow)
def _total(row: HeapTotal) -> Lines:
    return Lines([_RULE, f" {'total':<{_LEFT - 1}}{_numbers(row)}"])


_LIVENESS = " ------- --------------- ---------- ------------ ---------- ------------ -----"


def _liveness(row: Union[LivenessRow, LivenessTotal]) -> str:
    share = 100 * row.garbage / row.used if row.used else 0.0
    return (
        f" {row.objects:>10} {row.used:>12} {row.dead_objects:>10} {row.garbage:>12} {share:>5.1f}"
    )


@view(
    LivenessRow,
    heading=(
        " Isolate Space              Objects         Used       Dead      Garbage     %",
        _LIVENESS,
    ),
)
def _live(row: LivenessRow) -> Line:
    return (f" {row.isolate:<7} ", Part("name", f"{row.space:<15}"), _liveness(row))


@view(LivenessTotal, under=LivenessRow)
def _live_total(row: LivenessTotal) -> Lines:
    return Lines([_LIVENESS, f" {'total':<23}{_liveness(row)}"])
