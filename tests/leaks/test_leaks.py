"""Leaks in servers out of npm (express, fastify, hapi, koa, ws): who is to blame, by what the
servers say of themselves at the moment of each dump."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Iterator, List, Mapping

import pytest

from tests.dumps.support import PRIMARY
from tests.leaks.provision import SERVERS, Leak, leak
from v8inspect.analysis.diff import CONSTRUCTOR, PATH, DiffRow, differences
from v8inspect.analysis.group import grouped
from v8inspect.analysis.retained import paths_to
from v8inspect.analysis.summary import Summary, summary_of
from v8inspect.analysis.suspect import SuspectRow
from v8inspect.analysis.suspects import suspects
from v8inspect.session import Session
from v8inspect.targets import open_dump

EVERYWHERE = "koa"
MATRIX = [
    pytest.param(
        (version, server),
        id=f"{version}-{server}",
        marks=[] if version == "22.23.3" or server == EVERYWHERE else [pytest.mark.slow],
    )
    for version in PRIMARY
    for server in SERVERS
]


class Case:
    """A leak, its last dump opened, and what the server said then."""

    def __init__(self, of: Leak) -> None:
        self.leak = of
        self.truth: Mapping[str, Any] = of.truth[-1]
        self.session = self.open(-1)

    def open(self, stage: int) -> Session:
        return Session(open_dump(str(self.leak.cores[stage]), str(self.leak.node)))

    @property
    def holders(self) -> List[str]:
        """Names of which one has to be on the way from the root to what is leaked."""
        truth = self.truth
        if "milliseconds" in truth:  # timers are in Node's own lists, by their duration
            return [str(truth["milliseconds"])]
        return [truth.get("event", truth["holder"])]


@pytest.fixture(scope="module", params=MATRIX)
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    made = Case(leak(*request.param))
    yield made
    made.session.close()


@pytest.fixture(scope="module")
def last(case: Case) -> Summary:
    return summary_of(case.session)


def _first(case: Case) -> SuspectRow:
    row = next(iter(suspects(case.session)))
    assert isinstance(row, SuspectRow)
    return row


def test_the_culprit_is_named_first(case: Case) -> None:
    truth, row = case.truth, _first(case)
    assert (row.number, row.count, row.of) == (1, truth["leaked"], truth["of"])
    assert row.milliseconds == truth.get("milliseconds")
    assert row.event == truth.get("event")
    if "event" in truth:
        assert row.emitter_class == truth["holder"]
    assert row.path[-1].via in case.holders
    if "function" in truth:
        assert row.callback is not None
        assert row.callback.name == truth["function"]
        assert row.callback.script is not None
        assert row.callback.script.endswith(f"/{case.leak.server}.js")
        assert row.alike == row.looked_at


def test_the_way_to_it_shows_the_holder(case: Case) -> None:
    row = _first(case)
    way = list(paths_to(case.session, row.address, 1))
    assert way[0].kind == "root"
    assert [step.via for step in way if step.via in case.holders], way
    if row.sample is not None and "milliseconds" not in case.truth:
        inside = list(paths_to(case.session, row.sample, 1))
        assert [step.via for step in inside if step.via in case.holders], inside


def test_grouped_by_how_they_are_held(case: Case) -> None:
    rows = [row for row in grouped(case.session, case.truth["of"]) if _is_held(case, row.path)]
    assert sum(row.count for row in rows) == pytest.approx(case.truth["leaked"], abs=6)
    # Timers are a list that is reached from both of its ends.
    assert len(rows) == 1 or "milliseconds" in case.truth


def test_an_early_and_a_late_dump_show_the_growth(case: Case, last: Summary) -> None:
    early = case.open(0)
    try:
        first = summary_of(early)
    finally:
        early.close()
    grown = case.truth["leaked"] - case.leak.truth[0]["leaked"]
    rows = [row for row in differences((first, last), (PATH,), 10) if isinstance(row, DiffRow)]
    held = [row for row in rows if row.name == case.truth["of"] and _is_held(case, row.path)]
    assert sum(row.count - row.count_before for row in held) == pytest.approx(grown, abs=6)
    assert rows[-1] in held  # nothing has grown more
    by_name = {
        row.name: row.count - row.count_before
        for row in differences((first, last), (CONSTRUCTOR,))
        if isinstance(row, DiffRow)
    }
    assert by_name[case.truth["of"]] >= grown


def _is_held(case: Case, path: Any) -> bool:
    """Whether a pattern is that of the leak."""
    if "milliseconds" in case.truth:
        return any(step.startswith("TimersList._idle") for step in path)
    named = [step for step in path if step.split(".")[-1] in case.holders]
    # In express a route that leaks has a `stack` with a Layer of its own.
    return len(named) == 1 and named[0] in path[-2:]


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(version, marks=[] if version == "22.23.3" else [pytest.mark.slow])
        for version in PRIMARY
    ],
)
def test_three_dumps_give_a_trend(version: str) -> None:
    made = leak(version, EVERYWHERE)
    summaries = []
    for core in made.cores:
        session = Session(open_dump(str(core), str(made.node)))
        summaries.append(summary_of(session))
        session.close()
    truth = made.truth[0]
    for by in (CONSTRUCTOR, PATH):
        found = differences(summaries, (by,))
        (row,) = [row for row in found if isinstance(row, DiffRow) and row.name == truth["of"]]
        assert row.counts == [stage["leaked"] for stage in made.truth]
        assert len(row.retained_sizes or ()) == 3
    uptimes = [summary.uptime for summary in summaries if summary.uptime is not None]
    assert len(uptimes) == 3
    assert uptimes == sorted(uptimes)


def test_in_a_shell() -> None:
    made = leak("22.23.3", EVERYWHERE)
    early, middle, late = map(str, made.cores)

    def said(*words: str) -> str:
        command = [sys.executable, "-m", "v8inspect", "-c", late, "-e", str(made.node), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    count = made.truth[-1]["leaked"]
    lines = said("suspects", "-n", "1").splitlines()
    assert lines[0].startswith(f"1. A Map with {count} Page in it retains ")
    assert lines[2].endswith(" → Context.pageCache")
    row = json.loads(said("--json", "suspects").splitlines()[0])
    assert (row["class"], row["path"][-1]["via"]) == ("Map", "pageCache")
    assert (
        said("path", row["sample"]).splitlines()[-1].startswith(f"   {row['address']}: Map(value")
    )
    lines = said("diff", "--by", "path", "-n", "1", early, middle).splitlines()
    assert lines[-1].split()[:2] == [str(count), f"+{count - made.truth[0]['leaked']}"]
    plot = lines[-1].split()[4]
    assert (plot[0], plot[2]) == ("▁", "█")
