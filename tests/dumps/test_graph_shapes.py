"""Shapes on which recursion would end and slow algorithms never do (`longlists.js`)."""

from __future__ import annotations

import time
from itertools import islice

import pytest

from tests.provision.cores import core
from v8inspect.analysis.retained import RetainedRow, paths_to, retained_by_name
from v8inspect.session import Session
from v8inspect.targets import open_dump

_SECONDS = 15  # of processor time for nine million objects; what grows with the square needs days


@pytest.mark.slow
def test_lists_of_millions_crossed_chains_and_deep_nesting() -> None:
    run = core("22.23.3", "longlists")
    counts = run.truth["counts"]
    start = time.process_time()
    with Session(open_dump(str(run.core), str(run.node))) as session:
        rows = {row.name: row for row in retained_by_name(session) if isinstance(row, RetainedRow)}
        assert time.process_time() - start < _SECONDS
        assert {name: rows[name].count for name in counts} == counts
        # Each byte once: the list, and the ring, hold nothing but their links.
        for name in ("Link", "Ring"):
            assert rows[name].size <= rows[name].retained < rows[name].size + 4096
        graph = session.graph
        instances = {
            name: [address + 1 for address, _ in session.live_census.instances(name)]
            for name in ("Left", "Right", "Link")
        }
        # At each link of the chains there are two ways on: none dominates the next.
        for name in ("Left", "Right"):
            nodes = graph.scanned.nodes(instances[name])
            assert sum(size > 100 for size in graph.dominators.retained_of(nodes)) <= 2
        # The first link was made first: five million steps from the global object.
        nodes = graph.scanned.nodes(instances["Link"])
        sizes = zip(graph.dominators.retained_of(nodes), instances["Link"])
        ends = [word for size, word in sizes if size < 50]
        assert len(ends) == 1
        start = time.process_time()
        way = next(iter(graph.scanned.paths(graph.node(ends[0]) or 0, 1)))
        assert len(way) > counts["Link"]
        assert time.process_time() - start < _SECONDS
        steps = [step.via for step in islice(paths_to(session, ends[0], 1), 2000)]
        assert steps[-1] == "next"
        # A million arrays: the innermost is a million steps away too.
        arrays = [address + 1 for address, _ in session.live_census.instances("Array")]
        sizes = graph.dominators.retained_of(graph.scanned.nodes(arrays))
        assert sum(size > 1000 for size in sizes) > 990_000
