"""The shell on a real dump: status, JSON, pipes, the pager, the progress bar and the prompt."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.frontends.run import ROOT, environment, shell
from tests.provision.cores import Run


def _terminal(run: Run, *words: str, home: Path, **more: str) -> Any:
    """`v8inspect -c CORE` on a terminal of 24 lines."""
    env = {**environment(home), "PYTHONPATH": str(ROOT), "TERM": "xterm", **more}
    env["PROMPT_TOOLKIT_NO_CPR"] = "1"  # nobody here answers questions about the cursor
    command = ["-m", "v8inspect", "-c", str(run.core), "-e", str(run.node), *words]
    child = pexpect.spawn(
        sys.executable, command, env=env, timeout=30, encoding="utf-8", dimensions=(24, 100)
    )
    child.logfile_read = sys.stdout
    return child


def test_the_executable_is_found_by_itself_or_not_needed(run: Run) -> None:
    given = shell(run.core, run.node, "findjsobjects")
    assert (given.returncode, given.stderr) == (0, "")
    found = shell(run.core, None, "findjsobjects")
    assert (found.returncode, found.stdout) == (0, given.stdout)


def test_a_wrong_executable_is_said_and_does_no_harm(run: Run) -> None:
    done = shell(run.core, Path("/bin/true"), "findjsobjects")
    assert done.returncode == 0
    assert done.stdout == shell(run.core, run.node, "findjsobjects").stdout
    assert done.stderr.startswith("warning: ")


def test_json_lines_are_one_object_each(run: Run) -> None:
    for command in ("findjsobjects", "heap", "nodeinfo", "doctor", "findjsobjects -d"):
        done = shell(run.core, run.node, "--json", *command.split())
        assert done.returncode == 0
        assert [json.loads(line) for line in done.stdout.splitlines()]


def test_a_dump_that_is_cut_short_is_status_3_or_1(run: Run, tmp_path: Path) -> None:
    size = run.core.stat().st_size
    for part in (0.0, 0.00001, 0.3, 0.9):
        path = tmp_path / "core"
        with open(run.core, "rb") as whole, open(path, "wb") as cut:
            cut.write(whole.read(int(size * part)))
        done = shell(path, run.node, "findjsobjects")
        assert done.returncode in (1, 3), part
        assert "Traceback" not in done.stderr
        assert done.stderr
        if done.returncode == 1:
            assert len(done.stderr.splitlines()) <= 2
            assert done.stdout == ""


def test_head_ends_a_listing_in_silence(run: Run) -> None:
    line = f"{sys.executable} -m v8inspect -c {run.core} findjsinstances Function | head -2"
    done = subprocess.run(
        ["bash", "-c", f"{line}; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    lines = done.stdout.splitlines()
    assert (lines[2:], done.stderr) == (["0"], "")
    assert all(re.fullmatch(r"0x[0-9a-f]+:<Object: Function>", line) for line in lines[:2])


def test_lines_from_a_pipe(run: Run) -> None:
    command = [sys.executable, "-m", "v8inspect", "-c", str(run.core)]
    done = subprocess.run(
        command,
        input="# a comment\n\nheap\nfindjsinstances Nothing\nhelp heap\nquit\nnonsense\n",
        capture_output=True,
        text=True,
        env={**environment(), "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 1
    assert done.stdout == (
        shell(run.core, None, "heap").stdout + shell(run.core, None, "help heap").stdout
    )
    assert done.stderr == "error: no objects named Nothing\n"


def test_a_terminal_gets_colour_and_the_users_pager(run: Run, tmp_path: Path) -> None:
    child = _terminal(run, "findjsobjects", home=tmp_path, PAGER="sed s/^/paged:/")
    child.expect(pexpect.EOF)
    assert "paged: Instances" in re.sub(r"\x1b\[[0-9;]*m", "", child.before)
    assert "\x1b[36mLevel3\x1b[0m" in child.before
    child = _terminal(run, "findjsobjects", home=tmp_path, PAGER="cat", NO_COLOR="1")
    child.expect(pexpect.EOF)
    assert "\x1b" not in child.before
    child = _terminal(run, "--no-pager", "heap", home=tmp_path, PAGER="sed s/^/paged:/")
    child.expect(pexpect.EOF)
    assert "paged:" not in child.before


def test_leaving_the_pager_ends_the_listing(run: Run, tmp_path: Path) -> None:
    child = _terminal(run, "findjsinstances", "Function", home=tmp_path, PAGER="head -1")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert child.before.count("<Object: ") == 1


def test_the_prompt(run: Run, tmp_path: Path) -> None:
    child = _terminal(run, home=tmp_path, PAGER="cat", NO_COLOR="1")
    child.expect_exact("(v8)")
    assert str(run.core) in child.before
    child.send("findjsi\t")
    child.expect_exact("nstances")
    child.sendline(" -n 30 Level3")
    child.expect_exact("(Showing 1 to 30 of 40 instances)")
    child.expect_exact("(v8)")
    child.sendline("")
    child.expect_exact("(Showing 31 to 40 of 40 instances)")
    child.expect_exact("(v8)")
    child.sendline("xyzzy")
    child.expect_exact("error: no command `xyzzy`")
    child.expect_exact("(v8)")
    child.send("half a line")
    child.sendintr()
    # The old line is drawn once more, so the prompt alone says nothing.
    child.sendline("help heap")
    child.expect_exact("usage: heap")
    child.expect_exact("(v8)")
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2
    history = tmp_path / ".local" / "state" / "v8inspect" / "history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert "+findjsinstances -n 30 Level3" in history.read_text()


def test_history_is_kept_where_the_user_wants_it(run: Run, tmp_path: Path) -> None:
    for expected in ("", "heap"):
        child = _terminal(run, home=tmp_path, PAGER="cat", XDG_STATE_HOME=str(tmp_path / "st"))
        child.expect_exact("(v8)")
        if expected:
            child.send("\x1b[A")
            child.expect_exact(expected)
            child.sendline("")
        else:
            child.sendline("heap")
        child.expect_exact("read_only")
        child.expect_exact("(v8)")
        child.sendeof()
        child.expect(pexpect.EOF)
    assert (tmp_path / "st" / "v8inspect" / "history").exists()


def test_a_prompt_on_nonsense_ends_at_once(run: Run, tmp_path: Path) -> None:
    done = shell(run.node, None)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) <= 2


SLOW = """
import time, sys
import v8inspect.targets as targets
real = targets.open_dump
def slow(path, exe, sysroot, progress):
    for done in range(int({seconds} / 0.05)):
        time.sleep(0.05)
        progress('unpacking', done, int({seconds} / 0.05))
    return real(path, exe, sysroot, progress)
targets.open_dump = slow
from v8inspect.cli import main
sys.exit(main({words!r}))
"""


def _slow(run: Run, seconds: float, *words: str) -> Any:
    code = SLOW.format(seconds=seconds, words=["-c", str(run.core), "--no-pager", *words])
    env = {**environment(), "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    child = pexpect.spawn(sys.executable, ["-c", code], env=env, timeout=30, encoding="utf-8")
    child.logfile_read = sys.stdout
    return child


def test_a_bar_shows_on_a_terminal_and_goes_away(run: Run) -> None:
    child = _slow(run, 1, "heap")
    child.expect_exact("unpacking")
    child.expect(pexpect.EOF)
    child = _slow(run, 1, "heap", "--json")
    child.expect(pexpect.EOF)
    assert "unpacking" not in child.before
    child = _slow(run, 0.2, "heap")
    child.expect(pexpect.EOF)
    assert "unpacking" not in child.before


def test_ctrl_c_is_status_130(run: Run) -> None:
    child = _slow(run, 20, "heap")
    child.expect_exact("unpacking")
    child.sendintr()
    child.expect_exact("error: interrupted")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130


@pytest.mark.skipif(
    os.getuid() != 0 or not os.path.exists("/usr/bin/python3"),
    reason="needs root, to be somebody else, and a Python that others may run",
)
def test_permission_denied_is_said(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "core"
    path.write_bytes(run.core.read_bytes()[:4096])
    path.chmod(0)
    code = (
        "import os, sys; os.setuid(65534); "
        f"from v8inspect.cli import main; sys.exit(main(['-c', {str(path)!r}, 'heap']))"
    )
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:2]:
        parent.chmod(0o755)
    done = subprocess.run(
        ["/usr/bin/python3", "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(),
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: cannot open {path}: Permission denied")
