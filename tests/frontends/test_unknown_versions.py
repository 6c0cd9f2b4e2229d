"""A V8 without a table: every front end says that its answer is not verified, each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import List

import pytest

from tests.dumps import hidden
from tests.frontends.run import Said, in_gdb, in_lldb, in_shell
from tests.provision.cores import Run, core

pytestmark = pytest.mark.debugger

VERSION = "25.9.0"
LINES = ["findjsobjects --json -n 400", "nodeinfo --json", "bt", "doctor --json"]
# Classes with a property `name`: V8 goes by it from 14.6 on; the warning says that this is open.
BY_RULE = {"ComputedName", "NotThis", "NotThisEither"}
MARK = "warning: V8 14.1.146.11-node.25 is unknown: this answer is unverified"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A core of a version whose table is hidden."""
    run = core(VERSION, "classes")
    hidden.hidden_from(run, tmp_path, monkeypatch)
    return run


def _check(said: List[Said], run: Run) -> None:
    for line, one in zip(LINES, said):
        assert (line, one.succeeded) == (line, True)
        assert one.remarks.count(MARK) == 1, (line, one.remarks)
    census, info, stack, doctor = said
    rows = [json.loads(text) for text in census.answer.splitlines()]
    counts = {row["name"]: row["count"] for row in rows}
    wanted = {n: c for n, c in run.truth["counts"].items() if n not in BY_RULE}
    assert len(wanted) >= 19
    assert {name: counts.get(name) for name in wanted} == wanted
    first = json.loads(info.answer.splitlines()[0])
    assert first["layout_verified"] is False
    assert first["layout"] != "14.1"
    assert "abort" in stack.answer
    checks = [json.loads(text) for text in doctor.answer.splitlines()]
    assert [row["verified"] for row in checks if row["check"] == "layout"] == [False]


def test_shell(run: Run) -> None:
    _check(in_shell(run.core, run.node, LINES), run)


def test_gdb(run: Run, gdb: str) -> None:
    _check(in_gdb(gdb, run.core, run.node, LINES), run)


def test_lldb(run: Run, lldb: str) -> None:
    _check(in_lldb(lldb, run.core, run.node, LINES), run)
