"""The roots of the graph, counted by category or one by one, and what handles of C++ hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Dict, Iterable, Iterator, List, Optional, Tuple, Union

from v8inspect.analysis.references import class_of
from v8inspect.analysis.stack_slots import stack_slots_of
from v8inspect.errors import NothingFound
from v8inspect.heap.graph_roots import CATEGORIES, Root
from v8inspect.heap.handle_roots import ETERNAL, GLOBAL, LOCAL, WEAK, handles_of
from v8inspect.rows import Address, Row, Summary
from v8inspect.scan.graph import NO_NODE
from v8inspect.scan.scanner import MAP_RECEIVER

if TYPE_CHECKING:
    from v8inspect.session import Session

KINDS = (LOCAL, GLOBAL, WEAK, ETERNAL)
NUMBERS, NOTHING = "(number)", "(nothing)"  # what handles may hold besides objects


@dataclass(frozen=True)
class RootsRow(Row):
    """The roots of one category in one isolate (None: what they hold is in read-only space):
    `count` slots that hold `objects` different objects of `size` bytes."""

    category: str
    isolate: Optional[int]
    count: int
    objects: int
    size: int


@dataclass(frozen=True)
class RootsTotal(Summary):
    """All roots that are counted."""

    count: int
    objects: int
    size: int


@dataclass(frozen=True)
class RootRow(Row):
    """One root: its slot (absent: a register) and what it holds. `thread` is the number of the
    thread whose stack it is on, from 1, `frame` and `function` those of the frame there."""

    json_sparse: ClassVar[bool] = True

    category: str
    address: Address
    class_: str
    isolate: Optional[int] = None
    slot: Optional[Address] = None
    thread: Optional[int] = None
    frame: Optional[int] = None
    function: Optional[str] = None


@dataclass(frozen=True)
class HandlesRow(Row):
    """Handles of one kind that hold objects of one name: `count` handles, `objects` different ones
    of `size` bytes, `sample` one of them."""

    json_sparse: ClassVar[bool] = True

    kind: str
    name: str
    count: int
    objects: int
    size: int
    sample: Optional[Address] = None


@dataclass(frozen=True)
class HandlesTotal(Summary):
    """How many handles there are of each kind."""

    counts: Tuple[Tuple[str, int], ...]


def root_counts(
    session: Session, category: str = "", isolate: Optional[int] = None
) -> Iterator[Union[RootsRow, RootsTotal]]:
    """A row for each category and isolate, then their sums."""
    held: Dict[Tuple[str, Optional[int]], Counter[int]] = {}
    for root, where in _chosen(session, category, isolate):
        held.setdefault((root.category, where), Counter())[root.node] += 1
    every: Counter[int] = Counter()
    order = {name: number for number, name in enumerate(CATEGORIES)}
    for (name, where), nodes in sorted(
        held.items(), key=lambda item: (-1 if item[0][1] is None else item[0][1], order[item[0][0]])
    ):
        every += nodes
        yield RootsRow(name, where, sum(nodes.values()), len(nodes), _bytes(session, nodes))
    yield RootsTotal(sum(every.values()), len(every), _bytes(session, every))


def root_rows(
    session: Session, category: str = "", isolate: Optional[int] = None
) -> Iterator[RootRow]:
    """The roots one by one, by category and slot."""
    graph = session.graph
    chosen = list(_chosen(session, category, isolate))
    order = {name: number for number, name in enumerate(CATEGORIES)}
    chosen.sort(key=lambda item: (order[item[0].category], item[0].thread or 0, item[0].slot))
    for root, where in chosen:
        word = graph.word(root.node)
        frame = None
        if root.thread is not None and root.slot:
            frame = stack_slots_of(session).frame(root.thread, root.slot)
        yield RootRow(
            root.category,
            Address(word),
            class_of(session, word),
            where,
            Address(root.slot) if root.slot else None,
            None if root.thread is None else root.thread + 1,
            None if frame is None else frame.number,
            None if frame is None else frame.function,
        )


def handle_census(
    session: Session, kind: Optional[str] = None, isolate: Optional[int] = None
) -> Iterator[Union[HandlesRow, HandlesTotal]]:
    """Handles by kind and by the name of what they hold, ascending by number; then how many there
    are of each kind."""
    graph = session.graph
    words: Dict[str, List[int]] = {name: [] for name in KINDS if kind in (None, name)}
    for found in session.heap.isolates:
        if isolate is None or found.number == isolate:
            for name, held in session.each("looking for handles", words.items(), 1):
                held += [word for _, word in handles_of(session, found.address, name)]
    for name, held in words.items():
        numbers = sum(not word & 1 for word in held)
        nodes = Counter(graph.scanned.nodes([word for word in held if word & 1]))
        nothing = nodes.pop(NO_NODE, 0)
        rows = list(_by_name(session, name, nodes))
        if numbers:
            rows.append(HandlesRow(name, NUMBERS, numbers, 0, 0))
        if nothing:
            rows.append(HandlesRow(name, NOTHING, nothing, 0, 0))
        yield from sorted(rows, key=lambda row: (row.count, row.name))
    yield HandlesTotal(tuple((name, len(held)) for name, held in words.items()))


def _by_name(session: Session, kind: str, nodes: Counter[int]) -> Iterator[HandlesRow]:
    graph, census = session.graph, session.census
    maps = session.heap.scanner.maps()
    names: Dict[int, str] = {}  # by Map
    sums: Dict[str, List[int]] = {}
    order = sorted(nodes)
    for node, (address, index, words) in zip(order, graph.objects_of(order)):
        name = census.odd_name(address) if maps[index].flags & MAP_RECEIVER else None
        if name is None:
            name = names.get(index)
        if name is None:
            name = names[index] = class_of(session, address + 1)
        found = sums.setdefault(name, [0, 0, 0, address + 1])
        found[0] += nodes[node]
        found[1] += 1
        found[2] += 8 * words
    for name, (count, objects, size, sample) in sums.items():
        yield HandlesRow(kind, name, count, objects, size, Address(sample))


def _chosen(
    session: Session, category: str, isolate: Optional[int]
) -> Iterator[Tuple[Root, Optional[int]]]:
    """Roots with the isolate that they are of; of those on stacks that which they hold an object
    of."""
    wanted = category.lower()
    names = {name for name in CATEGORIES if wanted in name}
    if not names:
        raise NothingFound("roots", category)
    graph = session.graph
    for root in graph.roots:
        if root.category in names:
            where = root.isolate if root.thread is None else graph.isolate_of(root.node)
            if isolate is None or where == isolate:
                yield root, where


def _bytes(session: Session, nodes: Iterable[int]) -> int:
    return sum(8 * words for _, _, words in session.graph.objects_of(sorted(nodes)))
