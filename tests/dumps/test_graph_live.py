"""What is alive: nothing that lost its last holder, and all that has one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.dumps.graph_oracle import JS, Graph
from tests.dumps.support import PRIMARY, opened
from v8inspect.scan.graph import NO_NODE


@pytest.mark.parametrize("version", PRIMARY)
def test_what_was_dropped_is_not_alive_and_what_is_held_is(version: str) -> None:
    run, session = opened(version, "garbage")
    there, alive = session.census.tallies(), session.live_census.tallies()
    for name, count in run.truth["counts"].items():
        assert there[name].count == count
        expected = 0 if name.startswith("Dropped") else count
        assert (alive[name].count if name in alive else 0) == expected, name


@pytest.mark.parametrize("version", PRIMARY)
def test_trash_of_an_allocation_loop_is_not_alive(version: str) -> None:
    run, session = opened(version, "busy")
    alive = session.live_census.tallies()
    assert session.census.tallies()["Trash"].count > 1000
    assert alive["Live"].count == run.truth["counts"]["Live"]
    assert alive["Trash"].count == 1  # the last one is a property of the global object


@pytest.mark.parametrize("version", PRIMARY)
def test_alive_is_what_the_snapshot_has(version: str) -> None:
    """A snapshot is of what a collection has left: all of it has to be alive, and of JS objects
    nothing else."""
    run, session = opened(version, "aftergc")
    assert run.snapshot is not None
    graph, theirs = session.graph, Graph.load(run.snapshot, run.core)
    words = [address + 1 for address in theirs.address if address]
    kinds = [kind for kind, address in zip(theirs.type, theirs.address) if address]
    nodes, alive = graph.scanned.nodes(words), graph.alive(words)
    lost = [
        kind
        for kind, node, is_alive in zip(kinds, nodes, alive)
        if node != NO_NODE and not is_alive
    ]
    objects = sum(kind in JS for kind in kinds)
    assert sum(kind in JS for kind in lost) <= 0.001 * objects
    assert len(lost) <= (0.02 if version.startswith("18.") else 0.005) * len(words)
    # The census has no contexts.
    contexts = theirs.name.count("system / Context")
    found = sum(tally.count for tally in session.live_census.tallies().values())
    assert abs(found + contexts - objects) <= 0.001 * objects


@pytest.mark.parametrize("version", PRIMARY)
def test_ways_to_roots_are_edges(version: str) -> None:
    """Each hop is an edge that is not weak, the last one a root; the ways get longer."""
    _, session = opened(version, "garbage")
    graph = session.graph
    address = next(session.live_census.instances("KeptMapValue"))[0]
    node = graph.node(address + 1)
    assert node is not None
    paths = graph.scanned.paths(node, 5)
    roots = {root.node for root in graph.roots}
    assert len(paths) == 5
    assert [len(path) for path in paths] == sorted(len(path) for path in paths)
    for path in paths:
        assert path[0] == node
        assert path[-1] in roots
        for held, holder in zip(path, path[1:]):
            assert any(edge.node == held and edge.kind != 2 for edge in graph.scanned.row(holder))


def test_odd_receivers_that_are_garbage_do_no_harm() -> None:
    """Wrapped primitives are named one by one; those that are dead have no name among the live."""
    _, session = opened("26.10.0", "busy")
    for name in ("Object", "Live", "String", "global (global*)"):
        found = sum(1 for _ in session.live_census.instances(name))
        tally = session.live_census.tallies().get(name)
        assert found == (tally.count if tally else 0)
    census = session.live_census
    dead = next(session.census.instances("Trash"))[0]
    odd = session.heap.walked()[-1].odd
    for column, item in zip(odd, (dead, 0)):
        column.append(item)
    try:
        assert sum(1 for _ in census.instances("Live")) == census.tallies()["Live"].count
    finally:  # the session is shared
        for column in odd:
            column.pop()


def test_holders_that_are_garbage_are_left_out_when_asked() -> None:
    """A cycle that nothing holds refers to itself; nobody who is alive refers to it."""
    run, session = opened("22.23.3", "garbage")
    address = next(session.census.instances("DroppedCycle"))[0] + 1
    command = [sys.executable, "-m", "v8inspect", "-c", str(run.core), "findrefs", hex(address)]
    whole, live = (
        subprocess.run([*command, *more], capture_output=True, text=True, check=True).stdout
        for more in ([], ["--live"])
    )
    assert f"{address:#x}: DroppedCycle.self={address:#x}" in whole
    assert "DroppedCycle" not in live
