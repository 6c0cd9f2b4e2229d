"""`process` against what the program had set and asked for."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

import pytest

from tests.dumps.support import FIRST_LTS, PRIMARY, opened
from v8inspect.analysis.node_process import ProcessRow, process_rows
from v8inspect.node import environ as environs
from v8inspect.render.json_lines import json_lines
from v8inspect.render.text import text_lines
from v8inspect.session import Session

ALL = PRIMARY + FIRST_LTS


def _main(session: Session, values: bool = False) -> ProcessRow:
    (row,) = process_rows(session, 0, values)
    return row


@pytest.mark.parametrize("version", ALL)
def test_start(version: str) -> None:
    run, session = opened(version, "processstate")
    row = _main(session)
    assert (row.pid, row.argv, row.execArgv) == (
        run.truth["pid"],
        run.truth["argv"],
        run.truth["execArgv"],
    )
    assert row.versions == run.truth["versions"]
    assert row.uptime == pytest.approx(run.truth["uptime"], abs=0.1)
    if version.startswith("18.") or version == "20.9.0":
        assert row.started is None  # not kept
    else:
        assert row.started is not None
        started = datetime.fromisoformat(row.started.replace("Z", "+00:00"))
        assert started.timestamp() == pytest.approx(run.truth["origin"] / 1000, abs=0.002)
    assert row.limits["max_semi_space_size"] == 8 << 20


@pytest.mark.parametrize("version", ALL)
def test_state(version: str) -> None:
    run, session = opened(version, "processstate")
    row = _main(session)
    assert row.cwd == run.truth["cwd"] == run.truth["elsewhere"]
    assert row.exitCode == run.truth["exitCode"] == 3
    assert row.exiting is False


@pytest.mark.parametrize("version", ALL)
def test_listeners(version: str) -> None:
    run, session = opened(version, "processstate")
    rows = _main(session).listeners
    assert Counter(row.event for row in rows) == run.truth["events"]
    ours = [
        (row.event, row.callback.name) for row in rows if row.callback.script == run.truth["script"]
    ]
    assert ours == [
        ("SIGUSR2", "onUsr2"),
        ("uncaughtException", "first"),
        ("uncaughtException", "second"),
        ("beforeExit", "onlyOnce"),
    ]


@pytest.mark.parametrize("version", ALL)
def test_environment_variables_as_they_are_now(version: str) -> None:
    run, session = opened(version, "processstate")
    row = _main(session)
    assert row.env_names == sorted(run.truth["env"])
    assert row.env is None
    assert row.env_current is True
    assert _main(session, True).env == run.truth["env"]


@pytest.mark.parametrize("version", PRIMARY)
def test_values_are_shown_on_request_only(version: str) -> None:
    _, session = opened(version, "processstate")
    for rows in ([_main(session)], list(process_rows(session, None, False))):
        shown = "\n".join([*text_lines(rows), *json_lines(rows)])
        assert "SECRET_TOKEN" in shown
        assert "hunter2" not in shown
    rows = [_main(session, True)]
    assert "    SECRET_TOKEN = hunter2" in list(text_lines(rows))
    assert json.loads(next(iter(json_lines(rows))))["env"]["SECRET_TOKEN"] == "hunter2"


@pytest.mark.parametrize("version", PRIMARY)
def test_without_symbols_as_the_program_was_started(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, session = opened(version, "processstate")
    monkeypatch.setattr(environs, "_SYMBOLS", ())
    found = environs.environ(session.memory)
    assert found is not None
    assert found.current is False
    assert found.variables == {"PATH": "/usr/bin:/bin", "HOME": "/srv/app", "LANG": "C.UTF-8"}
    assert _main(session).env_current is False


@pytest.mark.parametrize("version", ALL)
def test_a_worker_has_its_own(version: str) -> None:
    run, session = opened(version, "processstate")
    main, worker = process_rows(session, None, True)
    assert (main.isolate, worker.isolate) == (0, 1)
    assert worker.env is None  # a copy in C++
    assert worker.exitCode is None
    assert ("exit", "workerExit") in [(row.event, row.callback.name) for row in worker.listeners]
    assert worker.cwd in (None, run.truth["cwd"])
