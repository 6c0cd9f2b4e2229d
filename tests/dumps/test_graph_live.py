"""What is alive: nothing that lost its last holder, and all that has one."""

from __future__ import annotations

import subprocess
import sys
from array import array
from collections import Counter

import pytest

from tests.dumps.graph_oracle import JS, Graph
from tests.dumps.support import PRIMARY, opened
from v8inspect.analysis.async_tree import BranchRow, trees
from v8inspect.analysis.async_waits import SuspendedRow, waits
from v8inspect.analysis.spaces import LivenessRow, SpaceRow, live_spaces, spaces
from v8inspect.analysis.strings import StringRow, strings
from v8inspect.heap.heap import SHARED
from v8inspect.scan.graph import NO_NODE
from v8inspect.session import Session

# Old objects after two collections; young ones without any; FinalizationRegistry, with callbacks
# that are still to run; two isolates.
GARBAGE = ("garbage", "garbageyoung", "garbageregistry", "garbageworker")


@pytest.mark.parametrize("scenario", GARBAGE)
@pytest.mark.parametrize("version", PRIMARY)
def test_what_was_dropped_is_not_alive_and_what_is_held_is(version: str, scenario: str) -> None:
    run, session = opened(version, scenario)
    there, alive = session.census.tallies(), session.live_census.tallies()
    for name, count in run.truth["counts"].items():
        assert there[name].count == count
        expected = 0 if name.startswith("Dropped") else count
        assert (alive[name].count if name in alive else 0) == expected, name


@pytest.mark.parametrize("version", PRIMARY)
def test_isolates_are_looked_at_apart(version: str) -> None:
    run, session = opened(version, "garbageworker")
    alive = session.live_census.tallies(0)
    for name, count in run.truth["main"].items():
        assert session.census.tallies(0)[name].count == count
        found = alive[name].count if name in alive else 0
        assert found == (0 if name.startswith("Dropped") else count), name


@pytest.mark.parametrize("version", PRIMARY)
def test_out_of_memory_everything_that_leaks_is_alive(version: str) -> None:
    """V8 has ended the process inside of a collection: objects that were moved are followed."""
    run, session = opened(version, "oom")
    there, alive = session.census.tallies()["Leak"].count, session.live_census.tallies()["Leak"]
    assert run.truth["atLeast"]["Leak"] <= there <= run.truth["atMost"]["Leak"]
    assert alive.count == there
    # Each with its string, its array and that one's elements.
    assert session.graph.sums.live > 4 * there


@pytest.mark.parametrize("version", PRIMARY)
def test_the_share_of_garbage_of_a_heap(version: str) -> None:
    """By space: what V8 moves or frees, by the same marks as the census."""
    _, session = opened(version, "busy")
    *rows, total = live_spaces(session)
    assert sum(row.dead_objects for row in rows) == total.dead_objects
    sums = session.graph.sums
    shared = session.graph.range(SHARED)
    # Machine code is in the graph and not in the table.
    dead = sums.nodes - (shared[1] - shared[0]) - sum(map(sum, _live_of(session)))
    assert dead - 200 <= total.dead_objects <= dead
    trash = session.census.tallies()["Trash"]
    assert trash.size < total.garbage < total.used
    new = next(row for row in rows if row.space == "new")  # type: ignore[union-attr]
    assert new.dead_objects > 0.9 * new.objects
    before = {row.space: row for row in spaces(session) if isinstance(row, SpaceRow)}
    for row in rows:
        assert isinstance(row, LivenessRow)
        assert row.objects == before[row.space].objects
        assert row.used == before[row.space].used + before[row.space].resync


def _live_of(session: Session) -> list[array[int]]:
    return [session.graph.live_counts(isolate.number)[0] for isolate in session.heap.isolates]


@pytest.mark.parametrize("version", PRIMARY)
def test_strings_of_what_is_alive(version: str) -> None:
    run, session = opened(version, "garbagestrings")

    def found(what: str, live: bool) -> dict[str, int]:
        rows = strings(session, None, contains=f"{what}-x-", live=live)
        texts = {row.text: row.count for row in rows if isinstance(row, StringRow)}
        return {text: n for text, n in texts.items() if len(text) == len(f"{what}-x-0")}

    contents, each = run.truth["contents"], run.truth["each"]
    wanted = {what: {f"{what}-x-{i}": each for i in range(contents)} for what in ("held", "gone")}
    assert found("held", False) == found("held", True) == wanted["held"]
    assert found("gone", False) == wanted["gone"]
    assert found("gone", True) == {}


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
    assert len(lost) <= 0.0002 * len(words)
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
    graph.turn()
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


@pytest.mark.parametrize("version", PRIMARY)
def test_calls_that_nobody_can_make_go_on_are_told_from_those_that_wait(version: str) -> None:
    """150 calls of `waits` whose promises were dropped; what the scenario `suspended` starts, it
    keeps."""
    _, session = opened(version, "garbage")
    assert _waiting(session)["waits"] == 150
    assert "waits" not in _waiting(session, live=True)
    assert "waits" not in {
        row.of.function for row in trees(session, live=True) if isinstance(row, BranchRow)
    }
    _, session = opened(version, "suspended")
    assert _waiting(session)["worker"] == 5
    assert _waiting(session, live=True) == _waiting(session)


def _waiting(session: Session, live: bool = False) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in waits(session, live=live):
        if isinstance(row, SuspendedRow):
            found[row.function] += row.count
    return found
