"""Processes that GDB or LLDB is attached to: the same answers, another picture at each stop."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List

import pytest

from tests.frontends import debuggers
from tests.frontends.run import Said, in_gdb, in_lldb
from tests.provision.living import Living, living

VERSION = "22.23.3"


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Living]:
    """A program that has JavaScript on its stack and waits."""
    with living(VERSION, "classes", tmp_path) as program:
        yield program


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Living]:
    """A program that runs a timer."""
    with living(VERSION, "goeson", tmp_path) as program:
        yield program


def _check(said: List[Said], program: Living) -> None:
    stack, census, threads = said
    assert "stop(this=" in stack.answer
    assert "_end.js:32:20" in stack.answer
    rows = {line.split()[2]: int(line.split()[0]) for line in census.answer.splitlines()[2:-2]}
    for name, count in program.truth["counts"].items():
        assert rows.get(name) == count, name
    assert threads.answer.splitlines()[1].split()[1] == str(program.pid)
    assert not any(answer.remarks.startswith("error") for answer in said)


def test_gdb_attached(gdb: str, waiting: Living) -> None:
    lines = [f" attach {waiting.pid}", "bt", "findjsobjects", "threads", " detach", "bt"]
    said = in_gdb(gdb, None, None, lines)
    _check(said[1:4], waiting)
    assert said[5].remarks.startswith("error: no core dump is loaded here")
    assert waiting.tracers() == {"0"}


def test_lldb_attached(lldb: str, waiting: Living) -> None:
    attach, pause = f" process attach -p {waiting.pid}", " script __import__('time').sleep(1)"
    lines = [attach, "bt", "findjsobjects", "threads", " detach", pause, "bt"]
    said = in_lldb(lldb, None, None, lines)
    _check(said[1:4], waiting)
    assert said[6].remarks.startswith("error: no core dump is loaded here")
    assert waiting.tracers() == {"0"}


@pytest.mark.slow
@pytest.mark.parametrize("number", [16, 22])  # 14 goes on to answer once it has let a process go
def test_other_lldbs_attached(number: int, waiting: Living) -> None:
    program = debuggers.lldb(number)
    if program is None:
        pytest.skip(f"no lldb-{number}, and apt does not offer it")
    test_lldb_attached(program, waiting)


def test_gdb_breakpoint_and_step(gdb: str, server: Living) -> None:
    lines = [
        f" attach {server.pid}",
        " break uv__run_timers",
        " continue",
        "threads",
        "findjsobjects",
        " stepi",
        "bt",
        "findjsinstances Session -n 1",
        " delete",
        " detach",
    ]
    said = in_gdb(gdb, None, None, lines)
    assert f" {server.pid} " in said[3].answer
    assert "       5000 " in said[4].answer
    assert "uv__run_timers" in said[6].answer
    assert "Session" in said[7].answer
    assert server.ticks() > 0


def test_lldb_breakpoint_and_step(lldb: str, server: Living) -> None:
    lines = [
        f" process attach -p {server.pid}",
        " breakpoint set -n uv__run_timers",
        " process continue",
        "threads",
        "findjsobjects",
        " thread step-inst",
        "bt",
        "findjsinstances Session -n 1",
        " breakpoint delete -f",
        " detach",
    ]
    said = in_lldb(lldb, None, None, lines)
    assert f" {server.pid} " in said[3].answer
    assert "       5000 " in said[4].answer
    assert "uv__run_timers" in said[6].answer
    assert "Session" in said[7].answer
    assert server.ticks() > 0
