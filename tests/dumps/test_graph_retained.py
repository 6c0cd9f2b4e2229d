"""Retained sizes against those that V8's snapshot gives by the rules of DevTools; shapes on which
recursion would end; the commands over them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.dumps.devtools_retained import retained
from tests.dumps.graph_oracle import JS, Graph
from tests.dumps.support import PRIMARY, opened
from v8inspect.analysis.retained import dominated, paths_to, retained_by_name, retained_instances
from v8inspect.errors import NotAnObject
from v8inspect.scan.graph import NO_NODE

# Where the sum of a name is off by more than 1 %: by how much (least and most, %), and why.
NATIVE = "V8 adds native objects of Node.js, which are on no heap"
ROOT = (
    "what native objects of Node.js hold besides the global object is the root's in V8's snapshot"
)
DIFFERENCES: dict[tuple[str, str], tuple[float, float, str]] = {
    ("18.20.8", "global"): (20_000, 25_000, ROOT),
    ("20.20.2", "global"): (15_000, 20_000, ROOT),
    ("22.23.3", "global"): (45_000, 55_000, ROOT),
    ("26.10.0", "global (global*)"): (10, 15, ROOT),
    ("18.20.8", "BaseObject"): (3, 4, ROOT),
    ("18.20.8", "ModuleWrap"): (-6, -4, NATIVE),  # 672 bytes
    ("18.20.8", "WeakRefMap"): (-6, -5, NATIVE),  # 256 bytes
    ("20.20.2", "Uint8Array"): (-1.5, -1, "96 bytes: one is held from elsewhere too"),
    ("24.21.0", "MessageChannel"): (-17, -15, NATIVE),  # 816 bytes
    ("26.10.0", "MessageChannel"): (-17, -15, NATIVE),
}


@pytest.mark.parametrize("version", PRIMARY)
def test_retained_sizes_are_those_of_the_snapshot(version: str) -> None:
    run, session = opened(version, "aftergc")
    assert run.snapshot is not None
    theirs = Graph.load(run.snapshot, run.core)
    _, expected = retained(theirs)
    graph = session.graph
    dominators = graph.dominators
    nodes = graph.scanned.nodes([address + 1 if address else 0 for address in theirs.address])
    _, found = graph.scanned.dominated(0, dominators.root + 1)
    objects = equal = 0
    sums: dict[str, list[int]] = {}
    for i, node in enumerate(nodes):
        if node == NO_NODE or theirs.type[i] not in JS or theirs.name[i] == "system / Context":
            continue
        objects += 1
        equal += found[node] == expected[i]
        name = "Function" if theirs.type[i] == "closure" else theirs.name[i]
        pair = sums.setdefault(name, [0, 0])
        pair[0] += found[node]
        pair[1] += expected[i]
    print(f"{version}: {equal} of {objects} to the byte, {100 * equal / objects:.3f} %")
    assert equal >= 0.999 * objects
    top = sorted(sums, key=lambda name: -sums[name][1])[:50]
    off = {name: 100 * (sums[name][0] / sums[name][1] - 1) for name in top}
    off = {name: share for name, share in off.items() if abs(share) > 1}
    assert {(version, name) for name in off} == {key for key in DIFFERENCES if key[0] == version}
    for name, share in off.items():
        least, most, why = DIFFERENCES[version, name]
        assert least <= share <= most, (name, share, why)
    assert found[dominators.root] == pytest.approx(expected[0], rel=0.01)


def test_long_lists_are_no_problem() -> None:
    run, session = opened("22.23.3", "longlist")
    counts = run.truth["counts"]
    links = list(retained_instances(session, "Link"))
    size = links[0].size
    # Each link retains those behind it.
    assert [row.retained for row in links[:-1]] == [size * i for i in range(1, counts["Link"])]
    both = list(retained_instances(session, "Both"))
    # Linked from both ends: each can be reached without the other ones on one side of it.
    assert {row.retained for row in both} == {both[0].size}
    rows = {row.name: row for row in retained_by_name(session) if hasattr(row, "name")}
    assert rows["Link"].retained == links[-1].retained  # each byte once
    assert size * counts["Link"] <= links[-1].retained < size * counts["Link"] + 4096
    assert len(session.graph.scanned.paths(session.graph.node(links[0].address) or 0, 1)[0]) > 1e6
    way = list(paths_to(session, links[-5000].address, 1))
    assert len(way) >= 5000
    assert {step.via for step in way[-4000:]} == {"next"}


@pytest.mark.parametrize("version", PRIMARY)
def test_ways_and_dominators_are_named(version: str) -> None:
    _, session = opened(version, "garbage")
    address = next(session.live_census.instances("KeptMapValue"))[0] + 1
    ways = list(paths_to(session, address, 3))
    assert {row.path for row in ways} == {1, 2, 3}
    assert next(row.kind for row in ways if row.path == 1) == "root"
    for number in (1, 2, 3):
        way = [row for row in ways if row.path == number]
        assert all(row.target == after.address for row, after in zip(way, way[1:]))
        assert way[-1].target == address
    held = [row for row in ways if row.class_ == "Map"]
    assert any(row.via.startswith("(value of ") for row in held)
    assert any(row.via == "map" for row in ways)  # globalThis.map
    tree = list(dominated(session, address, 1))
    assert [row.depth for row in tree] == sorted(row.depth for row in tree)
    assert [row.retained for row in tree] == sorted((r.retained for r in tree), reverse=True)
    dropped = next(session.census.instances("DroppedCycle"))[0] + 1
    with pytest.raises(NotAnObject):
        list(paths_to(session, dropped, 1))


def test_in_a_shell() -> None:
    run, session = opened("22.23.3", "garbage")
    address = next(session.live_census.instances("KeptWeakValue"))[0] + 1

    def said(*words: str) -> str:
        command = [sys.executable, "-m", "v8inspect", "-c", str(run.core), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    lines = said("retained", "-n", "3").splitlines()
    assert len(lines) == 2 + 3 + 2
    rows = [json.loads(line) for line in said("--json", "retained", "-n", "0").splitlines()]
    assert {row["name"]: row["count"] for row in rows}["KeptWeakValue"] == 300
    assert all(row["retained"] >= row["size"] or row["count"] > 1 for row in rows)
    way = said("path", hex(address))
    assert "(key of a WeakMap's entry)" in way
    assert said("dominators", "-n", "1", hex(address)).splitlines()[-1].endswith(": KeptWeakValue")
