"""`error`: what ended the process, against what the program and V8 say of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, List, Tuple

import pytest

from tests.dumps.addon import addon
from tests.dumps.support import FIRST_LTS, PRIMARY
from tests.provision.cores import Run, core
from v8inspect.analysis.ending import EndingRow, ending_row
from v8inspect.analysis.stack import FrameRow
from v8inspect.render.json_lines import json_lines
from v8inspect.render.text import text_lines
from v8inspect.session import Session
from v8inspect.targets import open_dump

LINE = re.compile(
    r"^\s*(?:at )?(?:async )?(?:.*\()?(?P<place>[^()]*?)(?::(?P<line>\d+):(?P<column>\d+))?\)?$"
)
ERRORS = (
    "thrown", "read", "runtime", "reference", "overflow", "json", "assertion", "file", "emitted",
    "aggregate", "caught",
)  # fmt: skip
REJECTIONS = ("rejection", "rejected", "rejectedValue", "async")
VALUES = ("number", "smi", "string", "null", "undefined", "symbol")


def _row(version: str, scenario: str, *arguments: str) -> Tuple[Run, EndingRow]:
    run = core(version, scenario, *arguments)
    with Session(open_dump(str(run.core), str(run.node))) as session:
        return run, ending_row(session)


def _lines(rows: List[FrameRow]) -> List[Tuple[Any, ...]]:
    return [(row.line, row.column) for row in rows]


def _told(text: str) -> List[Tuple[Any, ...]]:
    """(line, column) of the frames that V8 has printed."""
    found = []
    for line in text.splitlines():
        match = LINE.match(line)
        if match is not None and (match["line"] or "<anonymous>" in line):
            found.append(
                (match["line"] and int(match["line"]), match["column"] and int(match["column"]))
            )
    return found


def _printed(run: Run) -> List[Tuple[Any, ...]]:
    """The stack that V8 prints when it gives up. Node.js 18 prints it without line breaks."""
    text = run.stderr.partition("FROM\n")[2]
    text = re.sub(r"\)(?=[\w<])", ")\n", text)
    text = re.sub(r"(:\d+:\d+)(?=[a-zA-Z])", r"\1\n", text)
    return _told(text)


@pytest.mark.parametrize("way", ERRORS)
@pytest.mark.parametrize("version", PRIMARY)
def test_uncaught_errors(version: str, way: str) -> None:
    run, row = _row(version, "errors", way)
    truth = run.truth
    assert row.kind == "exception"
    assert row.class_ == truth["class"]
    assert row.code == truth.get("code")
    if way == "assertion":
        assert row.message is not None
        assert row.message.startswith(truth["message"])
    elif "message" in truth:
        assert row.message == truth["message"]
    assert row.stack
    assert row.at is not None
    assert row.signal in ("SIGTRAP", "SIGILL")
    if way in ("thrown", "read"):
        assert _lines(row.stack) == _told("\n".join(truth["twin"]))
        assert row.cause is not None
        assert (row.cause.class_, row.cause.message) == ("RangeError", truth["cause"])
        assert row.cause.stack
        assert [item.key for item in row.properties or []] == ["details"]
        assert row.found == "throw"
        assert (row.stack_text is not None) == (way == "read")
    if way in ("runtime", "reference", "json"):
        assert row.found == "native stack"
        assert row.others is None
        assert _lines(row.stack) == _printed(run)
        assert (row.at.line, row.at.column) == next(x for x in _printed(run) if x[0])
    if way == "aggregate":
        assert [error.message for error in row.errors or []] == ["a", "b"]
    if way == "overflow":
        assert len(row.stack) == 100


@pytest.mark.parametrize("way", REJECTIONS)
@pytest.mark.parametrize("version", PRIMARY)
def test_unhandled_rejections(version: str, way: str) -> None:
    run, row = _row(version, "errors", way)
    truth = run.truth
    assert (row.kind, row.found, row.signal) == ("rejection", "argument", "SIGABRT")
    # Of Node's own: V8 names it by the `name` that it has.
    assert row.class_ in (truth["class"], "UnhandledPromiseRejection")
    assert row.code == truth.get("code")
    if "message" in truth:
        assert row.message == truth["message"]
        assert row.stack
    else:
        assert row.message is not None
        assert 'reason "5"' in row.message
    if "twin" in truth:
        assert _lines(row.stack or []) == _told("\n".join(truth["twin"]))


@pytest.mark.parametrize("way", ["runtime", "thrown", "rejected"])
@pytest.mark.parametrize("version", FIRST_LTS)
def test_early_releases(version: str, way: str) -> None:
    run, row = _row(version, "errors", way)
    assert (row.class_, row.message) == (run.truth["class"], run.truth["message"])
    assert row.kind == ("rejection" if way == "rejected" else "exception")
    assert row.stack
    if way == "runtime":
        assert row.at is not None
        assert row.at.function == "inner"


@pytest.mark.parametrize("way", VALUES)
@pytest.mark.parametrize("version", PRIMARY)
def test_what_is_no_error(version: str, way: str) -> None:
    run, row = _row(version, "errors", way)
    assert (row.kind, row.found) == ("exception", "throw")
    assert row.value is not None
    told = run.truth["value"]
    assert row.value.value == (None if told == "undefined" else told)
    assert row.stack is None
    assert row.at is not None
    assert row.at.function == "raise"


@pytest.mark.parametrize("version", PRIMARY)
def test_an_object_that_is_no_error(version: str) -> None:
    run, row = _row(version, "errors", "object")
    assert row.class_ == run.truth["class"]
    assert row.value is not None
    assert [item.key for item in row.value.properties or []] == run.truth["keys"]


@pytest.mark.parametrize("version", PRIMARY)
def test_abort(version: str) -> None:
    _, row = _row(version, "errors", "abort")
    assert (row.kind, row.signal, row.class_) == ("abort", "SIGABRT", None)
    assert row.at is not None
    assert row.at.function.endswith("abort")


@pytest.mark.parametrize("version", PRIMARY)
def test_signal(version: str) -> None:
    _, row = _row(version, "errors", "signal")
    assert (row.kind, row.signal, row.class_) == ("signal", "SIGSEGV", None)
    assert (row.fault, row.sent) == (None, True)
    assert row.at is not None


@pytest.mark.parametrize("way", ["SEGV", "THREAD", "FATAL", "CHECK", "ABORT"])
@pytest.mark.parametrize("version", PRIMARY)
def test_an_addon_that_ends_it(version: str, way: str) -> None:
    """Node.js has a handler for SIGSEGV, which passes it on: the address is found all the same."""
    run, row = _row(version, "addon", str(addon(way)))
    assert row.class_ is None
    if way in ("SEGV", "THREAD"):
        assert (row.kind, row.signal, row.fault) == ("signal", "SIGSEGV", 0x1234)
        assert row.sent is None
        assert row.function in ("strike", "napi_register_module_v1")
    elif way == "FATAL":
        told = re.search(r"FATAL ERROR: (.*)", run.stderr)
        assert told is not None
        assert (row.kind, row.message) == ("fatal error", told[1])
    elif way == "CHECK":
        assert (row.kind, row.message) == ("check", "Check failed: length > 0 at 17.")
        assert str(row.message) in run.stderr
    else:
        assert (row.kind, row.signal, row.function) == ("native abort", "SIGABRT", "give_up")
    if way == "THREAD":
        assert row.at is None
    else:
        assert row.at is not None
        assert row.at.function == "load"


@pytest.mark.parametrize("version", PRIMARY)
def test_out_of_memory(version: str) -> None:
    run, row = _row(version, "oom")
    assert (row.kind, row.signal, row.class_) == ("out of memory", "SIGABRT", None)
    told = re.search(r"FATAL ERROR: (.*)", run.stderr)
    assert told is not None
    assert row.message == told[1]
    printed = run.stderr.partition("<--- Last few GCs --->")[2]
    assert row.gcs
    assert row.gcs[-1] in printed  # of the others V8 prints those that its buffer has whole
    assert row.at is not None
    assert row.at.script is not None
    assert row.at.script.endswith("oom.js")


@pytest.mark.parametrize("version", PRIMARY)
def test_a_check_of_node(version: str) -> None:
    run, row = _row(version, "nativecheck")
    assert (row.kind, row.signal) == ("assertion", "SIGABRT")
    told = re.search(r"Assertion (?:failed: |`)(.*?)(?:' failed\.)?$", run.stderr, re.M)
    assert told is not None
    assert row.message is not None
    assert f"Assertion `{told[1]}' failed." in row.message
    assert row.at is not None
    assert row.at.function == "callsWrongly"


def test_a_process_that_nothing_ended() -> None:
    run = core("22.23.3", "empty", how="gcore")
    with Session(open_dump(str(run.core), str(run.node))) as session:
        assert ending_row(session).kind in ("abort", "nothing")


@pytest.mark.parametrize("stopped", [0, 19])
def test_a_process_that_ran(stopped: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What gcore makes of a process that sleeps, or that somebody has stopped."""
    run = core("22.23.3", "errors", "signal")
    with Session(open_dump(str(run.core), str(run.node))) as session:
        first, *others = session.target.threads()
        monkeypatch.setattr(
            session.target, "threads", lambda: [replace(first, signal=stopped), *others]
        )
        monkeypatch.setattr(session.target, "facts", replace(session.target.facts, signal=None))
        row = ending_row(session)
        assert (row.kind, row.class_) == ("nothing", None)


def test_as_text_and_json() -> None:
    run = core("26.10.0", "errors", "thrown")
    with Session(open_dump(str(run.core), str(run.node))) as session:
        row = ending_row(session)
        text = list(text_lines([row]))
        assert text[0].startswith("Uncaught exception (thread #1")
        assert any(line.startswith("AppError: made by the program") for line in text)
        assert '  code: "E_APP"' in text
        assert any("[cause]: RangeError: the cause" in line for line in text)
        (line,) = json_lines([row])
        made = json.loads(line)
        assert made["class"] == "AppError"
        assert made["cause"]["message"] == "the cause"
        assert {"function", "script", "line", "column"} <= set(made["stack"][0])


@pytest.mark.parametrize("version", PRIMARY)
def test_an_error_of_a_worker(version: str) -> None:
    run, row = _row(version, "workerthrows")
    truth = run.truth
    assert (row.kind, row.class_, row.message) == ("exception", truth["class"], truth["message"])
    assert row.stack
    assert [frame.function for frame in row.stack][:2] == ["inner", "Array.map"]


@pytest.mark.parametrize("way", ["runtime", "thrown", "rejected"])
@pytest.mark.parametrize("version", PRIMARY)
def test_without_the_executable(version: str, way: str) -> None:
    """No symbols: the exception is found all the same."""
    run = core(version, "errors", way)
    with Session(open_dump(str(run.core), "/nonexistent")) as session:
        row = ending_row(session)
        assert row.class_ == run.truth["class"]
        assert row.message == run.truth["message"]
