"""Which name of a class its objects count under: that in the source, or `name` at run time."""

from __future__ import annotations

import pytest

from tests.dumps.support import PRIMARY, opened
from tests.provision.snapshot import Snapshot


@pytest.mark.parametrize("version", PRIMARY)
def test_names_are_those_that_v8_gives(version: str) -> None:
    run, session = opened(version, "classnames")
    assert run.snapshot is not None
    counts = run.truth["counts"]
    theirs = Snapshot.load(run.snapshot).census()
    assert {name: theirs[name][0] for name in counts} == counts
    tallies = session.census.tallies()
    ours = {name: tally.count for name, tally in tallies.items()}
    assert {name: ours.get(name, 0) for name in counts} == counts
    assert {name for name in ours if name.endswith("AtRunTime") or name == "command"} <= set(counts)
