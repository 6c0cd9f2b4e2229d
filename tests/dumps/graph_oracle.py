"""V8's heap snapshot as a graph over the addresses of a core: the oracle for our own graph."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Sequence, Union

from tests.provision.idmap import id_map

JS = ("object", "closure", "regexp")


@dataclass(frozen=True)
class Graph:
    """The snapshot; nodes are counted from 0, in its order. `address` 0: none in the core."""

    type: Sequence[str]
    name: Sequence[str]
    size: Sequence[int]
    address: Sequence[int]
    first: Sequence[int]  # edge of each node, and the end
    edge_type: Sequence[str]
    edge_name: Sequence[Union[str, int]]
    target: Sequence[int]

    def edges(self, node: int) -> Iterator[tuple[str, Union[str, int], int]]:
        """(type, name, target) of the edges of a node."""
        for i in range(self.first[node], self.first[node + 1]):
            yield self.edge_type[i], self.edge_name[i], self.target[i]

    @classmethod
    def load(cls, snapshot: Path, core: Path) -> Graph:
        """Reads the snapshot, and where its nodes are from V8's own table in the core."""
        data: dict[str, Any] = json.loads(snapshot.read_text())
        meta, strings = data["snapshot"]["meta"], data["strings"]
        fields, flat, edges = meta["node_fields"], data["nodes"], data["edges"]
        step = len(fields)
        types, kinds = meta["node_types"][0], meta["edge_types"][0]

        def column(field: str) -> list[int]:
            return flat[fields.index(field) :: step]

        places = id_map(core)
        first = [0]
        for count in column("edge_count"):
            first.append(first[-1] + count)
        edge_type = [kinds[kind] for kind in edges[::3]]
        return cls(
            [types[kind] for kind in column("type")],
            [strings[name] for name in column("name")],
            column("self_size"),
            # Even ids are native objects.
            [places.get(ident, 0) if ident & 1 else 0 for ident in column("id")],
            first,
            edge_type,
            [
                name if kind in ("element", "hidden") else strings[name]
                for kind, name in zip(edge_type, edges[1::3])
            ],
            [target // step for target in edges[2::3]],
        )
