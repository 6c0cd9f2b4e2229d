"""The graph of a session's heap: what holds what. Made once, in slices.

Nodes are all objects outside code space, numbered in the order of pages; edges are their tagged
slots (docs/graph.md).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Callable, Iterable, Iterator, Optional, Sequence

from v8inspect.heap.dispatch_table import dispatch_table
from v8inspect.heap.heap import SHARED
from v8inspect.heap.slot_rules import slot_rules
from v8inspect.scan import scanner as scan
from v8inspect.scan.graph import EDGE_SHIFT, NO_NODE, WEAK, GraphSums, ScannedGraph

if TYPE_CHECKING:
    from v8inspect.heap.dominators import Dominators
    from v8inspect.heap.graph_roots import Root
    from v8inspect.heap.heap import Heap
    from v8inspect.session import Session

_FETCHED = 1 << 10  # nodes at once
_SLICE_NODES = 1 << 19  # between two looks at progress: some 50 ms


class Graph:
    """Nodes and edges of all isolates of a dump; the other way once `turn` was called."""

    def __init__(self, session: Session) -> None:
        self._session = session
        heap = session.heap
        scanned = ScannedGraph(heap.scanner)
        try:
            if session.index is not None:
                heap.walked()
            self.scanned = scanned
            rules, table = slot_rules(session.layout), dispatch_table(session)
            scanned.begin(rules, table)
            kept = None if session.index is None else session.index.graph(self, heap)
            self._is_kept = kept is not None
            self._ranges: dict[int, tuple[int, int]] = kept or {}
            if kept is None:
                scanned.begin(rules, table)
                self._make(heap)
        except BaseException:
            scanned.free()  # half a graph is of no use
            raise
        self._turned = kept is not None
        self.sums: GraphSums = scanned.sums()
        self._types = [map_.type for map_ in heap.scanner.maps()]
        self._roots: Optional[Sequence[Root]] = None
        self._live: Optional[array[int]] = None
        self._dominators: Optional[Dominators] = None

    def _make(self, heap: Heap) -> None:
        scanned = self.scanned
        first = 0
        for number in self._number(heap):
            last = scanned.sums().nodes
            self._ranges[number] = (first, last)
            first = last
        self._read_edges(first)

    def _read_edges(self, nodes: int) -> None:
        others = self.scanned.split()
        half = self.scanned.half() if others else None
        try:
            self._sliced("reading references", self.scanned.edges, others or nodes)
            if half is not None:
                while not half.is_done():
                    self._session.progress("reading references", nodes, nodes)
                self.scanned.join()
        finally:
            if half is not None:
                half.stop()

    @staticmethod
    def _number(heap: Heap) -> Iterator[int]:
        """Walks the heap, which is counted at the same time if it was not before."""
        if not heap.has_walked:
            yield from heap.count(scan.NODES)
            return
        for number in heap.numbers:
            for _ in heap.walk(number, scan.NODES):
                pass
            yield number

    @property
    def has_marks(self) -> bool:
        """Whether it is known already what is alive."""
        return self._live is not None

    @property
    def has_dominators(self) -> bool:
        """Whether there are dominators already."""
        return self._dominators is not None

    @property
    def is_kept(self) -> bool:
        """Whether it was taken from an index."""
        return self._is_kept

    def facts(self) -> dict[str, object]:
        """What an index says of it beside its parts."""
        sums = self.sums
        return {
            "nodes": sums.nodes,
            "edges": sums.edges,
            "pairs": sums.pairs,
            "ranges": {str(number): list(range_) for number, range_ in self._ranges.items()},
            "stats": self.scanned.packed_sums().hex(),
        }

    @property
    def is_whole(self) -> bool:
        """Whether every object that is walked is a node."""
        return self.sums.beyond == 0

    def collect(self, isolate: int) -> Iterator[None]:
        """Has the scanner collect an isolate's instances of the Maps that are selected, slice by
        slice."""
        first, last = self.range(isolate)
        for at in range(first, last, _SLICE_NODES):
            self._session.progress("looking for objects", at - first, last - first)
            self.scanned.collect(at, min(at + _SLICE_NODES, last))
            yield

    def turn(self) -> None:
        """Makes the edges of the other way, for whoever looks at what holds something."""
        if not self._turned:
            nodes = self.sums.nodes
            self._sliced("counting references", self.scanned.degrees, nodes)
            self._sliced("turning references round", self.scanned.reverse, nodes)
            self._turned = True

    @property
    def roots(self) -> Sequence[Root]:
        """Everything that is alive by itself."""
        if self._roots is None:
            from v8inspect.heap.graph_roots import roots

            index = self._session.index
            if self._is_kept and index is not None:
                self._roots = index.roots(self)
        if self._roots is None:
            self._roots = roots(self._session, self)
        return self._roots

    @property
    def dominators(self) -> Dominators:
        """What would go with what."""
        if self._dominators is None:
            from v8inspect.heap.dominators import Dominators

            self._dominators = Dominators(self._session, self)
        return self._dominators

    def alive(self, words: Sequence[int]) -> list[bool]:
        """Whether the objects at these tagged addresses are: roots lead to them."""
        live = self._marks()
        return [
            node != NO_NODE and bool(live[node >> 6] >> (node & 63) & 1)
            for node in self.scanned.nodes(words)
        ]

    def live_marks(self) -> array[int]:
        """A bit for each node, the lowest first: whether it is alive."""
        return self._marks()

    def live_counts(self, isolate: int) -> tuple[array[int], array[int]]:
        """(number, bytes) of an isolate's live objects, by index of their Map."""
        self._marks()
        first, last = self.range(isolate)
        return self.scanned.census(first, last, len(self._types))

    def _marks(self) -> array[int]:
        if self._live is None:
            from v8inspect.heap.graph_roots import FLUSHED

            self.scanned.roots(
                [
                    root.node | (WEAK << EDGE_SHIFT if root.category == FLUSHED else 0)
                    for root in self.roots
                ]
            )
            index = self._session.index
            done = self._is_kept and index is not None and index.alive(self)
            while not done:
                self._session.progress("looking for what is alive", 0, 0)
                done = self.scanned.reach(_SLICE_NODES)
            # Ctrl-C may come between two lines: what says that all is done comes last.
            self.sums = self.scanned.sums()
            self._live = self.scanned.live()
        return self._live

    def node(self, word: int) -> Optional[int]:
        """The node at a tagged address, or where a collection has moved it."""
        node = self.scanned.nodes((word,))[0]
        return None if node == NO_NODE else node

    def word(self, node: int) -> int:
        """The tagged address of a node."""
        return self.scanned.objects(node, 1)[0][0] + 1

    def range(self, isolate: int) -> tuple[int, int]:
        """[first, last) of the nodes that are the isolate's (SHARED: those of read-only space)."""
        return self._ranges.get(isolate, (0, 0))

    def objects_of(self, nodes: Iterable[int]) -> Iterator[tuple[int, int, int]]:
        """(untagged address, index of the Map, size in words) of nodes, which ascend mostly."""
        first, found = 0, self.scanned.objects(0, 0)
        for node in nodes:
            if not first <= node < first + len(found[0]):
                first, found = node, self.scanned.objects(node, _FETCHED)
            at = node - first
            yield found[0][at], found[1][at], found[2][at]

    def isolate_of(self, node: int) -> Optional[int]:
        """The number of the isolate that a node is in; None: in read-only space."""
        for isolate, (first, last) in self._ranges.items():
            if first <= node < last:
                return None if isolate == SHARED else isolate
        return None

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
