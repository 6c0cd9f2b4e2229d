"""Stacks of processes that end without V8 printing one: signals, out of memory, a worker, abort.

The oracle is V8's own `stack` of an Error that the innermost function made just before
(scenarios/stacks/_seen.js), or what Node.js printed at process.abort().
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Sequence

import pytest

from tests.dumps.addon import addon
from tests.dumps.support import PRIMARY
from tests.provision.cores import GCORE, Run, core_of_program, run_to_core, way_here
from tests.provision.nodes import node
from tests.stacks.compared import compare, place_of, visible
from tests.stacks.matrix import ABORT, BASELINE, DEFAULT, Tier, source
from tests.stacks.printed import Row, error_stack, javascript_trace, uncaught
from tests.stacks.test_stacks import check
from v8inspect.analysis.stack import FrameRow, stack_rows
from v8inspect.session import Session
from v8inspect.stack.frame import Frame
from v8inspect.stack.names import printed_line
from v8inspect.stack.stacks import stack_of
from v8inspect.targets import open_dump

pytestmark = pytest.mark.dumps


def _frames(session: Session, main: bool = True) -> Sequence[Frame]:
    """The visible frames of the main thread, or of the other thread that has some in a file."""
    threads = session.target.threads()
    pid = min(thread.tid for thread in threads)
    for thread in threads:
        frames = visible(stack_of(session, thread))
        if frames and (thread.tid == pid) == main:
            return frames
    return ()


def _check_seen(session: Session, frames: Sequence[Frame], rows: Sequence[Row]) -> None:
    """`rows` begin with the function that then ended the process: its frame stands further on, all
    others where they did."""
    assert len(rows) > 1
    assert len(frames) >= len(rows)
    frames = frames[len(frames) - len(rows) :]
    places = [place_of(frame) for frame in frames[1:]]
    assert places == [row.place for row in rows[1:]]
    ours = [printed_line(session, frame) for frame in frames[1:]]
    assert ours == [row.text for row in rows[1:]]
    assert printed_line(session, frames[0]).partition(" (")[0] == rows[0].function
    assert frames[0].place is not None
    assert frames[0].place.line == rows[0].line


def _check_trace(frames: Sequence[Frame], rows: Sequence[Row]) -> None:
    """Node.js's own print: functions with source alone."""
    assert len(rows) >= 3
    places = [place_of(frame) for frame in frames if frame.kind == "js"]
    assert places[: len(rows)] == [row.place for row in rows]


def _seen(run: Run) -> Sequence[Row]:
    return error_stack((run.folder / "seen.txt").read_text())


@pytest.mark.parametrize(
    ("signal", "tier"),
    [("SIGSEGV", DEFAULT), ("SIGABRT", BASELINE)],
    ids=lambda value: getattr(value, "name", value),
)
@pytest.mark.parametrize("version", PRIMARY)
def test_signal(version: str, signal: str, tier: Tier, folder: Path) -> None:
    """A signal that comes while JavaScript calls into C++."""
    run = core_of_program(version, source("signal.js"), tier.flags, (signal,), folder)
    with Session(open_dump(str(run.core), str(run.node))) as session:
        _check_seen(session, _frames(session), _seen(run))


@pytest.mark.parametrize("way", ["SEGV", "ABORT"])
@pytest.mark.parametrize("version", PRIMARY)
def test_native_addon(version: str, way: str, folder: Path) -> None:
    """An addon that strikes in its own code, called from JavaScript: its C functions stand above
    the JavaScript frames, innermost first."""
    run = core_of_program(version, source("addon.js"), (), (str(addon(way)),), folder)
    with Session(open_dump(str(run.core), str(run.node))) as session:
        _check_seen(session, _frames(session), _seen(run))
        main = session.target.threads()[0]
        rows = [row for row in stack_rows(session, [main]) if isinstance(row, FrameRow)]
    above = [row.function for row in rows[: next(i for i, r in enumerate(rows) if r.kind == "js")]]
    called = ["napi_register_module_v1"]  # gcc has put strike into it
    if way == "ABORT":
        called = ["abort", "give_up", "napi_register_module_v1"]
    assert [name for name in above if name in called] == called
    addons = {row.function for row in rows if row.module and row.module.endswith("addon.node")}
    assert addons == set(called) - {"abort"}


@pytest.mark.parametrize("version", PRIMARY)
def test_out_of_memory(version: str, folder: Path) -> None:
    """The heap limit is reached in an allocation of optimised code, which was entered on the
    stack: the line of the innermost frame is right, its column that of a call close by."""
    run = core_of_program(version, source("oom.js"), (), (), folder)
    with Session(open_dump(str(run.core), str(run.node))) as session:
        _check_seen(session, _frames(session), _seen(run))


@pytest.mark.parametrize("version", PRIMARY)
def test_ten_thousand_frames(version: str, folder: Path) -> None:
    """Recursion nearly to the end of the stack."""
    run = core_of_program(version, source("recursion.js"), (), (), folder)
    rows = _seen(run)
    assert len(rows) > 10000
    with Session(open_dump(str(run.core), str(run.node))) as session:
        _check_seen(session, _frames(session), rows)


@pytest.mark.parametrize("version", PRIMARY)
def test_worker(version: str, folder: Path) -> None:
    """The stack of a worker thread, and that of the main thread, which waits."""
    run = core_of_program(version, source("worker.js"), (), (), folder)
    with Session(open_dump(str(run.core), str(run.node))) as session:
        _check_seen(session, _frames(session, main=False), _seen(run))
        main = [printed_line(session, frame) for frame in _frames(session)]
        assert any(line.startswith("Atomics.wait ") for line in main)
        assert any(" (node:events:" in line for line in main)


@pytest.mark.parametrize("version", PRIMARY)
def test_abort(version: str, folder: Path) -> None:
    """process.abort(): Node.js 20 and later print the innermost frames, builtins left out; 18
    prints none."""
    run = core_of_program(version, source("abort.js"), (), (), folder)
    with Session(open_dump(str(run.core), str(run.node))) as session:
        frames = _frames(session)
        _check_seen(session, frames, _seen(run))
    if not version.startswith("18."):
        _check_trace(frames, javascript_trace(run.stderr))


@pytest.mark.parametrize("version", PRIMARY)
def test_rejection(version: str, folder: Path) -> None:
    """An unhandled rejection: only Node.js's own frames are left."""
    run = core_of_program(version, source("rejection.js"), (ABORT,), (), folder)
    with Session(open_dump(str(run.core), str(run.node))) as session:
        frames = _frames(session)
        lines = [printed_line(session, frame) for frame in frames]
    assert any("processPromiseRejections" in line for line in lines)
    if not version.startswith("18."):
        _check_trace(frames, javascript_trace(run.stderr))


@pytest.mark.parametrize("version", PRIMARY)
def test_without_executable(version: str, tmp_path: Path) -> None:
    """The executable is gone: no symbols, no machine code of V8's builtins."""
    executable = tmp_path / "node"
    shutil.copy(node(version), executable)
    folder = tmp_path / "run"
    folder.mkdir()
    program = [str(source("callbacks.js")), "200"]
    run_to_core(folder, [str(executable), ABORT, *program], way_here(), truth=False)
    executable.unlink()
    printed = uncaught((folder / "stderr.txt").read_bytes().decode("latin-1"))
    with Session(open_dump(str(folder / "core"), None)) as session:
        check(compare(session, printed))
    (folder / "core").unlink()


@pytest.mark.slow
@pytest.mark.parametrize("version", PRIMARY)
def test_gcore(version: str, tmp_path: Path) -> None:
    """A core that gdb has written."""
    command = [str(node(version)), ABORT, str(source("callbacks.js")), "0"]
    run_to_core(tmp_path, command, GCORE, truth=False)
    printed = uncaught((tmp_path / "stderr.txt").read_bytes().decode("latin-1"))
    with Session(open_dump(str(tmp_path / "core"), str(node(version)))) as session:
        check(compare(session, printed))
    (tmp_path / "core").unlink()
