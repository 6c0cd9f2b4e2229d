"""The scanner's graph as Python sees it: nodes are numbers, edges rows of them."""

from __future__ import annotations

from array import array
from typing import Any, Callable, Iterator, NamedTuple, Sequence, Union

from v8inspect.scan.halves import Half
from v8inspect.scan.scanner import Buffer, Scanner

NO_NODE = 0xFFFFFFFF
_SLICE = 1 << 20  # nodes that are looked at at once: some 50 ms

EDGE_SHIFT = 30
NODE_MASK = (1 << EDGE_SHIFT) - 1
STRONG, EPHEMERON, WEAK = 0, 1, 2  # kinds of edge, above EDGE_SHIFT

# Rules for slots (v8s_slot_rule).
SLOTS_RAW = 1
SLOTS_WEAK = 2
SLOTS_WEAK_TAIL = 3
SLOTS_PAIRS = 4
SLOTS_HANDLE = 5
SLOTS_CODE = 6
SLOTS_IN_CODE = 7
SLOTS_SKIP = 8


class SlotRule(NamedTuple):
    """Slots of instances of `type` that are not what their tag says (v8s_slot_rule)."""

    type: int
    rule: int
    first: int


class GraphSums(NamedTuple):
    """What a graph has (v8s_graph_stats); `bytes` are those of its objects."""

    nodes: int
    bytes: int
    edges: int
    weak: int
    pairs: int
    forwarded: int
    dangling: int
    beyond: int
    live: int
    live_bytes: int


class ClassSums(NamedTuple):
    """Objects of one class (v8s_class): those inside another one of it retain nothing more."""

    objects: int
    bytes: int
    retained: int


# How the slots of a Map's instances are told apart (v8s_graph_patterns); the number of a word goes
# above FOLD_SHIFT.
FOLD_FIELDS, FOLD_ALL, FOLD_ENTRIES, FOLD_NAMES, FOLD_CONTEXT, FOLD_CELLS = range(6)
FOLD_SHIFT = 8


class Pattern(NamedTuple):
    """Objects that are reached alike (v8s_pattern): `parent` is the pattern of what holds them
    (NO_NODE: roots, of the class in the lower bits of `label`)."""

    label: int
    parent: int
    class_: int
    sample: int
    names: int
    objects: int
    bytes: int


class Filling(NamedTuple):
    """What a node dominates immediately of one class (v8s_filling); the number of nodes stands for
    the root."""

    dominator: int
    class_: int
    greatest: int
    unused: int
    objects: int
    bytes: int
    retained: int
    most: int


class Edge(NamedTuple):
    """One end of an edge: a node, and STRONG, EPHEMERON (key to value) or WEAK."""

    node: int
    kind: int


class ScannedGraph:
    """The graph of one scanner. Its stages are called in their order, each slice by slice."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner

    def begin(self, rules: Sequence[SlotRule], dispatch_table: int) -> None:
        """Forgets an older graph; then all pages are to be walked with NODES."""
        pack = self._scanner.struct("v8s_slot_rule").pack
        packed = b"".join(pack(*rule) for rule in rules)
        self._scanner.sliced("graph_begin", packed, len(rules), dispatch_table)

    def edges(self, first: int, last: int) -> None:
        """Reads the slots of nodes [first, last)."""
        self._scanner.sliced("graph_edges", first, last)

    def split(self) -> int:
        """Before `edges`: leaves the nodes from the one that it returns to `half`; 0: none."""
        return self._scanner.sliced("graph_split")

    def half(self) -> Half:
        """Begins to read the slots of those in a thread of its own."""
        return Half(self._scanner, "graph_half")

    def join(self) -> None:
        """Puts both together when they are done."""
        self._scanner.sliced("graph_join")

    def degrees(self, first: int, last: int) -> None:
        """Counts where the edges of nodes [first, last) lead: before any is turned round."""
        self._scanner.sliced("graph_degrees", first, last)

    def reverse(self, first: int, last: int) -> None:
        """Turns the edges of nodes [first, last) round."""
        self._scanner.sliced("graph_reverse", first, last)

    def free(self) -> None:
        """Forgets the graph."""
        self._scanner.call("graph_free")

    def sums(self) -> GraphSums:
        """Numbers of the graph so far."""
        return GraphSums._make(self._scanner.struct("v8s_graph_stats").unpack(self.packed_sums()))

    def packed_sums(self) -> bytes:
        """The same as they lie in memory."""
        out = bytearray(self._scanner.struct("v8s_graph_stats").size)
        self._scanner.call("graph_sums", out)
        return bytes(out)

    def nodes(self, words: Sequence[int]) -> array[int]:
        """The nodes that tagged words lead to; NO_NODE where to none."""
        given = array("Q", words)
        out = array("I", bytes(4 * len(given)))
        self._scanner.call("graph_nodes", given, out, len(given))
        return out

    def objects(self, first: int, count: int) -> tuple[array[int], array[int], array[int]]:
        """(untagged addresses, indices of Maps, sizes in words) of nodes from `first` on."""
        address = array("Q", bytes(8 * count))
        map_ = array("I", bytes(4 * count))
        words = array("I", bytes(4 * count))
        n = self._scanner.call("graph_objects", first, address, map_, words, count)
        return address[:n], map_[:n], words[:n]

    def collect(self, first: int, last: int) -> None:
        """As `Scanner.walk` with COLLECT, of the nodes [first, last) outside code space."""
        self._scanner.sliced("graph_collect", first, last)

    def row(self, node: int, reverse: bool = False, most: int = 1 << 16) -> list[Edge]:
        """Where the edges of a node lead, or (`reverse`) come from; `most` of them."""
        out = array("I", bytes(4 * min(most, 16)))
        n = self._scanner.call("graph_row", reverse, node, 0, out, len(out))
        if n > len(out) and len(out) < most:
            out = array("I", bytes(4 * min(n, most)))
            self._scanner.call("graph_row", reverse, node, 0, out, len(out))
        return [Edge(word & NODE_MASK, word >> EDGE_SHIFT) for word in out[:n]]

    def rows(self, reverse: bool = False) -> tuple[array[int], array[int]]:
        """All edges: those of node n are the second array from first[n] to first[n + 1], with
        their kinds above EDGE_SHIFT."""
        sums = self.sums()
        start = array("I", bytes(4 * (sums.nodes + 1)))
        target = array("I", bytes(4 * sums.edges))
        self._scanner.call("graph_rows", reverse, start, len(start), target, len(target))
        return start, target

    def part(self, number: int, first: int, size: int) -> bytes:
        """Bytes [first, first + size) of a part (v8s_graph_part), as many as there are."""
        out = bytearray(size)
        n = self._scanner.call("graph_part", number, first, out, size)
        return bytes(out[: max(n, 0)])

    def adopt(
        self,
        buffer: Any,
        counts: Sequence[int],
        places: Sequence[int],
        stats: bytes,
        progress: Callable[[], None],
    ) -> bool:
        """After `begin`: takes nodes, edges and pairs (`counts`) that were kept in `buffer` at
        these offsets, and reads them there. False: they do not fit. Calls `progress` between two
        slices."""
        size = self._scanner.struct("v8s_graph_stats").size
        base = self._scanner.host(buffer)
        where = [base + place for place in places]
        if len(stats) != size or self._scanner.call("graph_adopt", *counts, *where, stats) != 0:
            return False
        while True:
            done: int = self._scanner.call("graph_adopt_step", _SLICE)
            if done != 0:
                return done == 1
            progress()

    def adopt_live(self, data: Any) -> bool:
        """After `roots`: takes the marks."""
        return self._scanner.call("graph_adopt_live", data, len(data) // 8) == 0

    def adopt_dominators(self, buffer: Any, places: Sequence[int], count: int) -> bool:
        """Takes dominators and retained sizes, and reads them where they are."""
        base = self._scanner.host(buffer)
        where = [base + place for place in places]
        return self._scanner.call("graph_adopt_dominators", *where, count) == 0

    def roots(self, nodes: Sequence[int]) -> None:
        """Where reaching begins; of a node with WEAK above EDGE_SHIFT nothing is followed."""
        given = array("I", nodes)
        self._scanner.sliced("graph_roots", given, len(given))

    def reach(self, budget: int) -> bool:
        """Marks up to `budget` nodes that are alive; whether all are."""
        return self._step("graph_reach", budget)

    def live(self) -> array[int]:
        """The marks, a bit for each node."""
        words = self.sums().nodes // 64 + 1
        out = array("Q", bytes(8 * words))
        self._scanner.call("graph_live", out, words)
        return out

    def census(self, first: int, last: int, maps: int) -> tuple[array[int], array[int]]:
        """(number, bytes) of the live nodes in [first, last), by Map."""
        count = array("Q", bytes(8 * maps))
        size = array("Q", bytes(8 * maps))
        self._scanner.sliced("graph_census", first, last, count, size, maps)
        return count, size

    def paths(
        self, node: int, most: int, progress: Callable[[], None] = lambda: None
    ) -> list[array[int]]:
        """Ways to a live node from roots, the shortest first: each from the node to its root. Calls
        `progress` between two slices."""
        self._scanner.sliced("graph_paths", node, most)
        while not self._step("graph_paths_step", _SLICE):
            progress()
        size = self._scanner.call("graph_paths_found", 0, 0)
        out = array("I", bytes(4 * size))
        if size:
            self._scanner.call("graph_paths_found", out, size)
        found, at = [], 0
        while at < size:
            found.append(out[at + 1 : at + 1 + out[at]])
            at += 1 + out[at]
        return found

    def dominate(
        self,
        user_roots: Sequence[int],
        outside: Sequence[int],
        outside_bytes: Sequence[int],
        apart: Sequence[int] = (),
        unsized: int = 0,
    ) -> None:
        """Begins the search for dominators; the nodes `outside` have bytes that are not on the
        heap; no object holds the nodes `apart`, and the first `unsized` nodes have no bytes."""
        given, nodes = array("I", user_roots), array("I", outside)
        sizes, left = array("Q", outside_bytes), array("I", apart)
        self._scanner.sliced(
            "graph_dominate",
            given,
            len(given),
            nodes,
            sizes,
            len(nodes),
            left,
            len(left),
            unsized,
        )

    def dominate_step(self, budget: int) -> bool:
        """Does some of it; whether it is done."""
        return self._step("graph_dominate_step", budget)

    def dominated(self, first: int, count: int) -> tuple[array[int], array[int]]:
        """(immediate dominators, bytes retained) of nodes from `first` on. The number of nodes
        stands for the root, which is the last of them; NO_NODE: not alive."""
        dominator = array("I", bytes(4 * count))
        retained = array("Q", bytes(8 * count))
        n = self._scanner.call("graph_dominated", first, dominator, retained, count)
        return dominator[:n], retained[:n]

    def children(self, dominator: int) -> array[int]:
        """The nodes that a node dominates immediately."""
        n = self._scanner.call("graph_children", dominator, 0, 0)
        out = array("I", bytes(4 * n))
        if n:
            self._scanner.call("graph_children", dominator, out, n)
        return out

    def by_class(
        self,
        classes: Sequence[int],
        odd: Sequence[tuple[int, int]],
        count: int,
        progress: Callable[[], None],
    ) -> list[ClassSums]:
        """Sums of `count` classes: `classes` has that of each Map (NO_NODE: none), `odd` (node,
        class) of others. Calls `progress` between two slices."""
        struct = self._scanner.struct("v8s_class")
        out = bytearray(count * struct.size)
        of_maps, pairs = array("I", classes), sorted(dict(odd).items())
        nodes, own = (array("I", column) for column in (zip(*pairs) if pairs else ((), ())))
        arguments = (of_maps, len(of_maps), nodes, own, len(nodes), out, count)
        self._summed("graph_by_class", arguments, progress)
        return [ClassSums._make(row) for row in struct.iter_unpack(out)]

    def patterns(
        self,
        classes: Sequence[int],
        folds: Sequence[int],
        roots: Sequence[tuple[int, int, int]],
    ) -> None:
        """Begins to put live objects together by how they are reached. `classes` and `folds` are by
        Map; roots are (node, class, phase), those of a phase together."""
        of_maps, how = array("I", classes), array("I", folds)
        flat = array("I", [number for root in roots for number in root])
        self._scanner.sliced("graph_patterns", of_maps, how, len(of_maps), flat, len(roots))

    def patterns_step(self, budget: int) -> bool:
        """Does some of it; whether it is done."""
        return self._step("graph_patterns_step", budget)

    def pattern_rows(self) -> list[Pattern]:
        """All patterns, parents before their children."""
        rows = self._rows("graph_pattern_rows", "v8s_pattern")
        return [Pattern._make(row) for row in rows]

    def pattern_way(self, node: int, most: int) -> list[tuple[int, int]]:
        """(node, pattern) of what leads to a node, itself first, its root last; `most` of them."""
        out = array("I", bytes(8 * most))
        n = self._scanner.call("graph_pattern_way", node, out, 2 * most)
        return list(zip(out[0:n:2], out[1:n:2]))

    def pattern_sums(
        self, classes: Sequence[int], count: int, progress: Callable[[], None]
    ) -> list[ClassSums]:
        """Sums of `count` classes of patterns; `classes` has that of each pattern or NO_NODE. Calls
        `progress` between two slices."""
        struct = self._scanner.struct("v8s_class")
        out = bytearray(count * struct.size)
        given = array("I", classes)
        arguments = (given, len(given), out, count)
        self._summed("graph_pattern_sums", arguments, progress)
        return [ClassSums._make(row) for row in struct.iter_unpack(out)]

    def fillings(
        self, classes: Sequence[int], least: int, progress: Callable[[], None]
    ) -> list[Filling]:
        """What the nodes that retain `least` bytes dominate immediately, by class of their Map.
        Calls `progress` in front of each slice, as `gathered` does."""
        of_maps = array("I", classes)
        for first, last in self._slices(progress):
            self._scanner.sliced("graph_fillings", of_maps, len(of_maps), least, first, last)
        return [Filling._make(row) for row in self._rows("graph_filling_rows", "v8s_filling")]

    def gathered(self, least: int, progress: Callable[[], None], most: int = 1 << 16) -> array[int]:
        """Nodes that retain `least` bytes, and none that they dominate half as much; `most` of
        them."""
        greatest = array("Q", bytes(8 * (self.sums().nodes + 1)))
        for first, last in self._slices(progress):
            self._scanner.sliced("graph_most", greatest, first, last)
        found, out = array("I"), array("I", bytes(4 * most))
        for first, last in self._slices(progress):
            size = most - len(found)
            n = self._scanner.sliced("graph_gathered", least, greatest, first, last, out, size)
            found += out[:n]
        return found

    def _slices(self, progress: Callable[[], None]) -> Iterator[tuple[int, int]]:
        """[first, last) of all nodes, in slices."""
        count = self.sums().nodes
        for first in range(0, max(count, 1), _SLICE):
            progress()
            yield first, min(first + _SLICE, count)

    def _summed(
        self, name: str, arguments: Sequence[Union[int, Buffer]], progress: Callable[[], None]
    ) -> None:
        """Adds up in slices. What was begun is let go of when somebody stops it."""
        try:
            while self._scanner.sliced(name, *arguments, _SLICE) == 0:
                progress()
        except BaseException:
            self._scanner.call(name, *arguments, 0)
            raise

    def _rows(self, name: str, of: str) -> Iterator[tuple[Any, ...]]:
        struct = self._scanner.struct(of)
        count = self._scanner.call(name, 0, 0, 0)
        out = bytearray(count * struct.size)
        if count:
            self._scanner.call(name, 0, out, count)
        return struct.iter_unpack(out)

    def _step(self, name: str, budget: int) -> bool:
        return self._scanner.sliced(name, budget) == 1
