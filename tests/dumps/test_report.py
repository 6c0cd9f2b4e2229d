"""`report`: every section, on dumps of processes that ended in different ways."""

from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest

from tests.dumps.support import PRIMARY
from tests.provision.cores import core
from v8inspect.analysis.biggest import BigRow, biggest
from v8inspect.analysis.report import SECTIONS, RemarkRow, SectionRow, report
from v8inspect.errors import NoV8, V8InspectError
from v8inspect.render.json_lines import json_lines
from v8inspect.render.text import text_lines
from v8inspect.session import Session
from v8inspect.targets import open_dump


def _sections(session: Session) -> Dict[str, List[Any]]:
    found: Dict[str, List[Any]] = {}
    for row in report(session):
        if isinstance(row, SectionRow):
            found.setdefault(row.section, []).append(row.of)
    return found


@pytest.mark.parametrize("version", PRIMARY)
def test_out_of_memory(version: str) -> None:
    run = core(version, "oom")
    with Session(open_dump(str(run.core), str(run.node))) as session:
        found = _sections(session)
        (end,) = found["ending"]
        assert end.kind == "out of memory"
        assert found["stack"][0].script.endswith("oom.js")
        (heap,) = found["memory"]
        assert 0.85 < heap.old_used / heap.old_limit < 1.3
        assert found["census"][-1].name == "Leak"
        array = found["biggest"][0]
        assert (array.class_, array.via) == ("Array", "leaked")
        bounds = run.truth["atLeast"]["Leak"], run.truth["atMost"]["Leak"]
        assert bounds[0] <= array.length <= bounds[1]
        (program,) = found["program"]
        assert program.pid == run.truth["pid"]
        assert program.node == run.truth["version"]
        assert "--max-old-space-size=60" in program.command


@pytest.mark.parametrize("version", PRIMARY)
def test_uncaught_exception(version: str) -> None:
    run = core(version, "errors", "thrown")
    with Session(open_dump(str(run.core), str(run.node))) as session:
        found = _sections(session)
        assert found["ending"][0].class_ == "AppError"
        assert found["stack"][0].function == "raise"
        text = list(text_lines(report(session)))
        assert "AppError: made by the program" in "\n".join(text)
        for title in ("What ended it", "Program", "JavaScript stack", "Heap", "Event loop"):
            assert f"== {title} ==" in text


@pytest.mark.parametrize("version", PRIMARY)
def test_signal(version: str) -> None:
    run = core(version, "errors", "signal")
    with Session(open_dump(str(run.core), str(run.node))) as session:
        assert _sections(session)["ending"][0].signal == "SIGSEGV"


@pytest.mark.parametrize("version", PRIMARY)
def test_what_it_waits_for(version: str) -> None:
    run = core(version, "suspended")
    with Session(open_dump(str(run.core), str(run.node))) as session:
        found = _sections(session)
        counts = {row.what: row.count for row in found["async"] if hasattr(row, "what")}
        assert counts == {"suspended calls": 37, "microtasks": 5}
        loop = {row.what: row.count for row in found["loop"]}
        assert loop["timers"] >= 2


def test_a_core_of_a_debugger() -> None:
    run = core("22.23.3", "worker", how="gcore")
    with Session(open_dump(str(run.core), str(run.node))) as session:
        found = _sections(session)
        assert [row.kind for row in found["memory"]] == ["main", "worker"]
        assert found["ending"]


@pytest.mark.parametrize("version", PRIMARY)
def test_the_biggest_are_those_that_the_program_made(version: str) -> None:
    run = core(version, "bigarrays")
    with Session(open_dump(str(run.core), str(run.node))) as session:
        rows = {row.via: row for row in biggest(session, 12) if row.via is not None}
        assert all(isinstance(row, BigRow) for row in rows.values())
        for name, length in run.truth["lengths"].items():
            assert (rows[name].class_, rows[name].length) == ("Array", length)
        assert (rows["map"].class_, rows["map"].length) == ("Map", 200000)
        sizes = [row.size for row in biggest(session, 12)]
        assert sizes == sorted(sizes, reverse=True)


def test_without_a_heap_there_is_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    run = core("22.23.3", "empty")
    with Session(open_dump(str(run.core), str(run.node))) as session:
        monkeypatch.setattr(Session, "heap", property(lambda self: _raise()))
        with pytest.raises(NoV8):
            next(report(session))


def _raise() -> Any:
    raise NoV8("core", "no page of a V8 heap")


def test_json_says_which_section() -> None:
    run = core("26.10.0", "errors", "thrown")
    with Session(open_dump(str(run.core), str(run.node))) as session:
        rows = [json.loads(line) for line in json_lines(report(session))]
        assert {row["section"] for row in rows} <= {name for name, _ in SECTIONS}
        assert rows[0]["class"] == "AppError"


def test_a_section_that_fails_is_a_remark(monkeypatch: pytest.MonkeyPatch) -> None:
    run = core("22.23.3", "empty")

    def broken(session: Session) -> Any:
        raise V8InspectError("no memory for it")

    others = [pair for pair in SECTIONS if pair[0] != "census"]
    monkeypatch.setattr(
        "v8inspect.analysis.report.SECTIONS", (("census", broken), *others), raising=True
    )
    with Session(open_dump(str(run.core), str(run.node))) as session:
        found = _sections(session)
        (remark,) = found["census"]
        assert isinstance(remark, RemarkRow)
        assert "no memory for it" in remark.problem
        assert found["memory"]
