"""Our `.heapsnapshot` beside V8's own of the same process, object by object."""

from __future__ import annotations

import collections
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, Optional, Sequence, Union

from tests.dumps.graph_oracle import JS, Graph

Edge = tuple[str, Union[str, int], object]
_PAIR = " / part of key ("
NATIVE = ("native", "synthetic")


def load(path: Path, addresses: Sequence[int], first: int) -> Graph:
    """Our file; node `first` on are objects, at these addresses."""
    data: dict[str, Any] = json.loads(path.read_text())
    meta, strings = data["snapshot"]["meta"], data["strings"]
    fields, flat, edges = meta["node_fields"], data["nodes"], data["edges"]
    step = len(fields)
    types, kinds = meta["node_types"][0], meta["edge_types"][0]
    assert data["snapshot"]["node_count"] * step == len(flat)
    assert data["snapshot"]["edge_count"] * 3 == len(edges)

    def column(name: str) -> list[int]:
        return flat[fields.index(name) :: step]

    ids = column("id")
    assert len(set(ids)) == len(ids)
    starts = [0]
    for count in column("edge_count"):
        starts.append(starts[-1] + count)
    assert starts[-1] == len(edges) // 3
    places = [0] * len(ids)
    places[first : first + len(addresses)] = addresses
    edge_type = [kinds[kind] for kind in edges[::3]]
    return Graph(
        [types[kind] for kind in column("type")],
        [strings[name] for name in column("name")],
        column("self_size"),
        places,
        starts,
        edge_type,
        [
            name if kind in ("element", "hidden") else strings[name]
            for kind, name in zip(edge_type, edges[1::3])
        ],
        [target // step for target in edges[2::3]],
    )


@dataclass
class Compared:
    """Nodes by group ('js': objects, closures, regular expressions; 'all': all bar native ones):
    how many there are, and how many have the same type, name, size and edges."""

    count: dict[str, int] = field(default_factory=lambda: collections.Counter())
    same: dict[str, int] = field(default_factory=lambda: collections.Counter())
    differences: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def share(self, group: str) -> float:
        """Share of the nodes that are the same."""
        return self.same[group] / max(1, self.count[group])


def edges_of(graph: Graph, node: int) -> Iterator[Edge]:
    """The edges of a node, with the address of what they lead to, or its name where it has none."""
    for kind, name, to in graph.edges(node):
        text = "part of key" if kind == "internal" and _PAIR in str(name) else name
        # Memory of buffers has an address in V8's table: not one of an object.
        address = 0 if graph.type[to] in NATIVE else graph.address[to]
        yield kind, text, address or (graph.type[to], graph.name[to])


def compare(theirs: Graph, ours: Graph) -> Compared:
    """Every node of V8's that has an address, with ours there."""
    at = {address: node for node, address in enumerate(ours.address) if address}
    result = Compared()
    for node, address in enumerate(theirs.address):
        kind = theirs.type[node]
        if not address or kind in NATIVE:
            continue
        groups = ["all"]
        if kind in JS and theirs.name[node] != "system / Context":
            groups.append("js")
        mine = at.get(address)
        what = _difference(theirs, ours, node, mine)
        for group in groups:
            result.count[group] += 1
            result.same[group] += what is None
        if what is not None:
            found = result.differences.setdefault((kind, what[0]), [])
            found.append((theirs.name[node], *what[1:]))
    return result


def _difference(
    theirs: Graph, ours: Graph, node: int, mine: Optional[int]
) -> Optional[tuple[Any, ...]]:
    if mine is None:
        return ("absent",)
    for what in ("type", "name", "size"):
        its, our = getattr(theirs, what)[node], getattr(ours, what)[mine]
        if its != our:
            return what, its, our
    its, our = list(edges_of(theirs, node)), list(edges_of(ours, mine))
    if its == our:
        return None
    expected, found = collections.Counter(its), collections.Counter(our)
    if expected == found:
        return None
    missing, more = expected - found, found - expected
    return "edges", sorted(map(_text, missing))[:4], sorted(map(_text, more))[:4]


def _text(edge: Edge) -> str:
    to = f"{edge[2]:#x}" if isinstance(edge[2], int) else str(edge[2])
    return f"{edge[0]} {edge[1]} {to}"
