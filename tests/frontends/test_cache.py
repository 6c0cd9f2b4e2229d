"""`cache on` in the front ends: what was found out of a dump is on disk behind the command that
found it, and a debugger that is started anew takes it from there. Without it nothing is written."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Callable, List

import pytest

from tests.frontends.conftest import VERSION
from tests.frontends.run import LOAD, PLUGIN, ROOT, Said, environment, in_gdb, in_lldb, process
from tests.provision.cores import Run, core

pytestmark = pytest.mark.debugger

Ask = Callable[[List[str]], List[Said]]
_ANSWERS = ["retained -n 3", "findjsobjects -n 3"]


@pytest.fixture
def small() -> Run:
    return core(VERSION, "sessions", "2000")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the indices of this test go."""
    return tmp_path / "cache"


@pytest.fixture(params=["shell", "gdb", "lldb"])
def ask(request: pytest.FixtureRequest, small: Run, home: Path) -> Ask:
    """Starts a front end anew and has it run lines of v8inspect."""
    name = str(request.param)
    if name == "shell":
        return lambda lines: [_shell(small, home, lines)]
    program = request.getfixturevalue(name)
    word, runs = ("python", in_gdb) if name == "gdb" else ("script", in_lldb)
    first = f" {word} import os; os.environ['XDG_CACHE_HOME'] = '{home}'"
    return lambda lines: runs(program, small.core, small.node, [first, *lines])[1:]


def _shell(run: Run, home: Path, lines: List[str]) -> Said:
    """Its prompt, with lines from a pipe: one answer for all of them."""
    words = [sys.executable, "-m", "v8inspect", "-c", str(run.core), "-e", str(run.node)]
    env = {**environment(), "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(home)}
    done = subprocess.run(
        words, input="\n".join(lines), capture_output=True, text=True, timeout=300, env=env
    )
    return Said(done.stdout, done.stderr, done.returncode == 0)


def _all(said: List[Said]) -> str:
    assert all(item.succeeded for item in said), said
    return "".join(item.answer for item in said)


def _index(home: Path) -> Path:
    (found,) = (home / "v8inspect").iterdir()
    return found


def test_nothing_is_kept_unless_it_is_said(ask: Ask, home: Path) -> None:
    ask(_ANSWERS)
    ask(["cache on", "cache off", *_ANSWERS])
    assert not home.exists()


def test_a_debugger_that_is_started_anew_takes_it_from_there(ask: Ask, home: Path) -> None:
    expected = _all(ask(_ANSWERS))
    on = "the cache is on until this program ends\n"
    assert _all(ask(["cache on", *_ANSWERS])) == on + expected
    path = _index(home)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    written = path.stat().st_ino, path.read_bytes()
    assert _all(ask(["cache on", *_ANSWERS])) == on + expected
    assert (path.stat().st_ino, path.read_bytes()) == written, "there was nothing new"
    # That it is taken from there shows when a part of it is damaged.
    data = bytearray(written[1])
    data[len(data.rstrip(b"\0")) - 1] ^= 1  # in what each object retains, which is last
    path.write_bytes(data)
    said = ask(["cache on", *_ANSWERS])
    assert _all(said) == on + expected
    remarks = "".join(item.remarks for item in said)
    assert "the index of this dump is not used: its part `retained` is damaged" in remarks
    assert path.stat().st_ino != written[0], "a sound one takes its place"
    assert _all(ask(["cache on", *_ANSWERS])) == on + expected


def test_what_was_found_before_is_kept_too(ask: Ask, home: Path) -> None:
    ask(["retained -n 3", "cache on"])
    size = _index(home).stat().st_size
    ask(["cache on", "retained -n 3"])
    assert _index(home).stat().st_size == size


def test_said_in_the_start_up_file_of_gdb(small: Run, gdb: str, tmp_path: Path, home: Path) -> None:
    (tmp_path / ".gdbinit").write_text(f"source {LOAD}\nv8 cache on\n")
    env = {**environment(tmp_path), "XDG_CACHE_HOME": str(home)}
    words = [gdb, "-batch", str(small.node), "-ex", f"core-file {small.core}"]
    done = process([*words, "-ex", "v8 findjsobjects -n 1"], env=env)
    assert "Total Size Name" in done.stdout, done.stderr
    assert _index(home)


def test_said_in_the_start_up_file_of_lldb(
    small: Run, lldb: str, tmp_path: Path, home: Path
) -> None:
    (tmp_path / ".lldbinit").write_text(f"command script import {PLUGIN}\nv8 cache on\n")
    env = {**environment(tmp_path), "XDG_CACHE_HOME": str(home)}
    words = [lldb, "-b", "-o", f"target create {small.node} --core {small.core}"]
    done = process([*words, "-o", "v8 findjsobjects -n 1"], env=env)
    assert "Total Size Name" in done.stdout, done.stderr
    assert _index(home)


def test_a_folder_that_cannot_be_written_is_said_once(ask: Ask, home: Path) -> None:
    if os.geteuid() == 0:
        home.write_text("no folder")
    else:
        home.mkdir(mode=0o500)
    said = ask(["cache on", *_ANSWERS, "heap"])
    assert all(item.succeeded for item in said)
    assert "".join(item.remarks for item in said).count("no index could be written") in (1, 2)
