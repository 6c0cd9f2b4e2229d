"""Live processes, `v8inspect -p PID`: the answers are right, and the process does not notice."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest

from tests.dumps.support import PRIMARY
from tests.provision.living import Living, living

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="live processes: Linux only")

VERSION = "22.23.3"
COPIED = re.compile(r"^note: the process was stopped for (\d+) ms$", re.M)


def v8inspect(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "v8inspect", *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **more,  # type: ignore[call-overload]
    )


def counts(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    assert done.returncode == 0, done.stderr
    return {row["name"]: row["count"] for row in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """A program that answers signals."""
    with living(VERSION, "goeson", tmp_path_factory.mktemp("live")) as program:
        yield program


@pytest.mark.parametrize("version", PRIMARY)
def test_counts_are_those_that_the_program_knows(version: str, tmp_path: Path) -> None:
    with living(version, "classes", tmp_path) as program:
        done = v8inspect("-p", str(program.pid), "--json", "findjsobjects")
        found = counts(done)
        for name, count in program.truth["counts"].items():
            assert found.get(name) == count, name
        assert COPIED.search(done.stderr)
        stack = v8inspect("-p", str(program.pid), "bt").stdout
        assert re.search(r"stop\(.*\) at .*_end\.js:32:20", stack)
        assert "FutexEmulation" in stack
        assert "withSnapshot" in stack
        healthy = v8inspect("-p", str(program.pid), "doctor")
        assert healthy.returncode == 0
        assert all(line.startswith("ok ") for line in healthy.stdout.splitlines())


def test_every_kind_of_command_answers(server: Living) -> None:
    pid = ("-p", str(server.pid))
    assert f"process id {server.pid}" in v8inspect(*pid, "nodeinfo").stdout
    # Objects move between two pictures, so that an address is good for one.
    one = "findjsinstances Session | head -1 |"
    assert "Session properties" in v8inspect(*pid, f"{one} inspect").stdout
    assert "Array" in v8inspect(*pid, f"{one} findrefs").stdout
    threads = v8inspect(*pid, "threads").stdout.splitlines()
    assert threads[1].split()[1] == str(server.pid)
    assert "tick" in v8inspect(*pid, "timers").stdout
    assert "waits" in v8inspect(*pid, "async").stdout
    assert "goeson.js" in v8inspect(*pid, "strings", "-n", "2000").stdout
    assert "Nothing ended it" in v8inspect(*pid, "report").stdout


def test_the_process_goes_on(server: Living) -> None:
    before = server.ticks()
    v8inspect("-p", str(server.pid), "findjsobjects", "-n", "1")
    assert server.tracers() == {"0"}
    time.sleep(0.1)
    assert server.ticks() > before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_it_goes_on_after_v8inspect_was_ended_at_any_time(server: Living, how: int) -> None:
    for delay in (0.15, 0.25, 0.3, 0.35, 0.4):
        process = subprocess.Popen(
            [sys.executable, "-m", "v8inspect", "-p", str(server.pid), "findjsobjects"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(delay)
        process.send_signal(how)
        process.wait(30)
        before = server.ticks()
        assert server.tracers() == {"0"}
        time.sleep(0.05)
        assert server.ticks() > before


def test_a_stopped_process_stays_stopped(tmp_path: Path) -> None:
    with living(VERSION, "goeson", tmp_path) as program:
        for _ in range(20):
            os.kill(program.pid, signal.SIGSTOP)
            done = v8inspect("-p", str(program.pid), "--json", "findjsobjects")
            assert program.state() == "T"
            if "in the middle of a collection" not in done.stderr:
                break
            # It stays there as long as it is stopped.
            os.kill(program.pid, signal.SIGCONT)
            assert program.ticks() > 0
        assert counts(done)["Session"] == 5000
        os.kill(program.pid, signal.SIGCONT)
        assert program.ticks() > 0


def test_a_large_heap_stands_still_for_a_fraction_of_the_time(tmp_path: Path) -> None:
    with living(VERSION, "goeson", tmp_path, "3000000") as program:
        began = time.monotonic()
        done = v8inspect("-p", str(program.pid), "--json", "findjsobjects")
        took = time.monotonic() - began
        assert counts(done)["Session"] == 3000000
        stopped = int(COPIED.findall(done.stderr)[0]) / 1000
        assert stopped < 0.6 * took, f"{stopped} s of {took} s"
        assert program.ticks() > 0


def test_without_stopping_it_says_so(server: Living) -> None:
    done = v8inspect("-p", str(server.pid), "--no-stop", "--json", "findjsobjects")
    assert "warning: the process ran on for" in done.stderr
    assert counts(done)["Session"] == 5000
    assert "tid" in v8inspect("-p", str(server.pid), "--no-stop", "bt").stdout


def test_the_prompt_looks_at_one_picture_until_refresh(server: Living) -> None:
    lines = "findjsobjects -n 1\nfindjsobjects -n 1\nrefresh\nfindjsobjects -n 1\n"
    done = v8inspect("-p", str(server.pid), input=lines)
    assert done.returncode == 0
    assert len(COPIED.findall(done.stderr)) == 2
    assert re.search(rf"^pid {server.pid}: \d+ MB copied$", done.stdout, re.M)


def test_problems_are_one_line_and_an_advice(server: Living, tmp_path: Path) -> None:
    done = v8inspect("-p", "2147483647", "heap")
    assert done.returncode == 1
    assert done.stderr.startswith("error: no process 2147483647, or it has ended\nhint: ")
    sleeping = subprocess.Popen(["sleep", "60"])
    try:
        done = v8inspect("-p", str(sleeping.pid), "heap")
        assert done.stderr.startswith(f"error: no V8 found in pid {sleeping.pid}")
    finally:
        sleeping.kill()
        sleeping.wait()
    done = v8inspect("-p", "2", "heap")  # of the kernel's own, or nothing
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) <= 2


def test_a_process_that_is_debugged_already(server: Living) -> None:
    gdb = shutil.which("gdb")
    if gdb is None:
        pytest.skip("no gdb in PATH")
    debugger = subprocess.Popen(
        [gdb, "-nx", "-q", "-p", str(server.pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 30
        while server.tracers() == {"0"} and time.monotonic() < end:
            time.sleep(0.05)
        done = v8inspect("-p", str(server.pid), "heap")
    finally:
        debugger.communicate(b"detach\nquit\n", timeout=60)
    assert f"gdb (pid {debugger.pid}) debugs it already" in done.stderr
    assert server.ticks() > 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to be root")
def test_another_user_is_told_so(server: Living, tmp_path: Path) -> None:
    # Nobody may not be allowed to read this tree: all is to be imported before.
    from v8inspect.errors import ProcessRefused
    from v8inspect.render.errors import failure_lines
    from v8inspect.targets.files import Files
    from v8inspect.targets.live.process import LiveProcess

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            try:
                LiveProcess(server.pid, Files())
                said = ["opened"]
            except ProcessRefused as error:
                said = failure_lines(error)
            os.write(writing, "\n".join(said).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        said = pipe.read().splitlines()
    os.waitpid(child, 0)
    assert said == [
        f"error: cannot look into process {server.pid}: Permission denied; it is of uid 0",
        "hint: run v8inspect as that user or as root",
    ]
