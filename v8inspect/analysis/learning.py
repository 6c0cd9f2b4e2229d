"""What `layout learn` has learnt, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

from v8inspect.learn.learn import Learnt
from v8inspect.rows import Row, Summary


@dataclass(frozen=True)
class LearntRow(Row):
    """One constant of the table: whether it was derived or is exported, and where it is from."""

    name: str
    value: int
    derived: bool
    source: str


@dataclass(frozen=True)
class LearntTotal(Summary):
    """How much was derived. `census_equal` is the share of the objects in V8's heap snapshot that
    the table counts under V8's names."""

    v8: str
    node: str
    constants: int
    taken_over: int
    types: int
    census_equal: float


def rows(learnt: Learnt, every: bool) -> Iterator[Row]:
    """The constants that were taken over, or all, and the total."""
    taken = set(learnt.not_derived)
    constants = learnt.document["constants"]
    for name, (value, source) in constants.items():
        if every or name in taken:
            yield LearntRow(name, value, name not in taken, source)
    yield LearntTotal(
        learnt.v8,
        learnt.node,
        len(constants),
        len(taken),
        len(learnt.document["instance_types"]),
        learnt.census_equal,
    )
