"""Ctrl-C in the middle of a stack of ten thousand frames and of a hundred thousand suspended calls:
the command ends within half a second, and the front end goes on."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterator, List, Tuple

import pexpect
import pytest

from tests.frontends.conftest import VERSION
from tests.frontends.run import LOAD, PLUGIN, ROOT, environment
from tests.interrupting import allowed
from tests.provision.cores import Run, core, core_of_program
from tests.stacks.matrix import source

pytestmark = pytest.mark.debugger

_ATTEMPTS = 3  # the machine may be busy; what is promised is that nothing of ours takes longer

Start = Callable[[Run, Path], Tuple[Any, str]]


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Ten thousand frames, whose `bt` takes two seconds."""
    folder = tmp_path_factory.mktemp("deep")
    yield core_of_program(VERSION, source("recursion.js"), (), (), folder)
    shutil.rmtree(folder, ignore_errors=True)


def _spawned(words: List[str], home: Path) -> Any:
    env = {**environment(home), "PYTHONPATH": str(ROOT), "INPUTRC": "/dev/null", "PAGER": "cat"}
    env["PROMPT_TOOLKIT_NO_CPR"] = "1"
    child = pexpect.spawn(
        words[0], words[1:], env=env, timeout=60, encoding="utf-8", dimensions=(50, 400)
    )
    child.logfile_read = sys.stdout
    return child


def _shell(run: Run, home: Path) -> Tuple[Any, str]:
    words = [sys.executable, "-m", "v8inspect", "-c", str(run.core), "-e", str(run.node)]
    child = _spawned([*words, "--no-pager"], home)
    child.expect_exact("(v8)")
    return child, "(v8)"


def _gdb(run: Run, home: Path, gdb: str) -> Tuple[Any, str]:
    child = _spawned([gdb, "-nx", "-q", str(run.node), str(run.core)], home)
    for line in ("set pagination off", f"source {LOAD}"):
        child.expect_exact("(gdb) ")
        child.sendline(line)
    child.expect_exact("(gdb) ")
    return child, "(gdb) "


def _lldb(run: Run, home: Path, lldb: str) -> Tuple[Any, str]:
    words = [lldb, "--no-lldbinit", "--no-use-colors", str(run.node), "-c", str(run.core)]
    child = _spawned(words, home)
    child.expect_exact("(lldb) ")
    child.sendline(f"command script import {PLUGIN}")
    child.expect_exact("(lldb) ")
    return child, "(lldb) "


@pytest.fixture(params=["shell", "gdb", "lldb"])
def start(request: Any) -> Start:
    """Starts a front end on a core; gives the process and its prompt."""
    if request.param == "shell":
        return _shell
    program: str = request.getfixturevalue(request.param)
    inside = _gdb if request.param == "gdb" else _lldb
    return lambda run, home: inside(run, home, program)


def _interrupted(child: Any, prompt: str) -> float:
    """Seconds from Ctrl-C until the front end says so and asks for more."""
    sent = time.perf_counter()
    child.sendintr()
    child.expect_exact(["error: interrupted", "... Interrupted."])
    took = time.perf_counter() - sent
    child.expect_exact(prompt)
    return took


def _still_there(child: Any, prompt: str, command: str) -> None:
    child.sendline(command)
    child.expect_exact("v22.23.3")
    child.expect_exact(prompt)


def _check(
    child: Any, prompt: str, command: str, wait: Callable[[int], None], asked: bool = True
) -> None:
    """Ctrl-C, when `wait` (given the attempt) returns, ends the command in time, and the front end
    answers afterwards; before it too if `asked`, so that the dump is open."""
    v8 = "" if prompt == "(v8)" else "v8 "
    if asked:
        _still_there(child, prompt, f"{v8}nodeinfo")
    times: List[float] = []
    limit = allowed()
    for attempt in range(_ATTEMPTS):
        child.sendline(f"{v8}{command}")
        wait(attempt)
        times.append(_interrupted(child, prompt))
        _still_there(child, prompt, f"{v8}nodeinfo")
        limit = max(limit, allowed())
        if times[-1] <= limit:
            break
    assert min(times) <= limit, times
    child.close(force=True)


def test_a_long_stack(deep: Run, start: Start, tmp_path: Path) -> None:
    child, prompt = start(deep, tmp_path)
    _check(child, prompt, "bt", lambda _: child.expect_exact("recursion.js:8:"), asked=False)


def test_many_suspended_calls(start: Start, tmp_path: Path) -> None:
    child, prompt = start(core(VERSION, "manysuspended"), tmp_path)
    _check(child, prompt, "async -n 0", lambda _: time.sleep(0.3))


def test_the_graph_of_a_heap(start: Start, tmp_path: Path) -> None:
    """Of eight million objects: while nodes, edges or dominators are looked for."""
    child, prompt = start(core(VERSION, "sessions", "1000000"), tmp_path)
    _check(child, prompt, "retained -n 1", lambda attempt: time.sleep(0.7 + 0.3 * attempt))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shell", "gdb"])
def test_the_index_behind_an_answer(name: str, request: Any, tmp_path: Path) -> None:
    """The answer stands, no index is left, half or whole. LLDB shows an answer when all is done."""
    run = core(VERSION, "sessions", "1000000")
    child, prompt = (
        _shell(run, tmp_path)
        if name == "shell"
        else _gdb(run, tmp_path, request.getfixturevalue("gdb"))
    )
    v8 = "" if name == "shell" else "v8 "
    child.sendline(f"{v8}cache on")
    child.expect_exact("the cache is on")
    child.expect_exact(prompt)
    child.sendline(f"{v8}retained -n 1")
    child.expect_exact("Retained Name")
    time.sleep(0.2)
    limit = allowed()
    sent = time.perf_counter()
    child.sendintr()
    child.expect_exact("note: interrupted: no index was written")
    assert time.perf_counter() - sent <= max(limit, allowed())
    child.expect_exact(prompt)
    assert [path for path in tmp_path.rglob("*") if path.suffix == ".v8index"] == []
    assert list(tmp_path.rglob(".new-*")) == []
    _still_there(child, prompt, f"{v8}nodeinfo")
    child.close(force=True)
