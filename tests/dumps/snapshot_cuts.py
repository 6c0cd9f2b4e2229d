"""What tells V8's snapshot of a process from ours of its core, as edges that can be taken out.

A reason why retained sizes differ is proven by leaving it out: the file without those edges, read
by the same program, must give what the other file gives.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Collection, Iterator

from tests.dumps.graph_oracle import Graph

# V8 visits its weak tables of strings as if they were roots.
_TABLES = ("(Internalized strings)", "(External strings)")
# Groups of roots that change from one call to the next.
_MOMENT = ("(Stack roots)", "(Handle scope)")
# What V8's compiler holds while it works: slots of "(Strong roots)" with this name.
_JOB = "IdentityMapBase"
_BYTES = "system / JSArrayBufferData"


@dataclass(frozen=True)
class Pair:
    """V8's snapshot and ours of the same process, with the addresses of their objects."""

    theirs: Graph
    ours: Graph

    def tables(self) -> list[int]:
        """V8's edges from tables of strings."""
        return list(_of_roots(self.theirs, _TABLES))

    def natives(self) -> list[int]:
        """V8's edges from and to objects of Node.js' C++ that are no objects of the heap. Wrappers
        that V8 shows under a native's name are some."""
        known = _addresses(self.ours)
        native = {
            node
            for node, (kind, name) in enumerate(zip(self.theirs.type, self.theirs.name))
            if kind in ("native", "synthetic")
            and name.startswith(("Node / ", "C++ "))
            and self.theirs.address[node] not in known
        }
        return list(_touching(self.theirs, native))

    def later(self) -> tuple[tuple[list[int], set[int]], tuple[list[int], set[int]]]:
        """What came or went between the snapshot and the core, of V8's and of ours: edges from
        words on stacks, handles and the compiler's jobs to what they do not hold in the other one,
        and nodes of objects that the other one has not."""
        return _only(self.theirs, self.ours), _only(self.ours, self.theirs)

    def outside(self) -> list[int]:
        """V8's edges that DevTools does not count: into what the user's roots reach from elsewhere,
        and from the table of a WeakMap to a value."""
        graph = self.theirs
        pending = [to for kind, _, to in graph.edges(0) if kind == "shortcut"]
        own = set(pending)
        while pending:
            for kind, _, to in graph.edges(pending.pop()):
                if kind != "weak" and to not in own:
                    own.add(to)
                    pending.append(to)
        return [
            edge
            for node in range(1, len(graph.type))
            for edge in range(graph.first[node], graph.first[node + 1])
            if (node not in own and graph.target[edge] in own)
            or (
                graph.type[node] == "array"
                and graph.edge_type[edge] == "internal"
                and "part of key" in str(graph.edge_name[edge])
            )
        ]


def cut(
    snapshot: Path, out: Path, edges: Collection[int], graph: Graph, gone: Collection[int] = ()
) -> Path:
    """Writes the snapshot with those edges weak; nodes that are `gone` have none, and no bytes."""
    data = json.loads(snapshot.read_text())
    meta = data["snapshot"]["meta"]
    weak, step = meta["edge_types"][0].index("weak"), len(meta["node_fields"])
    for edge in {*edges, *_touching(graph, gone)}:
        data["edges"][3 * edge] = weak
    size = meta["node_fields"].index("self_size")
    for node in gone:
        data["nodes"][node * step + size] = 0
    out.write_text(json.dumps(data))
    return out


def _only(graph: Graph, other: Graph) -> tuple[list[int], set[int]]:
    held = {other.address[other.target[edge]] for edge in _of_roots(other, _MOMENT)}
    edges = [
        edge for edge in _of_roots(graph, _MOMENT) if graph.address[graph.target[edge]] not in held
    ]
    edges += _of_roots(graph, ("(Strong roots)",), lambda name: _JOB in name)
    known = _addresses(other)
    return edges, {node for node, address in _objects(graph) if address not in known}


def _objects(graph: Graph) -> Iterator[tuple[int, int]]:
    """Nodes of objects, with their addresses. Memory of buffers has one too, in V8's."""
    for node, address in enumerate(graph.address):
        if address and graph.name[node] != _BYTES:
            yield node, address


def _addresses(graph: Graph) -> set[int]:
    return {address for _, address in _objects(graph)}


def _of_roots(
    graph: Graph, groups: Collection[str], named: Callable[[str], bool] = lambda name: True
) -> Iterator[int]:
    """The edges of groups of roots, by name."""
    for node, (kind, name) in enumerate(zip(graph.type, graph.name)):
        if kind == "synthetic" and name in groups:
            for edge in range(graph.first[node], graph.first[node + 1]):
                if named(str(graph.edge_name[edge])):
                    yield edge


def _touching(graph: Graph, nodes: Collection[int]) -> Iterator[int]:
    """The edges from and to nodes."""
    if nodes:
        for node in range(len(graph.type)):
            for edge in range(graph.first[node], graph.first[node + 1]):
                if node in nodes or graph.target[edge] in nodes:
                    yield edge
