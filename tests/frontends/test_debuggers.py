"""What is particular to life inside GDB and LLDB: which dump is meant, errors, Ctrl-C, help."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any, List

import pexpect
import pytest

from tests.frontends.run import LOAD, PLUGIN, ROOT, environment, in_gdb, in_lldb, in_shell, process
from tests.provision.cores import Run, core

pytestmark = pytest.mark.debugger


@pytest.fixture(scope="module")
def census(run: Run) -> str:
    """What the shell says of the dump."""
    return in_shell(run.core, run.node, ["findjsobjects"])[0].answer


@pytest.fixture(params=["gdb", "lldb"])
def inside(request: Any) -> Any:
    """(function that runs lines, program) of a debugger."""
    program = request.getfixturevalue(request.param)
    run_lines = in_gdb if request.param == "gdb" else in_lldb

    def call(core: Any, exe: Any, *lines: str) -> Any:
        return run_lines(program, core, exe, lines)

    call.name = request.param  # type: ignore[attr-defined]
    return call


def test_open_looks_at_a_dump_that_is_not_loaded(inside: Any, run: Run, census: str) -> None:
    first, opened, after = inside(
        None, None, "findjsobjects", f"open {run.core} {run.node}", "findjsobjects"
    )
    assert not first.succeeded
    assert first.remarks.startswith("error: no core dump is loaded here")
    assert opened.answer == f"{run.core}: ELF core, x86_64, {run.node}\n"
    assert after.answer == census


def test_open_takes_what_the_debugger_cannot_read(
    inside: Any, run: Run, census: str, tmp_path: Path
) -> None:
    packed = tmp_path / "core.gz"
    with open(run.core, "rb") as raw, gzip.open(packed, "wb", compresslevel=1) as out:
        shutil.copyfileobj(raw, out)
    said = inside(None, None, f"open {packed} {run.node}", "findjsobjects")
    assert said[1].answer == census


def test_open_of_nonsense_fails_and_changes_nothing(inside: Any, run: Run, census: str) -> None:
    missing, wrong, after = inside(
        run.core, run.node, "open /no/such/file", f"open {run.node}", "findjsobjects"
    )
    assert missing.remarks.startswith("error: cannot open /no/such/file: No such file")
    assert not wrong.succeeded
    assert after.answer == census


def test_another_core_that_is_loaded_is_the_one_that_is_meant(
    inside: Any, run: Run, census: str
) -> None:
    other = core("22.23.3", "empty")
    theirs = in_shell(other.core, other.node, ["findjsobjects"])[0].answer
    load = " core-file {}" if inside.name == "gdb" else " target create --core {}"
    said = inside(
        run.core,
        run.node,
        "findjsobjects",
        load.format(other.core),
        "findjsobjects",
        f"open {run.core} {run.node}",
        "findjsobjects",
        load.format(other.core) if inside.name == "gdb" else " target select 0",
        "findjsobjects",
    )
    # GDB: loading the same core again is no other core; LLDB: target 0 is the first one.
    assert [said[i].answer for i in (0, 2, 4, 6)] == [census, theirs, census, census]


def test_a_dump_that_is_replaced_is_read_anew(run: Run, gdb: str, tmp_path: Path) -> None:
    path = tmp_path / "core"
    shutil.copy(run.core, path)
    other = core("22.23.3", "empty")
    copy = f" shell cp {other.core} {path}.new && mv {path}.new {path}"
    said = in_gdb(gdb, None, None, [f"open {path}", "findjsobjects", copy, "findjsobjects"])
    assert said[3].answer == in_shell(other.core, other.node, ["findjsobjects"])[0].answer


def test_the_executable_need_not_be_loaded(inside: Any, run: Run, census: str) -> None:
    assert inside(run.core, None, "findjsobjects")[0].answer == census


def test_a_live_process_of_another_program(gdb: str, lldb: str) -> None:
    live = "error: no V8 found in pid "
    said = in_gdb(gdb, None, Path("/bin/sleep"), [" starti 60", "heap", " kill"])
    assert said[1].remarks.startswith(live)
    sleep = [" target create /bin/sleep", " process launch --stop-at-entry -- 60", "heap"]
    said = in_lldb(lldb, None, None, [*sleep, " process kill"])
    assert said[2].remarks.startswith(live)


def test_a_core_of_another_program(inside: Any, tmp_path: Path, gdb: str) -> None:
    path = tmp_path / "core.sleep"
    process([gdb, "-nx", "-batch", "-ex", "starti 60", "-ex", f"gcore {path}", "/bin/sleep"])
    (said,) = inside(path, None, "findjsobjects")
    assert said.remarks.startswith(f"error: no V8 found in {path}")
    assert len(said.remarks.strip().splitlines()) == 2


def test_repeating_a_line_pages_on(inside: Any, run: Run) -> None:
    lines = ["findjsinstances -n 25 Level3", "heap"] * 3
    said = inside(run.core, run.node, *lines)
    pages = [said[i].answer.splitlines() for i in (0, 2, 4)]
    assert pages[0][-2:] == ["..........", "(Showing 1 to 25 of 40 instances)"]
    assert pages[1][-1] == "(Showing 26 to 40 of 40 instances)"
    assert pages[2] == pages[0]
    assert len(set(pages[0][:25] + pages[1][:15])) == 40


def test_help_in_the_debuggers_own_way(inside: Any) -> None:
    overview, one = inside(None, None, " help v8", " help v8 findjsobjects")
    text = " ".join(overview.answer.split())
    assert re.search(r"findjsobjects -- counts JS objects by constructor name", text)
    assert "usage: findjsobjects [-d]" in one.answer


def test_unknown_commands_fail(inside: Any) -> None:
    (said,) = inside(None, None, "findjsobjekts")
    assert not said.succeeded
    if inside.name == "gdb":
        assert "did you mean `findjsobjects`?" in said.remarks


def test_plain_batch_use_of_lldb(lldb: str, run: Run, census: str) -> None:
    words = [lldb, "--no-lldbinit", "-b", "-o", f"target create {run.node} --core {run.core}"]
    words += ["-o", f"command script import {PLUGIN}", "-o", "v8 findjsobjects"]
    done = process(words)
    assert done.stdout.endswith(f"(lldb) v8 findjsobjects\n{census}")
    assert process([*words, "-o", "v8 findjsinstances Nothing"]).returncode == 1


def test_sourcing_works_from_anywhere_and_again(gdb: str, run: Run, tmp_path: Path) -> None:
    words = [gdb, "-nx", "-batch", "-ex", f"core-file {run.core}"]
    words += ["-ex", f"source {LOAD}", "-ex", "v8 heap", "-ex", f"source {LOAD}", "-ex", "v8 heap"]
    done = process(words, cwd=tmp_path)
    assert done.stdout.count(" Isolate Space") == 2
    assert done.stderr.count("rror") == 0


def test_gdb_adds_one_folder_to_the_path(gdb: str) -> None:
    show = "python import json, sys; print('path', json.dumps(sys.path))"
    words = [gdb, "-nx", "-batch", "-ex", show, "-ex", f"source {LOAD}", "-ex", show]
    before, after = [
        json.loads(line[5:]) for line in process(words).stdout.splitlines() if line[:5] == "path "
    ]
    assert after == [str(ROOT), *before]


@pytest.mark.parametrize(
    ("typed", "completions"),
    [
        ("v8 findjsi", ["v8 findjsinstances"]),
        ("v8 findjsobjects --so", ["v8 findjsobjects --sort"]),
        ("v8 findjsobjects --sort n", ["v8 findjsobjects --sort name"]),
        ("v8 help doct", ["v8 help doctor"]),
        (f"v8 open {ROOT}/CONTRIB", [f"v8 open {ROOT}/CONTRIBUTING.md"]),
    ],
)
def test_gdb_completes(gdb: str, typed: str, completions: List[str]) -> None:
    words = [gdb, "-nx", "-batch", "-ex", f"source {LOAD}", "-ex", f"complete {typed}"]
    assert process(words).stdout.splitlines() == completions


def test_gdb_expressions(gdb: str, run: Run) -> None:
    code = "gdb_plugin.host.GdbHost().evaluate('$sp') == int(gdb.parse_and_eval('$sp'))"
    (said,) = in_gdb(gdb, run.core, run.node, [f" python import gdb_plugin.host; print({code})"])
    assert said.answer == "True\n"


def test_lldb_expressions(lldb: str, run: Run) -> None:
    code = "lldb_plugin.host.LldbHost(lldb.debugger).evaluate('$sp') == lldb.frame.GetSP()"
    words = [lldb, "--no-lldbinit", "-b", "-o", f"target create {run.node} --core {run.core}"]
    words += ["-o", f"command script import {PLUGIN}", "-o", "script import lldb_plugin.host"]
    assert "\nTrue\n" in process([*words, "-o", f"script print({code})"]).stdout


def _interactive(words: List[str], prompt: str, setup: List[str]) -> Any:
    child = pexpect.spawn(
        words[0],
        words[1:],
        env={**environment(), "INPUTRC": "/dev/null"},
        timeout=60,
        encoding="utf-8",
        dimensions=(50, 200),
    )
    child.logfile_read = sys.stdout
    for line in setup:
        child.expect_exact(prompt)
        child.sendline(line)
    child.expect_exact("v8inspect-slow-starts")
    child.expect(r"\n")
    return child


def test_gdb_is_interrupted_by_ctrl_c(gdb: str) -> None:
    slow = f"python import runpy; runpy.run_path('{Path(__file__).with_name('slow_command.py')}')"
    again = "python import gdb_plugin.adapter; gdb_plugin.adapter.register()"
    setup = ["set pagination off", f"source {LOAD}", slow, again, "v8 slow"]
    child = _interactive([gdb, "-nx", "-q"], "(gdb) ", setup)
    child.sendintr()
    child.expect_exact("error: interrupted", timeout=5)
    child.expect_exact("(gdb) ", timeout=5)
    child.sendline("quit")
    child.expect(pexpect.EOF)


def test_lldb_is_interrupted_by_ctrl_c(any_lldb: str) -> None:
    slow = Path(__file__).with_name("slow_command.py")
    setup = [f"command script import {PLUGIN}", f"command script import {slow}", "v8 slow"]
    child = _interactive([any_lldb, "--no-lldbinit", "--no-use-colors"], "(lldb) ", setup)
    child.sendintr()
    # LLDB 16 says so itself instead of showing our error.
    child.expect_exact(["error: interrupted", "... Interrupted."], timeout=5)
    child.sendline("quit")
    child.expect(pexpect.EOF)
