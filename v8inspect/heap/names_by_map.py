"""Which name each object goes by, for work on all of them at once: a number for each Map, and for
the few objects that their Map does not name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from v8inspect.scan.graph import NO_NODE
from v8inspect.scan.scanner import MAP_RECEIVER

if TYPE_CHECKING:
    from v8inspect.heap.graph import Graph
    from v8inspect.session import Session

STRINGS = "(string)"


class NamesByMap(NamedTuple):
    """`names` by number; `of_maps`: the number by index of the Map, NO_NODE where objects have no
    name; `odd`: (node, number) of objects with one of their own, ascending."""

    names: list[str]
    of_maps: list[int]
    odd: list[tuple[int, int]]


def names_by_map(session: Session, graph: Graph) -> NamesByMap:
    """JS objects by constructor name, and strings."""
    census, heap = session.census, session.heap
    names: dict[str, int] = {}
    census.tallies()  # names the odd ones
    first_other = session.layout.first_nonstring_type

    def number(name: str) -> int:
        return names.setdefault(name, len(names))

    of_maps = []
    for map_ in heap.scanner.maps():
        if map_.flags & MAP_RECEIVER:
            of_maps.append(number(census.namer.of_map(map_.address)))
        else:
            of_maps.append(number(STRINGS) if map_.type < first_other else NO_NODE)
    odd = [address for walked in heap.walked() for address in walked.odd[0]]
    nodes = graph.scanned.nodes([address + 1 for address in odd])
    own = {
        node: number(census.odd_name(address) or "(damaged)")
        for address, node in zip(odd, nodes)
        if node != NO_NODE
    }
    return NamesByMap(list(names), of_maps, sorted(own.items()))
