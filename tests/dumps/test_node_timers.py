"""Timers against what the program set, and clocks against what it read."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.dumps.support import FIRST_LTS, PRIMARY, opened
from v8inspect.analysis.node_timers import TimerRow, TimersTotal, timer_rows
from v8inspect.node import clock as clocks
from v8inspect.node.environment import environments
from v8inspect.render.json_lines import json_lines
from v8inspect.render.text import text_lines
from v8inspect.session import Session

ALL = PRIMARY + FIRST_LTS
SLACK = 100  # milliseconds between what the program read and what the loop did


def _timers(session: Session, isolate: int = 0) -> list[TimerRow]:
    return [row for row in timer_rows(session, isolate) if isinstance(row, TimerRow)]


def _name(row: TimerRow) -> str:
    return "" if row.callback is None else row.callback.name


@pytest.mark.parametrize("version", ALL)
def test_all_timers_of_the_program(version: str) -> None:
    run, session = opened(version, "timers")
    told: list[dict[str, Any]] = run.truth["timers"]
    ours = Counter(
        (_name(row), row.kind, row.milliseconds, row.ref, row.arguments)
        for row in _timers(session)
        if row.kind != "immediate" and row.state == "waiting"
    )
    theirs = Counter(
        (
            timer["name"] or "(anonymous)",
            timer["kind"],
            timer["ms"],
            timer["reffed"],
            timer["args"],
        )
        for timer in told
    )
    theirs += Counter([("ticking", "interval", 20, True, 0)])
    theirs += Counter([("overdueTimer", "timeout", 10, True, 0)])
    assert not theirs - ours
    (promised,) = (ours - theirs).elements()  # of timers/promises, settled by V8's own function
    assert promised[1:4] == ("timeout", 50000, True)


@pytest.mark.parametrize("version", ALL)
def test_due_when_the_program_said(version: str) -> None:
    run, session = opened(version, "timers")
    due = {(timer["name"], timer["ms"]): timer["created"] for timer in run.truth["timers"]}
    seen = 0
    for row in _timers(session):
        created = due.get((_name(row).replace("(anonymous)", ""), row.milliseconds or 0))
        if created is not None:
            assert row.due_in is not None
            assert row.milliseconds is not None
            expected = created + row.milliseconds - run.truth["now"]
            # The loop's clock stood still for the 50 ms that the program blocked it.
            assert -SLACK < row.due_in - expected < 50 + SLACK
            seen += 1
    assert seen >= len(run.truth["timers"])


@pytest.mark.parametrize("version", ALL)
def test_running_and_gone(version: str) -> None:
    _, session = opened(version, "timers")
    rows = _timers(session)
    assert [_name(row) for row in rows if row.state == "running"] == ["finish"]
    assert not {_name(row) for row in rows} & {"cleared", "fired", "clearedImmediate"}


@pytest.mark.parametrize("version", ALL)
def test_immediates(version: str) -> None:
    _, session = opened(version, "timers")
    found = [(_name(row), row.ref, row.arguments) for row in _timers(session) if row.due_in is None]
    assert found[1:] == [("immediate1", True, 0), ("immediate2", False, 1)]


@pytest.mark.parametrize("version", ALL)
def test_callbacks_and_what_they_are_bound_to(version: str) -> None:
    run, session = opened(version, "timers")
    lines = (run.folder / "app" / "timers.js").read_text().split("\n")
    for row in _timers(session):
        callback = row.callback
        assert callback is not None
        if callback.promise is None:
            assert callback.script == run.truth["script"]
            assert callback.line is not None
            name = "" if callback.name == "(anonymous)" else callback.name
            assert name in lines[callback.line - 1]
        if callback.name == "bound":
            assert callback.this_class == "Object"
    assert sum(row.callback is not None and row.callback.promise is not None
               for row in _timers(session)) == 1  # fmt: skip


@pytest.mark.parametrize("version", ALL)
def test_a_worker_has_its_own(version: str) -> None:
    _, session = opened(version, "timers")
    found = {
        _name(row): (row.kind, row.milliseconds, row.ref)
        for row in _timers(session, 1)
        if row.callback is not None and row.callback.name.startswith("worker")
    }
    assert found == {
        "workerInterval": ("interval", 60000, True),
        "workerTimeout": ("timeout", 70000, False),
    }


@pytest.mark.parametrize("version", ALL)
def test_as_many_as_node_counts(version: str) -> None:
    _, session = opened(version, "timers")
    totals = [row for row in timer_rows(session) if isinstance(row, TimersTotal)]
    assert len(totals) == 2
    for total in totals:
        assert total.refs == total.counted
        assert total.immediate_refs == total.immediates_counted
    assert (totals[0].immediates, totals[0].immediate_refs) == (2, 1)


@pytest.mark.parametrize("version", ALL)
def test_clock(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run, session = opened(version, "timers")
    main, worker = (clocks.clock(session, item) for item in environments(session))
    assert main.uptime is not None
    # Blocked for 50 ms at the end.
    assert -SLACK < run.truth["now"] - 50 - main.uptime < SLACK
    if not version.startswith("18.") and version != "20.9.0":
        assert main.origin_wall == pytest.approx(run.truth["origin"], abs=1)
    assert main.timer_base is not None
    assert worker.timer_base is not None
    assert worker.timer_base > main.timer_base
    monkeypatch.setattr(clocks, "_USUAL_BASE", {})
    assert [clocks.clock(session, item) for item in environments(session)] == [main, worker]


@pytest.mark.parametrize("version", PRIMARY)
def test_rows_in_both_forms(version: str) -> None:
    _, session = opened(version, "timers")
    text = list(text_lines(timer_rows(session, 0)))
    assert text[0].split() == ["Timer", "Kind", "Due", "in", "Of", "Ref", "Callback"]
    assert text[-1] == (
        "17 timers, 16 of them with a reference; 2 immediates, 1 of them with a reference"
    )
    rows = [json.loads(line) for line in json_lines(timer_rows(session, 0))]
    assert len(rows) == 19
    assert {"kind", "address", "callback", "ref", "state"} <= set(rows[0])
    assert [row["due_in"] for row in rows if "due_in" in row] == sorted(
        row["due_in"] for row in rows if "due_in" in row
    )
