"""What is kept alive by whom: retained sizes, dominators and ways from roots, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional, Union

from v8inspect.analysis.instances import count_of
from v8inspect.analysis.references import class_of
from v8inspect.analysis.stack_slots import FrameOfSlot, stack_slots_of
from v8inspect.errors import NotAnObject
from v8inspect.rows import Address, Row, Summary

if TYPE_CHECKING:
    from v8inspect.heap.dominators import Dominators
    from v8inspect.heap.graph_roots import Root
    from v8inspect.session import Session

_CHAIN = 32  # dominators above an object that are shown


@dataclass(frozen=True)
class RetainedRow(Row):
    """Objects of one name: their own bytes, and those that would go with them."""

    name: str
    count: int
    size: int
    retained: int


@dataclass(frozen=True)
class RetainedTotal(Summary):
    """All that is alive."""

    count: int
    size: int
    retained: int


@dataclass(frozen=True)
class RetainingRow(Row):
    """One object with its own bytes and those that would go with it."""

    address: Address
    class_: str
    size: int
    retained: int


@dataclass(frozen=True)
class DominatorRow(Row):
    """The same in the tree of dominators, as far as it is shown: `depth` counts from 0."""

    address: Address
    class_: str
    size: int
    retained: int
    depth: int


@dataclass(frozen=True)
class PathRow(Row):
    """One step of a way from a root to an object. The first of a way has `kind` 'root', `via` the
    root's category and `address` its slot (0: a register, or not known). Where that is on a stack
    `thread` is the thread's number, from 1, `frame` that of the frame, as `bt` counts."""

    path: int
    address: Address
    class_: str
    via: str
    kind: str
    target: Address
    thread: Optional[int] = None
    frame: Optional[int] = None


def retained_by_name(
    session: Session, limit: Optional[int] = None
) -> Iterator[Union[RetainedRow, RetainedTotal]]:
    """By constructor name, ascending by what is retained, the `limit` greatest; then all."""
    dominators = session.graph.dominators
    rows = sorted(dominators.by_name(), key=lambda item: (item.retained, item.name))
    for item in rows if limit is None else rows[max(0, len(rows) - limit) :]:
        yield RetainedRow(item.name, item.objects, item.size, item.retained)
    sums = session.graph.sums
    yield RetainedTotal(sums.live, sums.live_bytes, dominators.retained(dominators.root))


def retained_instances(
    session: Session, name: str, limit: Optional[int] = None
) -> Iterator[RetainingRow]:
    """The live objects of a name, ascending by what each retains, the `limit` greatest."""
    count_of(session, name, live=True)
    graph = session.graph
    found = [address for address, _ in session.live_census.instances(name)]
    nodes = graph.scanned.nodes([address + 1 for address in found])
    ranked = sorted(zip(graph.dominators.retained_of(nodes), found))
    for retained, address in ranked if limit is None else ranked[max(0, len(ranked) - limit) :]:
        size = session.heap.scanner.size_at(address)
        yield RetainingRow(Address(address + 1), name, size, retained)


def dominated(
    session: Session, word: Optional[int] = None, limit: Optional[int] = None
) -> Iterator[DominatorRow]:
    """The dominators of an object, the highest first, the object, and what it dominates, the
    greatest first; without an object what only all roots together hold."""
    dominators = session.graph.dominators
    depth, node = 0, dominators.root
    if word is not None:
        node = live_node(session, word)
        chain = [node]
        above = dominators.of(node)
        while above is not None and above != dominators.root and len(chain) <= _CHAIN:
            chain.append(above)
            above = dominators.of(above)
        for depth, item in enumerate(reversed(chain)):
            yield _retainer(session, dominators, item, depth)
        depth = len(chain)
    for child, _ in dominators.children(node)[:limit]:
        yield _retainer(session, dominators, child, depth)


def paths_to(session: Session, word: int, most: int) -> Iterator[PathRow]:
    """The shortest ways to an object, from the root on."""
    from v8inspect.heap.paths import paths

    for number, path in enumerate(paths(session, live_node(session, word), most), 1):
        root = path.root
        frame = None
        if root.thread is not None and root.slot:
            frame = stack_slots_of(session).frame(root.thread, root.slot)
        yield PathRow(
            number,
            Address(root.slot),
            _root_text(session, root, frame),
            root.category,
            "root",
            Address(path.first),
            None if root.thread is None else root.thread + 1,
            None if frame is None else frame.number,
        )
        for step in path.steps:
            yield PathRow(
                number,
                Address(step.holder),
                class_of(session, step.holder),
                step.via,
                step.kind,
                Address(step.target),
            )


def live_node(session: Session, word: int) -> int:
    """The node of an object; raises NotAnObject where there is none that is alive."""
    node = session.graph.node(word)
    if node is None:
        raise NotAnObject(word, "no object begins there")
    if not session.graph.alive((word,))[0]:
        raise NotAnObject(word, "nothing keeps it alive: it is garbage")
    return node


def _retainer(session: Session, dominators: Dominators, node: int, depth: int) -> DominatorRow:
    graph = session.graph
    word = graph.word(node)
    size = 8 * graph.scanned.objects(node, 1)[2][0]
    return DominatorRow(
        Address(word), class_of(session, word), size, dominators.retained(node), depth
    )


def _root_text(session: Session, root: Root, frame: Optional[FrameOfSlot]) -> str:
    if root.thread is None:
        return root.category
    thread = session.target.threads()[root.thread]
    where = "a register" if not root.slot else "the stack"
    text = f"{where} of thread #{root.thread + 1}, tid {thread.tid}"
    return text if frame is None else f"{text}, frame #{frame.number} {frame.function}".rstrip()
