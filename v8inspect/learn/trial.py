"""The table at work on the calibration program itself: what it makes of that heap."""

from __future__ import annotations

from typing import Mapping

from v8inspect.heap.heap import Heap
from v8inspect.heap.selfcheck import read_only_maps
from v8inspect.layout.model import Layout
from v8inspect.session import Session
from v8inspect.target import Target


def fingerprint(target: Target, layout: Layout) -> dict[str, list[int]]:
    """`read_only_maps` as a table has it: instance types by size, '0' for variable ones."""
    found: dict[int, list[int]] = {}
    for type_, size in read_only_maps(Heap(Session(target, layout=layout))):
        found.setdefault(size, []).append(type_)
    return {str(size): sorted(found[size]) for size in sorted(found)}


def census(target: Target, layout: Layout) -> Mapping[str, int]:
    """How many JS objects of each name the table finds. Raises LayoutMismatch."""
    session = Session(target, layout=layout)
    return {name: tally.count for name, tally in session.census.tallies().items()}
