"""`roots` and `handles` on programs that know what they hold, and how many handles they leak."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from typing import Any

import pytest

from tests.dumps.addon import handles_addon
from tests.dumps.support import PRIMARY, opened
from tests.provision.cores import Run, core
from v8inspect.analysis.retained import paths_to
from v8inspect.analysis.roots import HandlesRow, RootRow, handle_census, root_counts, root_rows
from v8inspect.errors import NothingFound
from v8inspect.heap.graph_roots import CATEGORIES, STACK
from v8inspect.session import Session
from v8inspect.targets import open_dump

FEW, MANY = 1000, 25_000


@functools.lru_cache(maxsize=2)
def leaking(version: str, locals_: int) -> tuple[Run, Session]:
    run = core(version, "handleleak", str(handles_addon()), str(locals_))
    return run, Session(open_dump(str(run.core), str(run.node)))


def census(session: Session, *arguments: Any) -> dict[tuple[str, str], HandlesRow]:
    rows = [row for row in handle_census(session, *arguments) if isinstance(row, HandlesRow)]
    found = {(row.kind, row.name): row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("version", PRIMARY)
def test_a_leak_of_local_handles_shows_as_growth(version: str) -> None:
    early, late = (census(leaking(version, count)[1]) for count in (FEW, MANY))
    for count, found in ((FEW, early), (MANY, late)):
        row = found["local", "InLocal"]
        assert (row.count, row.objects) == (count, count)
        row = found["global", "InStrong"]
        assert (row.count, row.objects) == (70, 70)
        row = found["weak global", "InWeak"]
        assert (row.count, row.objects) == (30, 30)
        # Held by an array of the program; a call's result is a local handle as well.
        assert ("global", "InWeak") not in found
        assert found["local", "InWeak"].count == 30
    grown = {key: late[key].count - early[key].count for key in early.keys() & late.keys()}
    assert {key: n for key, n in grown.items() if abs(n) > 100} == {
        ("local", "InLocal"): MANY - FEW
    }
    assert {row.count for key, row in late.items() if key not in early} <= {1, 2}


@pytest.mark.parametrize("version", PRIMARY)
def test_what_only_a_handle_holds_is_alive_and_its_root_is_told(version: str) -> None:
    run, session = leaking(version, FEW)
    alive = session.live_census.tallies()
    assert {name: alive[name].count for name in run.truth["counts"]} == run.truth["counts"]
    for name, category in (("InLocal", "handle scope"), ("InStrong", "global handle")):
        address = next(session.live_census.instances(name))[0] + 1
        first = next(iter(paths_to(session, address, 1)))
        assert (first.via, first.target) == (category, address)
    rows = [row for row in root_rows(session, "handle scope") if row.class_ == "InLocal"]
    assert len(rows) == FEW
    assert len({row.slot for row in rows}) == FEW


@pytest.mark.parametrize("version", PRIMARY)
def test_slots_on_the_stack_are_in_the_frames_that_have_them(version: str) -> None:
    """A function that calls another one has its closure, its context and itself in its frame."""
    _, session = leaking(version, FEW)
    rows = [row for row in root_rows(session, STACK) if row.thread == 1]
    frames = {row.function: row.frame for row in rows if row.frame is not None}
    # As they call each other, with C++ of Node.js in between.
    order = [frames[name] for name in ("stop", "asItIs", "Object.end", "runs")]
    assert order == sorted(order)
    assert len(set(order)) == len(order)
    mine = {row.class_ for row in rows if row.function == "Object.end"}
    assert {"Function", "Context"} <= mine
    slots = sorted((row.slot or 0, row.frame) for row in rows if row.frame is not None)
    assert [frame for _, frame in slots] == sorted(frame for _, frame in slots)
    _, session = opened(version, "worker")
    assert {row.thread for row in root_rows(session, STACK)} > {1}


@pytest.mark.parametrize("version", PRIMARY)
def test_counts_and_lists_say_the_same(version: str) -> None:
    _, session = opened(version, "worker")
    rows = list(root_counts(session))
    total = rows.pop()
    assert {row.isolate for row in rows} == {None, 0, 1}  # type: ignore[union-attr]
    listed = list(root_rows(session))
    assert total.count == len(listed) == sum(row.count for row in rows)
    for row in rows:
        mine = [
            one
            for one in listed
            if (one.category, one.isolate) == (row.category, row.isolate)  # type: ignore[union-attr]
        ]
        assert len(mine) == row.count
        assert len({one.address for one in mine}) == row.objects
    only = [row for row in root_counts(session, "", 1)][:-1]
    assert only == [row for row in rows if row.isolate == 1]  # type: ignore[union-attr]
    assert {row.category for row in listed} <= set(CATEGORIES)
    tasks = [row for row in listed if row.category == "microtask queue"]
    assert all("TASK" in row.class_ for row in tasks)  # what merely looks like a queue is none
    with pytest.raises(NothingFound):
        list(root_rows(session, "xyzzy"))


def test_in_a_shell() -> None:
    run, _ = leaking("22.23.3", FEW)

    def said(*words: str) -> str:
        command = [sys.executable, "-m", "v8inspect", "-c", str(run.core), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    lines = said("handles", "local").splitlines()
    assert lines[0].split() == ["Kind", "Handles", "Objects", "Size", "Held"]
    assert " InLocal" in lines[-3]  # the most
    row = json.loads(said("handles", "weak", "--json").splitlines()[-1])
    assert (row["kind"], row["name"], row["count"]) == ("weak global", "InWeak", 30)
    assert "strong roots" in said("roots")
    text = said("roots", "-v", "global", "handle")
    assert text.count(": InStrong\n") == 70
    assert text.startswith("global handle (0x")
    assert isinstance(next(iter(root_rows(leaking("22.23.3", FEW)[1]))), RootRow)
