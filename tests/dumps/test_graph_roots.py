"""The roots of the graph against V8's: the children of "(GC roots)" in its snapshot."""

from __future__ import annotations

from typing import Optional

import pytest

from tests.dumps.graph_oracle import Graph
from tests.dumps.support import PRIMARY, opened
from v8inspect.heap import graph_roots as ours
from v8inspect.scan.graph import NO_NODE

# V8's groups and our categories that have to hold all of each. In the table of roots the first of
# the strong ones lie in read-only space too, so the border between the two is V8's business.
_TABLE = (ours.READ_ONLY, ours.STRONG, ours.FLUSHED, ours.MICROTASKS)
GROUPS: dict[str, tuple[str, ...]] = {
    "(Read-only roots)": _TABLE,
    "(Strong roots)": _TABLE,
    "(Strong root list)": _TABLE,
    "(Micro tasks)": (ours.MICROTASKS,),
    "(Builtins)": (ours.BUILTINS,),
    "(Eternal handles)": (ours.ETERNAL,),
    "(Global handles)": (ours.GLOBAL,),
    "(Startup object cache)": (ours.CACHE,),
    "(Shareable object cache)": (ours.CACHE,),
}
EXACT = {"(Eternal handles)": ours.ETERNAL, "(Global handles)": ours.GLOBAL}


@pytest.mark.parametrize("version", PRIMARY)
def test_roots_are_those_of_the_snapshot(version: str) -> None:
    run, session = opened(version, "aftergc")
    assert run.snapshot is not None
    graph, theirs = session.graph, Graph.load(run.snapshot, run.core)
    found: dict[str, set[int]] = {}
    for root in graph.roots:
        found.setdefault(root.category, set()).add(root.node)
    groups: dict[str, set[int]] = {}
    everything = next(to for _, _, to in theirs.edges(0) if theirs.name[to] == "(GC roots)")
    for _, _, group in theirs.edges(everything):
        addresses = [theirs.address[to] for kind, _, to in theirs.edges(group) if kind != "weak"]
        nodes = graph.scanned.nodes([address + 1 for address in addresses if address])
        groups.setdefault(theirs.name[group], set()).update(set(nodes) - {NO_NODE})
    for name, categories in GROUPS.items():
        mine = set().union(*(found.get(category, set()) for category in categories))
        assert groups.get(name, set()) <= mine, name
    for name, category in EXACT.items():
        assert groups[name] == found[category]
    # Frames of the snapshot itself have returned, those that end the process are new.
    assert len(groups["(Stack roots)"] & found[ours.STACK]) >= 0.75 * len(groups["(Stack roots)"])
    assert len(found[ours.FLUSHED]) == (4 if version.startswith("26.") else 3)


@pytest.mark.parametrize("version", PRIMARY)
def test_each_isolate_has_its_own(version: str) -> None:
    """Roots of a worker lead into its own heap, or into what all share."""
    _, session = opened(version, "worker")
    heap, graph = session.heap, session.graph
    owner: dict[int, Optional[int]] = {}
    for number in heap.numbers:
        first, last = heap.range(number)
        owner.update((page.chunk, number) for page in heap.pages[first:last])
    alignment = session.layout.Page.alignment
    isolates = set()
    for root in graph.roots:
        if root.isolate is None:
            continue
        isolates.add(root.isolate)
        assert owner[graph.word(root.node) & -alignment] in (root.isolate, -1), root
    assert isolates == {isolate.number for isolate in heap.isolates}
    by_category = {root.category for root in graph.roots if root.isolate == 1}
    assert {ours.STRONG, ours.GLOBAL, ours.ETERNAL, ours.CACHE} <= by_category
