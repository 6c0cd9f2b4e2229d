"""A part of the heap for a snapshot: some objects, and all that dominates them.

What is left out is shown as the bytes that each of those retains besides, so that retained sizes
in the file are those of the whole heap.
"""

from __future__ import annotations

import heapq
from array import array
from typing import TYPE_CHECKING, Iterable, Iterator, NamedTuple

from v8inspect.heap.dominators import FREE_READ_ONLY_FROM, bytes_outside, major
from v8inspect.heap.heap import SHARED
from v8inspect.scan.graph import NO_NODE, WEAK

if TYPE_CHECKING:
    from v8inspect.session import Session

_FETCHED = 1 << 18
_LEFT = "adding up what is left out"


class Part(NamedTuple):
    """`kept`: a bit for each node. `rest`: (node, bytes) of those that retain what was left out,
    ascending; `root`: the same of the root. `holders`: (dominator, node) of those
    kept, by the dominator. `nodes` and `size`: all that was left out."""

    kept: array[int]
    rest: list[tuple[int, int]]
    root: int
    holders: list[tuple[int, int]]
    nodes: int
    size: int


def greatest(session: Session, bits: array[int], number: int) -> list[int]:
    """The nodes among those of `bits` that retain most."""
    retained = session.graph.dominators.retained_of
    nodes = list(session.each("choosing objects", _set(bits), _FETCHED))
    ranked = heapq.nlargest(number, zip(retained(nodes), nodes))
    return [node for _, node in ranked]


def of_name(session: Session, name: str, isolate: int) -> list[int]:
    """The live objects of a constructor, and what each holds itself."""
    graph = session.graph
    instances = session.live_census.instances(name, isolate)
    addresses = [address for address, _ in session.each("choosing objects", instances)]
    nodes = [node for node in graph.scanned.nodes([a + 1 for a in addresses]) if node != NO_NODE]
    found = dict.fromkeys(nodes)
    for node in session.each("choosing objects", nodes):
        for edge in graph.scanned.row(node):
            if edge.kind != WEAK:
                found.setdefault(edge.node)
    return list(found)


def part(session: Session, bits: array[int], chosen: Iterable[int]) -> Part:
    """Those of `bits` that are chosen, with all their dominators."""
    graph = session.graph
    dominators = graph.dominators
    root, kept = dominators.root, array("Q", bytes(8 * len(bits)))
    immediate = dominators.immediate()
    holder: dict[int, int] = {}  # the immediate dominator of those kept
    for node in session.each("looking for dominators", chosen):
        at = node
        while at != root and at not in holder:
            above = immediate[at]
            if above == NO_NODE or not bits[at >> 6] >> (at & 63) & 1:
                break
            holder[at] = above
            kept[at >> 6] |= 1 << (at & 63)
            at = above
    nodes = sorted(holder)
    rest = dict(zip(nodes, dominators.retained_of(nodes)))
    whole = left = sum(retained_by_root(session, bits))
    outside = bytes_outside(session)
    free = graph.range(SHARED)[1] if major(session) >= FREE_READ_ONLY_FROM else 0
    own = {
        node: (0 if node < free else 8 * words) + outside.get(node, 0)
        for node, (_, _, words) in session.each(_LEFT, zip(nodes, graph.objects_of(nodes)))
    }
    sizes = dict(rest)
    for node in session.each(_LEFT, nodes):
        rest[node] -= own[node]
        above = holder[node]
        if above == root:
            left -= sizes[node]
        elif above in rest:
            rest[above] -= sizes[node]
    size = whole - sum(own.values())
    every = sum(bin(word).count("1") for word in session.each(_LEFT, bits))
    return Part(
        kept,
        [(node, rest[node]) for node in session.each(_LEFT, nodes) if rest[node] > 0],
        max(left, 0),
        sorted((above, node) for node, above in session.each(_LEFT, holder.items())),
        every - len(nodes),
        size,
    )


def retained_by_root(session: Session, bits: array[int]) -> Iterator[int]:
    """The bytes retained by each node of `bits` that nothing but the root dominates."""
    dominators = session.graph.dominators
    root = dominators.root
    first = 0
    while first < root:
        session.progress(_LEFT, first, root)
        above, retained = session.graph.scanned.dominated(first, min(_FETCHED, root - first))
        for at, (dominator, size) in enumerate(zip(above, retained)):
            node = first + at
            if dominator == root and bits[node >> 6] >> (node & 63) & 1:
                yield size
        first += max(1, len(above))


def _set(bits: array[int]) -> Iterator[int]:
    for index, word in enumerate(bits):
        while word:
            low = word & -word
            yield 64 * index + low.bit_length() - 1
            word ^= low
