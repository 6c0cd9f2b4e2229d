"""The graph of a session's heap: what holds what. Made once, in slices.

Nodes are all objects outside code space, numbered in the order of pages; edges are their tagged
slots (docs/graph.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional, Sequence

from v8inspect.heap.dispatch_table import dispatch_table
from v8inspect.heap.slot_rules import slot_rules
from v8inspect.scan import scanner as scan
from v8inspect.scan.graph import NO_NODE, GraphSums, ScannedGraph

if TYPE_CHECKING:
    from v8inspect.heap.graph_roots import Root
    from v8inspect.session import Session

_SLICE_NODES = 1 << 19  # between two looks at progress: some 50 ms


class Graph:
    """Nodes and edges of all isolates of a dump, both ways."""

    def __init__(self, session: Session) -> None:
        self._session = session
        heap = session.heap
        scanned = ScannedGraph(heap.scanner)
        try:
            scanned.begin(slot_rules(session.layout), dispatch_table(session))
            for number in heap.numbers:
                for _ in heap.walk(number, scan.NODES):
                    pass
            count = scanned.sums().nodes
            self._sliced("reading references", scanned.edges, count)
            self._sliced("turning references round", scanned.reverse, count)
        except BaseException:
            scanned.free()  # half a graph is of no use
            raise
        self.scanned = scanned
        self.sums: GraphSums = scanned.sums()
        self._types = [map_.type for map_ in heap.scanner.maps()]
        self._roots: Optional[Sequence[Root]] = None

    @property
    def roots(self) -> Sequence[Root]:
        """Everything that is alive by itself."""
        if self._roots is None:
            from v8inspect.heap.graph_roots import roots

            self._session.progress("looking for roots", 0, 0)
            self._roots = roots(self._session, self)
        return self._roots

    def node(self, word: int) -> Optional[int]:
        """The node at a tagged address, or where a collection has moved it."""
        node = self.scanned.nodes((word,))[0]
        return None if node == NO_NODE else node

    def word(self, node: int) -> int:
        """The tagged address of a node."""
        return self.scanned.objects(node, 1)[0][0] + 1

    def type_of(self, node: int) -> int:
        """The instance type of a node."""
        return self._types[self.scanned.objects(node, 1)[1][0]]

    def type_at(self, word: int) -> Optional[int]:
        """The instance type of the object at a tagged address."""
        node = self.node(word)
        return None if node is None else self.type_of(node)

    def _sliced(self, what: str, stage: Callable[[int, int], None], count: int) -> None:
        for first in range(0, max(count, 1), _SLICE_NODES):
            self._session.progress(what, first, count)
            stage(first, min(first + _SLICE_NODES, count))
