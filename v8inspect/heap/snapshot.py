"""A `.heapsnapshot` of one isolate, in the format of the V8 that was dumped: text, piece by piece.

The graph has the nodes; `csrc/snapshot*.c` make the text, from what Python says once for each Map.
"""

from __future__ import annotations

import json
from array import array
from contextlib import closing
from typing import TYPE_CHECKING, Iterator, NamedTuple, Optional, Sequence, Union

from v8inspect.heap import graph_roots as roots
from v8inspect.heap.dominators import backing_stores, user_roots
from v8inspect.heap.heap import SHARED
from v8inspect.heap.own_objects import own_singletons
from v8inspect.heap.snapshot_codes import code_names
from v8inspect.heap.snapshot_layout import snapshot_layout
from v8inspect.heap.snapshot_part import Part, greatest, of_name, part
from v8inspect.heap.snapshot_views import Texts, Views
from v8inspect.layout.snapshots import SnapshotFormat, snapshot_format
from v8inspect.scan import snapshot as scan
from v8inspect.scan.graph import NO_NODE
from v8inspect.scan.snapshot import Counts, SnapshotWriter, hashes

if TYPE_CHECKING:
    from v8inspect.session import Session

# Where V8's snapshot shows our categories of roots, by the first of these that a version has.
_GROUPS = {
    roots.READ_ONLY: ("(Read-only roots)",),
    roots.STRONG: ("(Strong root list)", "(Strong roots)"),
    roots.FLUSHED: ("(Strong root list)", "(Strong roots)"),
    roots.BUILTINS: ("(Builtins)",),
    roots.CACHE: ("(Startup object cache)",),
    roots.ETERNAL: ("(Eternal handles)",),
    roots.GLOBAL: ("(Global handles)",),
    roots.LOCAL: ("(Handle scope)",),
    roots.MICROTASKS: ("(Micro tasks)", "(Strong roots)"),
    roots.STACK: ("(Stack roots)",),
}
LEFT_OUT = "(left out)"
_THROUGH = "(through what was left out)"
_STAGES = {
    scan.COUNT: "counting references",
    scan.NODES: "writing objects",
    scan.EDGES: "writing references",
    scan.STRINGS: "writing strings",
}
_BETWEEN = {
    scan.EDGES: b'],\n"edges":[',
    scan.STRINGS: (
        b'],\n"trace_function_infos":[],\n"trace_tree":[],\n"samples":[],\n"locations":[],\n'
        b'"strings":['
    ),
    scan.DONE: b"]}\n",
}


class Options(NamedTuple):
    """What is to be in the file: what is alive in the isolate, with `garbage` all of it; of that
    the `top` objects that retain most, or those of the constructor `name`. `masked`: no content of
    strings."""

    isolate: int
    masked: bool = False
    garbage: bool = False
    top: Optional[int] = None
    name: Optional[str] = None


class Snapshot:
    """One file. Made, written by going through `chunks`, and asked for its `counts`."""

    def __init__(self, session: Session, options: Options) -> None:
        self._session = session
        graph = session.graph
        texts = Texts()
        hashing = None if options.masked else hashes(session.heap.scanner)
        try:
            graph.alive(())
            kept, self.part = _kept(session, options)
            form = snapshot_format(session.layout.table)
            views = Views(session, form, texts)
            maps = session.heap.scanner.maps()
            odd = self._odd(texts, views, form, options.isolate)
        finally:
            if hashing is not None:
                hashing.stop()
        odd_maps = {index for walked in session.heap.walked() for index in walked.odd[1]}
        rows = [views.of(map_, index in odd_maps) for index, map_ in enumerate(maps)]
        read_only = graph.range(SHARED)[1]
        layout = snapshot_layout(session.layout, form, texts, options.masked, read_only)
        slots, tags = list(views.slots()), list(views.tags())
        rest_name, through = texts.number(self._rest_name()), texts.number(_THROUGH)
        groups = [texts.number(name) for name in form.roots]
        self._meta = form.meta
        self._writer = SnapshotWriter(
            session.heap.scanner, layout, rows, slots, tags, texts.all, kept
        )
        self._writer.names([node for node, _ in odd], [text for _, text in odd])
        plain = graph.scanned.nodes(list(own_singletons(session)))
        self._writer.plain([node for node in plain if node != NO_NODE])
        self._buffers(kept)
        if self.part is not None:
            rest = self.part.rest
            self._writer.rest(
                [node for node, _ in rest], [size for _, size in rest], self.part.root, rest_name
            )
            self._writer.bridges(self.part.holders, through)
        self._roots(form.roots, groups, options.isolate)
        self.counts = Counts(0, 0, 0, 0)

    def chunks(self) -> Iterator[Union[bytes, scan.Text]]:
        """The bytes of the file, or what makes them, each good until the third after it is.
        Raises Interrupted between two of them."""
        progress = self._session.progress
        stage = scan.COUNT
        try:
            with closing(self._writer.pieces()) as pieces:
                for piece in pieces:
                    progress(_STAGES[stage], piece.done, piece.total)
                    if callable(piece.text) or len(piece.text):
                        yield piece.text
                    if piece.stage == stage:
                        continue
                    stage = piece.stage
                    if stage == scan.NODES:
                        self.counts = self._writer.counts()
                        yield self._head()
                    else:
                        yield _BETWEEN.get(stage, b"")
            self.counts = self._writer.counts()
        finally:
            self._writer.free()

    def _rest_name(self) -> str:
        if self.part is None:
            return LEFT_OUT
        return f"{LEFT_OUT[:-1]}: {self.part.nodes} objects of {self.part.size} bytes)"

    def _head(self) -> bytes:
        head = {
            "meta": self._meta,
            "node_count": self.counts.nodes,
            "edge_count": self.counts.edges,
            "trace_function_count": 0,
        }
        if "trace_node_id" not in self._meta["node_fields"]:
            head["extra_native_bytes"] = 0
        return b'{"snapshot":' + json.dumps(head, separators=(",", ":")).encode() + b',\n"nodes":['

    def _odd(
        self, texts: Texts, views: Views, form: SnapshotFormat, isolate: int
    ) -> list[tuple[int, int]]:
        """Nodes with names of their own, ascending."""
        session = self._session
        census = session.census
        census.tallies()
        names: dict[int, str] = {}
        for walked in session.heap.walked():
            for address in walked.odd[0]:
                names[address] = census.odd_name(address) or "(damaged)"
        names.update(views.map_names())
        names.update(code_names(session, form, isolate))
        addresses = list(names)
        nodes = session.graph.scanned.nodes([address + 1 for address in addresses])
        found = {
            node: texts.number(names[address])
            for address, node in zip(addresses, nodes)
            if node != NO_NODE
        }
        return sorted(found.items())

    def _buffers(self, kept: array[int]) -> None:
        stores: dict[int, int] = {}
        sizes: list[int] = []
        rows: dict[int, int] = {}
        for node, store, size in backing_stores(self._session, self._session.graph):
            if not kept[node >> 6] >> (node & 63) & 1:
                continue
            if store not in stores:
                stores[store] = len(sizes)
                sizes.append(size)
            rows[node] = stores[store]
        ordered = sorted(rows.items())
        self._writer.buffers([node for node, _ in ordered], [row for _, row in ordered], sizes)

    def _roots(self, names: Sequence[str], groups: Sequence[int], isolate: int) -> None:
        session = self._session
        found: set[tuple[int, int]] = set()
        for root in session.graph.roots:
            if root.isolate in (None, isolate):
                found.add((_group(names, root.category), root.node))
        ordered = sorted(found)
        self._writer.roots(
            [node for _, node in ordered],
            [group for group, _ in ordered],
            groups,
            list(dict.fromkeys(user_roots(session, session.graph, isolate))),
        )


def _kept(session: Session, options: Options) -> tuple[array[int], Optional[Part]]:
    bits = nodes_of(session, options)
    if options.name is not None:
        chosen = of_name(session, options.name, options.isolate)
    elif options.top is not None:
        chosen = greatest(session, bits, options.top)
    else:
        return bits, None
    found = part(session, bits, chosen)
    return found.kept, found


def nodes_of(session: Session, options: Options) -> array[int]:
    """A bit for each node that the isolate has: what is alive, or with `garbage` all."""
    graph = session.graph
    bits = array("Q", graph.live_marks())
    if options.garbage:
        bits = array("Q", b"\xff" * (8 * len(bits)))
    for number in session.heap.numbers:
        if number not in (SHARED, options.isolate):
            clear(bits, *graph.range(number))
    clear(bits, graph.sums.nodes, 64 * len(bits))
    return bits


def clear(bits: array[int], first: int, last: int) -> None:
    """Clears the bits [first, last)."""
    while first < last and first & 63:
        bits[first >> 6] &= ~(1 << (first & 63))
        first += 1
    while last > first and last & 63:
        last -= 1
        bits[last >> 6] &= ~(1 << (last & 63))
    for word in range(first >> 6, last >> 6):
        bits[word] = 0


def _group(names: Sequence[str], category: str) -> int:
    for name in _GROUPS[category]:
        if name in names:
            return names.index(name)
    return 0
