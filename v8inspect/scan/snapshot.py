"""The scanner's writer of heap snapshots as Python sees it."""

from __future__ import annotations

from array import array
from functools import partial
from itertools import cycle
from typing import Callable, Generator, Iterator, NamedTuple, Optional, Sequence, Union

from v8inspect.scan.halves import Half
from v8inspect.scan.scanner import Scanner

# How a node is named (V8S_NAME_…).
FIXED, STRING, FIELD, CLOSURE, SHARED, SYMBOL = range(6)

# What is shown of an object besides its slots (V8S_VIEW_…).
OBJECT = 1
FUNCTION = 2
BOUND = 4
CONTEXT = 8
BLOCK = 16
EVAL = 32
MAP = 64
CODE = 128
NUMBERED = 256
EPHEMERONS = 512
PLAIN = 1024
BUFFER = 2048
EXTERNAL = 4096
ODD = 8192
GLOBAL = 16384
PROXY = 32768
MASKED = 65536
INLINE = 131072
DEOPT = 262144

# What a holder of an array makes of its node (V8S_TAG_…).
TAG_ONE, TAG_POOL, TAG_FEEDBACK, TAG_DEOPT, TAG_NAMES, TAG_POSITIONS = range(6)
SAME = 0xFFFFFFFF  # the node's type stays

COUNT, NODES, EDGES, STRINGS, DONE = range(1, 6)

_PIECE = 4 << 20  # bytes
_ROWS = 1 << 20
_TEXT_OF_ROWS = 4  # times their bytes at most


class NodeView(NamedTuple):
    """How the nodes of a Map's instances look (v8s_node_view)."""

    type: int
    rule: int
    name: int
    flags: int
    first: int


class NamedSlot(NamedTuple):
    """A slot that has a name (v8s_named_slot)."""

    type: int
    offset: int
    name: int


class Tag(NamedTuple):
    """What instances of a type make of the node in one of their slots (v8s_tag)."""

    type: int
    offset: int
    how: int
    name: int
    node_type: int


class Counts(NamedTuple):
    """Of what the file has."""

    nodes: int
    edges: int
    strings: int
    exhausted: int  # 1: so many objects share parts that some are not shown


Text = Union[memoryview, Callable[[], memoryview]]


class Piece(NamedTuple):
    """Text of the file, or what makes it, in any thread, but one piece's at a time: good until the
    third piece after it is asked for. The stage that it is of, and how far that is."""

    text: Text
    stage: int
    done: int
    total: int


def hashes(scanner: Scanner) -> Half:
    """Makes hashes of strings in a thread of its own, from when there are nodes until a writer asks
    for text; it is to be stopped by then."""
    scanner.sliced("hashes_begin")
    return Half(scanner, "hashes_half")


class SnapshotWriter:
    """One file that is being written, of the graph of a scanner."""

    def __init__(
        self,
        scanner: Scanner,
        layout: dict[str, int],
        views: Sequence[NodeView],
        slots: Sequence[NamedSlot],
        tags: Sequence[Tag],
        texts: Sequence[str],
        kept: array[int],
    ) -> None:
        """`texts` are all different, the first one empty; `kept` has a bit for each node."""
        self._scanner = scanner
        pack = scanner.struct
        raw = [text.encode("utf-8", "replace") for text in texts]
        ends, end = array("Q"), 0
        for text in raw:
            end += len(text)
            ends.append(end)
        scanner.sliced(
            "snapshot_begin",
            scanner.pack("v8s_snapshot_layout", layout),
            b"".join(pack("v8s_node_view").pack(*view) for view in views),
            len(views),
            b"".join(pack("v8s_named_slot").pack(*slot) for slot in slots),
            len(slots),
            b"".join(pack("v8s_tag").pack(*tag) for tag in tags),
            len(tags),
            b"".join(raw),
            ends,
            len(ends),
            kept,
        )

    def buffers(self, nodes: Sequence[int], shared: Sequence[int], sizes: Sequence[int]) -> None:
        """Nodes, ascending, with memory outside the heap: which of `sizes` it is."""
        self._scanner.sliced(
            "snapshot_buffers",
            array("I", nodes),
            array("I", shared),
            len(nodes),
            array("Q", sizes),
            len(sizes),
        )

    def names(self, nodes: Sequence[int], texts: Sequence[int]) -> None:
        """Nodes, ascending, and their own names, by number."""
        self._scanner.sliced("snapshot_names", array("I", nodes), array("I", texts), len(nodes))

    def plain(self, nodes: Sequence[int]) -> None:
        """Nodes to which only properties, elements and variables lead."""
        self._scanner.sliced("snapshot_plain", array("I", nodes), len(nodes))

    def rest(self, nodes: Sequence[int], sizes: Sequence[int], root_size: int, name: int) -> None:
        """What nodes, ascending, retain beside what is in the file, under the name numbered so."""
        self._scanner.sliced(
            "snapshot_rest", array("I", nodes), array("Q", sizes), len(nodes), root_size, name
        )

    def bridges(self, pairs: Sequence[tuple[int, int]], name: int) -> None:
        """Edges, where there are none, from the first node of each pair to the second; by the
        first one, which may be the root: the number of nodes."""
        first, second = array("I", [a for a, _ in pairs]), array("I", [b for _, b in pairs])
        self._scanner.sliced("snapshot_bridges", first, second, len(pairs), name)

    def roots(
        self, nodes: Sequence[int], groups: Sequence[int], names: Sequence[int], user: Sequence[int]
    ) -> None:
        """Roots and their groups, in the order of these; the groups' names; the user's roots."""
        self._scanner.sliced(
            "snapshot_roots",
            array("I", nodes),
            array("I", groups),
            len(nodes),
            array("I", names),
            array("I", user),
            len(user),
        )

    def pieces(self) -> Generator[Piece, None, None]:
        """The file's text. A stage ends with a piece without text, of the next stage. To be closed
        before `free`."""
        split = self._scanner.sliced("snapshot_split")
        half = Half(self._scanner, "snapshot_half") if split else None
        try:
            yield from self._pieces(half)
        finally:
            if half is not None:
                half.stop()

    def _pieces(self, half: Optional[Half]) -> Iterator[Piece]:
        outs = cycle([bytearray(_PIECE) for _ in range(3)])
        text_of_rows = bytearray(_TEXT_OF_ROWS * _ROWS)
        state, sums = array("I", (0,)), array("Q", (0, 0))
        stage = COUNT
        total = array("Q", (0,))
        while stage != DONE:
            out = next(outs)
            size = _ROWS if stage == NODES else len(out)
            n = self._scanner.sliced("snapshot_more", out, size, state, sums, total)
            if half is not None and sums[0] == total[0]:
                if not half.is_done():
                    yield Piece(memoryview(b""), stage, sums[0], total[0])
                    continue
                self._scanner.sliced("snapshot_join")
                half = None
            is_rows = stage == NODES and n > 0
            stage = state[0]
            text: Text = memoryview(out)[:n]
            if is_rows:
                text = partial(self._text, out, n, text_of_rows)
            yield Piece(text, stage, sums[0], total[0])

    def _text(self, rows: bytearray, size: int, out: bytearray) -> memoryview:
        n = self._scanner.call("snapshot_text", rows, size, out, len(out))
        return memoryview(out)[:n]

    def counts(self) -> Counts:
        """What the file has: edges are counted before its first byte."""
        out = array("Q", (0, 0, 0, 0))
        self._scanner.call("snapshot_counts", out)
        return Counts._make(out)

    def free(self) -> None:
        """Forgets all of it."""
        self._scanner.call("snapshot_free")
