"""What V8's heap snapshots look like, by version: the files beside this one.

Made by tools/layout/edge_names.py from snapshots that V8 itself wrote. Tests compare what comes of
them with other snapshots, object by object (tests/dumps/test_snapshot.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class SnapshotFormat:
    """The format of one V8: `meta` as it is written; the groups of roots in their order; names of
    slots by instance type and byte; the byte from which slots of a type are numbered; V8's names
    for builtins (with a %s) and Maps of strings; instance types whose nodes are arrays; types of
    nodes of others, where they have one; those that have no name."""

    meta: Mapping[str, Any]
    roots: Sequence[str]
    slots: Mapping[str, Mapping[int, str]]
    elements: Mapping[str, int]
    builtin: str
    string_maps: Mapping[str, str]
    arrays: frozenset[str]
    types: Mapping[str, str]
    unnamed: frozenset[str]

    @property
    def code_named(self) -> bool:
        """Whether Code that is no builtin has the name of its function (all but 11.3)."""
        return not self.builtin.endswith(" handle)")

    @property
    def streams_named(self) -> bool:
        """Whether machine code has too, and every function without a name is shown as "(shared
        function info)" (12.4 on)."""
        return self.builtin.endswith(" code)")

    @property
    def node_types(self) -> Sequence[str]:
        """Types of nodes by their numbers."""
        types: Sequence[str] = self.meta["node_types"][0]
        return types

    @property
    def edge_types(self) -> Sequence[str]:
        """Types of edges by their numbers."""
        types: Sequence[str] = self.meta["edge_types"][0]
        return types


def snapshot_format(table: str) -> SnapshotFormat:
    """The format of the V8 that the layout's table `table` ('12.4') is of; of one that no snapshot
    was read of, that of the nearest one before it."""
    known = sorted((_number(path.stem[3:]), path) for path in _FOLDER.glob("v8-*.json"))
    before = [path for number, path in known if number <= _number(table)]
    data = json.loads((before[-1] if before else known[0][1]).read_text())
    return SnapshotFormat(
        data["meta"],
        data["roots"],
        {
            name: {int(at): text for at, text in slots.items()}
            for name, slots in data["slots"].items()
        },
        data["elements"],
        data["builtin"],
        data["string_maps"],
        frozenset(data["arrays"]),
        data["types"],
        frozenset(data["unnamed"]),
    )


def _number(table: str) -> tuple[int, ...]:
    return tuple(int(part) for part in table.split("."))
