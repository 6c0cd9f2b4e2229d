"""Who would go with whom: immediate dominators of live objects, and what each of them retains.

The definition of Chrome's DevTools: global objects are the user's roots, what they reach is the
page's, and V8's own roots have no say in it (csrc/dominators.c).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Iterator, NamedTuple, Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.heap.graph_roots import GLOBAL
from v8inspect.heap.heap import SHARED
from v8inspect.heap.names_by_map import names_by_map
from v8inspect.heap.own_objects import own_singletons
from v8inspect.heap.root_words import words_at
from v8inspect.scan.graph import NO_NODE

if TYPE_CHECKING:
    from v8inspect.heap.graph import Graph
    from v8inspect.session import Session

_MAX_BUFFER = 1 << 47  # bytes: more is damage
_STEP = 1 << 19  # of work between two looks at progress
_SLICE = 1 << 16  # nodes whose results are fetched at once
FREE_READ_ONLY_FROM = 13  # V8 major from which read-only objects count as 0 bytes, and characters
# of external strings count
_CONTEXTS_FROM = 14  # V8 major from which the user's roots are native contexts


class Retained(NamedTuple):
    """Objects of one name: their number, their own bytes and those that would go with them."""

    name: str
    objects: int
    size: int
    retained: int


class Dominators:
    """The tree of dominators of a graph. Made once."""

    def __init__(self, session: Session, graph: Graph) -> None:
        self._session = session
        self._graph = graph
        self._scanned = graph.scanned
        graph.alive(())  # dominators are of what is alive
        self.root = graph.sums.nodes
        index = session.index
        if graph.is_kept and index is not None and index.dominators(graph):
            return
        graph.turn()
        # As in V8's snapshots: what is there anyway is nobody's.
        apart = list(own_singletons(session))
        outside = [*_buffers(session, graph), *_external_strings(session, graph)]
        self._scanned.dominate(
            list(user_roots(session, graph)),
            [node for node, _ in outside],
            [size for _, size in outside],
            [node for node in graph.scanned.nodes(apart) if node != NO_NODE],
            graph.range(SHARED)[1] if major(session) >= FREE_READ_ONLY_FROM else 0,
        )
        done = False
        while not done:
            session.progress("looking for what retains what", 0, 0)
            done = self._scanned.dominate_step(_STEP)

    @property
    def user_roots(self) -> list[int]:
        """The nodes that are the user's roots: all that is theirs is theirs alone."""
        return list(user_roots(self._session, self._graph))

    def of(self, node: int) -> Optional[int]:
        """The immediate dominator of a node, `root` for what only the whole holds; None for what
        is not alive."""
        dominator = self._scanned.dominated(node, 1)[0][0]
        return None if dominator == NO_NODE else dominator

    def immediate(self) -> array[int]:
        """The immediate dominator of each node; NO_NODE of what is not alive."""
        found: array[int] = array("I")
        while len(found) < self.root:
            self._session.progress("looking for dominators", len(found), self.root)
            found += self._scanned.dominated(len(found), _SLICE)[0]
        return found

    def retained(self, node: int) -> int:
        """The bytes that would go with a node, its own too; of `root` all that is alive."""
        return self._scanned.dominated(node, 1)[1][0]

    def retained_of(self, nodes: Sequence[int]) -> Iterator[int]:
        """The same of many nodes, which ascend mostly."""
        first, sizes = 0, self._scanned.dominated(0, _SLICE)[1]
        for node in nodes:
            if not first <= node < first + len(sizes):
                self._session.progress("looking at what retains what", 0, 0)
                first, sizes = node, self._scanned.dominated(node, _SLICE)[1]
            yield sizes[node - first]

    def children(self, node: int) -> list[tuple[int, int]]:
        """(node, bytes retained) of what a node dominates immediately, the greatest first."""
        nodes = self._scanned.children(node)
        pairs = list(zip(nodes, self.retained_of(nodes)))
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def by_name(self) -> list[Retained]:
        """JS objects by constructor name, and strings. What objects of one name retain in common
        is counted once: those inside another one of their name add nothing."""
        names, of_maps, odd = names_by_map(self._session, self._graph)
        progress = self._session.progress
        sums = self._scanned.by_class(
            of_maps, odd, len(names), lambda: progress("adding up by name", 0, 0)
        )
        return [
            Retained(name, found.objects, found.bytes, found.retained)
            for name, found in zip(names, sums)
            if found.objects
        ]


def major(session: Session) -> int:
    """V8's major version, of its table."""
    return int(session.layout.table.split(".")[0])


def user_roots(session: Session, graph: Graph, isolate: Optional[int] = None) -> Iterator[int]:
    """The global objects of the contexts that C++ holds, as V8's snapshot has them; from V8 14 on
    the contexts themselves. `isolate`: only those of one."""
    layout = session.layout
    native = layout.types["NATIVE_CONTEXT"]
    contexts = major(session) >= _CONTEXTS_FROM
    for root in graph.roots:
        if root.category != GLOBAL or graph.type_of(root.node) != native:
            continue
        if isolate not in (None, root.isolate):
            continue
        if contexts:
            yield root.node
            continue
        slot = layout.Context.slots + layout.tagged_size * layout.Context.extension
        for word in words_at(session, graph.word(root.node) - 1 + slot, 1):
            node = graph.node(word)
            if node is not None:
                yield node


def bytes_outside(session: Session) -> dict[int, int]:
    """Bytes outside the heap that would go with a node."""
    found: dict[int, int] = {}
    for pairs in (_buffers(session, session.graph), _external_strings(session, session.graph)):
        for node, size in pairs:
            found[node] = found.get(node, 0) + size
    return found


def _buffers(session: Session, graph: Graph) -> Iterator[tuple[int, int]]:
    """(node, bytes) of buffers whose memory is not on the heap: it goes when they do. What several
    share is one's only."""
    seen = set()
    for node, store, size in backing_stores(session, graph):
        if store not in seen:
            seen.add(store)
            yield node, size


def backing_stores(session: Session, graph: Graph) -> Iterator[tuple[int, int, int]]:
    """(node, address of its memory, bytes of that) of every ArrayBuffer that has some."""
    layout, memory = session.layout, session.memory
    kind = layout.types["JS_ARRAY_BUFFER"]
    for addresses, _ in session.heap.collect(lambda map_: map_.type == kind):
        for address, node in zip(addresses, graph.scanned.nodes([a + 1 for a in addresses])):
            try:
                store = memory.u64(address + layout.Builtins.array_buffer_backing_store)
                size = memory.u64(address + layout.Builtins.array_buffer_byte_length)
            except MemoryUnreadable:
                continue
            if store and node != NO_NODE and size < _MAX_BUFFER:
                yield node, store, size


def _external_strings(session: Session, graph: Graph) -> Iterator[tuple[int, int]]:
    """(node, bytes) of strings whose characters are not on the heap: sources of Node.js' own
    modules, mostly. V8 counts them from 13 on."""
    layout, memory = session.layout, session.memory
    string = layout.String
    if major(session) < FREE_READ_ONLY_FROM:
        return
    for addresses, indices in session.heap.collect(
        lambda map_: (
            map_.type < layout.first_nonstring_type
            and map_.type & string.representation_mask == string.external_tag
        )
    ):
        maps = session.heap.walked()[-1].maps
        nodes = graph.scanned.nodes([address + 1 for address in addresses])
        for address, index, node in zip(addresses, indices, nodes):
            if node == NO_NODE:
                continue
            width = 1 if maps[index].type & string.one_byte_bit else 2
            try:
                yield node, width * memory.u32(address + string.length)
            except MemoryUnreadable:
                continue
