"""The program `v8inspect` as a whole, as far as it needs no dump."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from v8inspect import __version__

ROOT = Path(__file__).resolve().parents[2]


def v8inspect(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs the program in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "v8inspect", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        **more,
    )


def test_version() -> None:
    done = v8inspect("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"v8inspect {__version__}\n", "")
    assert v8inspect("--json", "--version").stdout == done.stdout


def test_start_up_is_lean() -> None:
    code = "import sys, v8inspect.cli as c; c.main([%r]); print(' '.join(sys.modules))"
    heavy = {"rich", "prompt_toolkit", "cffi", "ctypes", "subprocess", "asyncio", "mmap"}
    for words, allowed in (("--version", set()), ("help", {"argparse"})):
        done = subprocess.run(
            [sys.executable, "-c", code % words], capture_output=True, text=True, cwd=ROOT
        )
        loaded = set(done.stdout.splitlines()[-1].split())
        assert not loaded & (heavy - allowed), words


@pytest.mark.slow
def test_version_takes_less_than_a_tenth_of_a_second() -> None:
    best = 9.0
    for _ in range(5):
        start = time.perf_counter()
        v8inspect("--version")
        best = min(best, time.perf_counter() - start)
    assert best < 0.1


@pytest.mark.parametrize(
    ("words", "status", "problem"),
    [
        (("--nonsense",), 2, "error: no option --nonsense"),
        (("-c",), 2, "error: -c needs a value"),
        (("-c", "x", "findjsobjekts"), 2, "error: no command `findjsobjekts`"),
        (("heap",), 2, "error: no core dump is given; say: v8inspect -c CORE COMMAND"),
        (("-c", "x", "--json"), 2, "error: --json needs a command"),
        (("-p", "x", "heap"), 2, "error: -p takes the number of a process, not x"),
        (("-p", "1", "-c", "x", "heap"), 2, "error: -c and -p together"),
        (("-c", "x", "--no-stop", "heap"), 2, "error: --no-stop goes with -p PID"),
        (("-c", "/no/such/core", "heap"), 1, "error: cannot open /no/such/core"),
        (("-c/no/such/core", "heap"), 1, "error: cannot open /no/such/core"),
        (("--core=/no/such/core", "heap"), 1, "error: cannot open /no/such/core"),
        (("-c", "/no/such/core"), 1, "error: cannot open /no/such/core"),
        (("setup", "vi"), 2, "error: setup: argument gdb|lldb: `vi` is none of gdb, lldb"),
    ],
)
def test_wrong_use_has_a_status_and_at_most_two_lines(
    words: Any, status: int, problem: str
) -> None:
    done = v8inspect(*words)
    assert done.returncode == status
    assert done.stdout == ""
    assert done.stderr.startswith(problem)
    assert len(done.stderr.splitlines()) <= 2


def test_help_says_how_to_start() -> None:
    done = v8inspect("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "-c CORE" in done.stdout
    assert v8inspect().stdout == done.stdout
    assert v8inspect().returncode == 2


def test_help_of_commands_in_text_and_json() -> None:
    text = v8inspect("help", "heap").stdout
    assert text == v8inspect("heap", "-h").stdout
    assert text.startswith("heap: ")
    lines = v8inspect("help", "--json").stdout.splitlines()
    assert {"heap", "help", "setup"} <= {json.loads(line)["command"] for line in lines}
    assert "open" not in {json.loads(line)["command"] for line in lines}


def test_one_quoted_argument_is_a_line() -> None:
    assert v8inspect("help heap").stdout == v8inspect("help", "heap").stdout
    assert v8inspect("--json", "help heap").stdout == v8inspect("help", "heap", "--json").stdout
    assert v8inspect("help | heap").returncode == 2


def test_a_reader_that_leaves_is_no_failure() -> None:
    code = f"{sys.executable} -m v8inspect help | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


def test_a_full_disk_is_one() -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "v8inspect", "help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
    assert done.returncode == 1
    assert done.stderr == "error: cannot write the answer: No space left on device\n"


def test_no_colour_and_no_bar_in_a_pipe() -> None:
    assert "\x1b" not in v8inspect("help", env={"TERM": "xterm"}).stdout
