"""`async`: what waits where, against the places that the program marks in its own source."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any, Dict, List

import pytest

from tests.dumps.support import FIRST_LTS, PRIMARY, opened
from v8inspect.analysis.async_tree import BranchRow, TreeTotal, trees
from v8inspect.analysis.async_waiters import MicrotaskRow
from v8inspect.analysis.async_waits import AsyncTotal, SuspendedRow, waits
from v8inspect.analysis.describe import Describer
from v8inspect.analysis.description import Options
from v8inspect.objects.generators import JSGeneratorObject
from v8inspect.render.json_lines import json_lines
from v8inspect.render.text import text_lines
from v8inspect.session import Session

ALL = PRIMARY + FIRST_LTS
# What the program has of each mark, if not one. `fifo` is not there: nobody opens it.
TIMES = {"worker": 5, "part": 5, "source": 2, "ended": 0, "onFile": 0}
NAMES = {"hidden": "#hidden", "method": "Service.method", "create": "Service.create"}
STATES = {"queuedAsync": "queued"}
KINDS = {"source": "async generator", "idle": "async generator", "delegating": "async generator",
         "counter": "generator"}  # fmt: skip


def _rows(session: Session, **options: Any) -> List[SuspendedRow]:
    return [row for row in waits(session, **options) if isinstance(row, SuspendedRow)]


def _by_name(session: Session, **options: Any) -> Dict[str, SuspendedRow]:
    return {row.function: row for row in _rows(session, **options)}


@pytest.mark.parametrize("version", ALL)
def test_everything_that_waits_and_nothing_else(version: str) -> None:
    run, session = opened(version, "suspended")
    expected = Counter(
        {
            (NAMES.get(mark, mark), place[0], place[1], STATES.get(mark, "suspended"),
             KINDS.get(mark, "async function")): TIMES.get(mark, 1)
            for mark, place in run.truth["positions"].items() if mark != "name"
        }
    )  # fmt: skip
    ours = Counter(
        {
            (row.function, row.line, row.column, row.state, row.kind): row.count
            for row in _rows(session)
            if row.function != "fresh"
        }
    )
    assert ours == +expected
    fresh = _by_name(session)["fresh"]
    assert (fresh.state, fresh.kind, fresh.count) == ("not started", "generator", 1)


@pytest.mark.parametrize("version", ALL)
def test_who_awaits_whom(version: str) -> None:
    _, session = opened(version, "suspended")
    rows = _by_name(session)
    told = {
        name: sorted((w.how, w.function, w.number) for w in row.awaited_by or [])
        for name, row in rows.items()
    }
    assert told["inner"] == [("await", "middle", None)]
    assert told["middle"] == [("await", "outer", None)]
    assert told["outer"] == []
    assert told["handled"] == [("then", "userHandler", None)]
    assert told["source"] == [("await", "consumer", None), ("await", "delegating", None)]
    assert sorted(told["part"], key=str) == sorted(
        [
            ("all", None, 0), ("all", None, 1), ("allSettled", None, 0), ("any", None, 0),
            ("resolve", None, None),
        ],
        key=str,
    )  # fmt: skip


@pytest.mark.parametrize("version", ALL)
def test_what_they_wait_for(version: str) -> None:
    _, session = opened(version, "suspended")
    rows = _by_name(session, verbose=True)
    told = {
        name: (row.awaits.by, row.awaits.function or row.awaits.detail, row.awaits.of)
        for name, row in rows.items()
        if row.awaits is not None
    }
    assert told["outer"] == ("async function", "middle", None)
    assert told["consumer"] == ("async generator", "source", None)
    assert told["all"] == ("all", None, 2)
    assert told["settled"] == ("allSettled", None, 1)
    assert told["any"] == ("any", None, 1)
    assert told["race"] == ("async function", "part", None)
    assert told["viaThen"] == ("then", "userHandler", None)
    assert told["viaFinally"] == ("then", "userFinally", None)
    assert told["onTimer"] == ("timer", "timeout of 60000 ms", None)
    assert told["onSleep"] == ("timer", "timeout of 70000 ms", None)
    assert told["onHeld"] == ("resolver", "Object.resolveHeld", None)
    assert told["onThenable"] == ("resolver", "Object.resolveThenable", None)
    assert told["arrow"] == (None, None, None)
    for row in rows.values():
        assert row.awaits is None or row.awaits.state == "pending"


@pytest.mark.parametrize("version", ALL)
def test_values_of_each_call(version: str) -> None:
    _, session = opened(version, "suspended")
    rows = [row for row in _rows(session, verbose=True) if row.function == "worker"]
    assert [row.count for row in rows] == [1] * 5
    for number, row in enumerate(rows):
        assert row.arguments is not None
        assert row.arguments[0].value == number
        assert row.arguments[1].class_ == "Object"
        assert len(row.arguments) == 2
        assert row.parameters == ["id", "job"]
        values = [register.value for register in row.registers or []]
        assert f"local {number}" in values
        assert number * 2 in values
    method = next(row for row in _rows(session, verbose=True) if row.function == "Service.method")
    assert method.this is not None
    assert method.this.class_ == "Service"
    assert [value.value for value in method.arguments or []] == ["argument"]


@pytest.mark.parametrize("version", ALL)
def test_microtasks_in_order(version: str) -> None:
    run, session = opened(version, "suspended")
    tasks = [row for row in waits(session) if isinstance(row, MicrotaskRow)]
    assert [(task.task, task.function) for task in tasks] == [
        ("fulfilled", "queuedThen"),
        ("fulfilled", "queuedAsync"),
        ("callable", "queuedMicrotask"),
        ("rejected", "queuedCatch"),
        ("thenable", "then"),
    ]
    assert [tasks[1].line, tasks[1].column] == run.truth["positions"]["queuedAsync"]


@pytest.mark.parametrize("version", ALL)
def test_trees(version: str) -> None:
    _, session = opened(version, "suspended")
    rows = list(trees(session))
    told = [(r.depth, r.of.function, r.of.count) for r in rows if isinstance(r, BranchRow)]
    at = told.index((0, "outer", 1))
    assert told[at : at + 3] == [(0, "outer", 1), (1, "middle", 1), (2, "inner", 1)]
    at = told.index((0, "all", 1))
    assert told[at : at + 2] == [(0, "all", 1), (1, "part", 2)]
    at = told.index((0, "consumer", 1))
    assert told[at + 1] == (1, "source", 1)
    assert (0, "worker", 5) in told
    total = rows[-1]
    assert isinstance(total, TreeTotal)
    assert total.suspended == sum(row.count for row in _rows(session))


@pytest.mark.parametrize("version", ALL)
def test_only_the_most_frequent(version: str) -> None:
    _, session = opened(version, "suspended")
    rows = list(waits(session, number=2))
    shown = [row for row in rows if isinstance(row, SuspendedRow)]
    assert {(row.function, row.count) for row in shown} == {("worker", 5), ("part", 5)}
    total = rows[-1]
    assert isinstance(total, AsyncTotal)
    assert total.hidden == total.places - 2
    assert len(_rows(session, number=3, verbose=True)) == 3


def test_as_text_and_json() -> None:
    _, session = opened("22.23.3", "suspended")
    text = list(text_lines(waits(session)))
    assert text[0].split() == ["Count", "Address", "Function,", "and", "where", "it", "waits"]
    assert any("async* source" in line for line in text)
    assert any("awaits timer (timeout of 60000 ms)" in line for line in text)
    rows = [json.loads(line) for line in json_lines(waits(session, verbose=True))]
    for row in rows:
        assert row["address"].startswith("0x")
    branches = [json.loads(line) for line in json_lines(trees(session))]
    assert {"depth", "address", "function", "count"} <= set(branches[0])


@pytest.mark.parametrize("version", PRIMARY)
def test_a_promise_says_who_waits_for_it(version: str) -> None:
    _, session = opened(version, "suspended")
    told = []
    for row in _rows(session, verbose=True):
        if row.function in ("inner", "part", "handled") and row.promise is not None:
            described = Describer(session, Options()).top(session.at(row.promise).view)
            assert described.internal is not None
            (reaction,) = described.internal["reactions"]
            told.append(tuple(reaction.get(name) for name in ("combinator", "number")))
            assert list(text_lines([described]))
    assert sorted(told, key=str) == sorted(
        [
            ("Promise.all", 0), ("Promise.all", 1), ("Promise.allSettled", 0), ("Promise.any", 0),
            (None, None), (None, None), (None, None),
        ],
        key=str,
    )  # fmt: skip


@pytest.mark.parametrize("version", PRIMARY)
def test_modules_and_contexts(version: str) -> None:
    """Top-level await; a call in a context of its own."""
    _, session = opened(version, "moduleawait")
    rows = [row for row in _rows(session) if not (row.script or "").startswith("node:")]
    told = {((row.script or "").rpartition("/")[2], row.line, row.column) for row in rows}
    assert told == {
        ("inner.mjs", 3, 3),
        ("evalmachine.<anonymous>", 1, 25),
        ("moduleawait.js", 12, 29),
        ("outer.mjs", 1, 1),  # not started: V8 has modules as generators
    }


@pytest.mark.parametrize("version", PRIMARY)
def test_many_that_wait(version: str) -> None:
    """In seconds on a busy machine; looked at one by one they take minutes."""
    run, session = opened(version, "manysuspended")
    session.census.tallies()
    count = run.truth["count"]
    start = time.monotonic()
    rows = _by_name(session)
    assert time.monotonic() - start < 10
    assert (rows["sleeper"].count, rows["outer"].count) == (count, count)
    awaits = rows["sleeper"].awaits
    assert awaits is not None
    assert (awaits.by, awaits.detail) == ("timer", "timeout of 1000000 ms")
    assert [row.count for row in rows["sleeper"].awaited_by or []] == [1000]
    tree = [row for row in trees(session) if isinstance(row, BranchRow)]
    assert [(r.depth, r.of.function, r.of.count) for r in tree][-2:] == [
        (0, "outer", count),
        (1, "sleeper", 1),
    ]


def test_nothing_waits() -> None:
    _, session = opened("22.23.3", "empty")
    rows = list(waits(session))
    assert isinstance(rows[-1], AsyncTotal)
    assert rows[-1].microtasks == 0


@pytest.mark.parametrize("version", ["18.20.8", "26.10.0"])
def test_every_row_is_of_an_object(version: str) -> None:
    _, session = opened(version, "suspended")
    for row in _rows(session, verbose=True):
        assert isinstance(session.at(row.address).view, JSGeneratorObject)
