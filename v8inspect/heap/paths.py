"""Ways from roots to an object, each step named as `findrefs` names it."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Iterator, NamedTuple, Optional, Sequence, Union, overload

from v8inspect.heap.graph_roots import CATEGORIES, Root
from v8inspect.heap.references import INTERNAL, Holder
from v8inspect.heap.root_words import words_at
from v8inspect.heap.scan_layout import code_type

if TYPE_CHECKING:
    from v8inspect.heap.graph import Graph
    from v8inspect.session import Session

_STORES = 4  # between an object and what it holds, at most
_WHOLE = 1 << 20  # words of an object that are looked at for the slot
_WORD = 8
_SLICE = 1 << 8  # steps between two looks at progress


class Path(NamedTuple):
    """The root, the tagged address it holds, and the references from there to the object, which
    are named as they are asked for, once."""

    root: Root
    first: int
    steps: Iterator[Holder]


def paths(session: Session, node: int, most: int) -> list[Path]:
    """The shortest ways to a live node, weak references left out."""
    graph = session.graph
    graph.alive(())
    graph.turn()
    order = {category: i for i, category in enumerate(CATEGORIES)}
    roots: dict[int, Root] = {}
    for root in sorted(graph.roots, key=lambda root: order[root.category]):
        roots.setdefault(root.node, root)
    found = []
    for way in graph.scanned.paths(
        node, most, lambda: session.progress("looking for ways from roots", 0, 0)
    ):
        words = _Words(graph, way[::-1])
        found.append(Path(roots[way[-1]], words[0], _named(session, words)))
    return found


class _Words(Sequence[int]):
    """The tagged addresses of nodes, looked up when asked for: a way may have millions."""

    def __init__(self, graph: Graph, nodes: array[int]) -> None:
        self._graph = graph
        self._nodes = nodes

    def __len__(self) -> int:
        return len(self._nodes)

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...

    def __getitem__(self, index: Union[int, slice]) -> Union[int, Sequence[int]]:
        if isinstance(index, slice):
            return [self._graph.word(node) for node in self._nodes[index]]
        return self._graph.word(self._nodes[index])


def _named(session: Session, words: Sequence[int]) -> Iterator[Holder]:
    at = 0
    while at + 1 < len(words):
        if at % _SLICE == 0:
            session.progress("naming references", at, len(words))
        at, found = step(session, words, at)
        yield found


def step(session: Session, words: Sequence[int], at: int) -> tuple[int, Holder]:
    """The step from words[at] on, through stores where there are any, and where it ends."""
    references, holder = session.references, words[at]
    end = step_end(session, words, at)
    slots = [_slot(session, *pair) for pair in zip(words[at:end], words[at + 1 : end + 1])]
    known = [slot for slot in slots if slot is not None]
    if len(known) == len(slots):
        found = references.hop(holder, known[::-1], words[end])
        if found is not None:
            return end, found
    if slots[0] is None:
        # In none of its words: in machine code, a function's code, or the value of an entry that
        # it is the key of.
        via = "(key of a WeakMap's entry)"
        if session.graph.type_at(holder) == code_type(session.layout):
            via = "(machine code)"
        elif session.graph.type_at(words[at + 1]) == session.layout.types["CODE"]:
            via = "code"
        return at + 1, Holder(holder, via, INTERNAL, words[at + 1])
    return at + 1, Holder(holder, references.part(holder, slots[0]), INTERNAL, words[at + 1])


def step_end(session: Session, words: Sequence[int], at: int) -> int:
    """Where the step from words[at] on should end: behind the stores that follow."""
    end = at + 1
    is_store = session.references.is_store
    while end + 1 < len(words) and end - at <= _STORES and is_store(words[end]):
        end += 1
    return end


def _slot(session: Session, holder: int, held: int) -> Optional[int]:
    """The address of the word of `holder` that leads to `held` and is not weak."""
    graph = session.graph
    node = graph.node(holder)
    if node is None:
        return None
    size = graph.scanned.objects(node, 1)[2][0]
    content = words_at(session, holder - 1, min(size, _WHOLE)).tobytes()
    wanted = array("Q", (held,)).tobytes()
    at = content.find(wanted)
    while at >= 0 and at % _WORD:
        at = content.find(wanted, at + 1)
    return None if at < 0 else holder - 1 + at
