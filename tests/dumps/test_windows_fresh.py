"""Dumps of heap.js made now under wine, looked at with everything: `make test-windows`.

The same as of those that are kept (`test_windows.py`), on all five versions, waiting and crashed.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Iterator

import pytest

from tests.dumps import heap_js
from tests.dumps.support import PRIMARY
from tests.provision import windows
from tests.provision.windows import CRASH, LIVE, MINI, WindowsRun
from v8inspect.errors import NoHeapMemory
from v8inspect.session import Session
from v8inspect.targets import open_dump

_WHY_NOT = windows.missing()
pytestmark = [
    pytest.mark.dumps,
    pytest.mark.slow,
    pytest.mark.skipif(_WHY_NOT is not None, reason=str(_WHY_NOT)),
]
SCRIPT = Path(__file__).resolve().parent.parent / "data" / "windows" / "heap.js"


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="v8inspect-wine-") as made:
        yield Path(made)


def _session(version: str, kind: str, folder: Path) -> tuple[WindowsRun, Session, int]:
    run = windows.dump(version, SCRIPT, kind, folder)
    data = run.dump.read_bytes()
    # Nothing of whoever made it.
    for word in (str(folder), os.getcwd(), os.path.expanduser("~/")):
        assert word.encode() not in data
        assert word.encode("utf-16-le") not in data
    return run, Session(open_dump(str(run.dump))), json.loads(run.truth.read_text())["pid"]


def _check_heap(session: Session, version: str, pid: int) -> None:
    heap_js.check_counts(session)
    heap_js.check_bytes(session)
    heap_js.check_objects(session)
    heap_js.check_kinds(session, pid)
    heap_js.check_commands(session)
    heap_js.check_process(session, version, pid)


@pytest.mark.parametrize("version", PRIMARY)
def test_waiting(version: str, folder: Path) -> None:
    _, session, pid = _session(version, LIVE, folder)
    with session:
        assert session.target.facts.exception_code is None
        _check_heap(session, version, pid)
        heap_js.check_idle(session)


@pytest.mark.parametrize("version", PRIMARY)
def test_crashed(version: str, folder: Path) -> None:
    run, session, pid = _session(version, CRASH, folder)
    with session:
        assert session.target.facts.exception_code == 0x80000003
        _check_heap(session, version, pid)
        heap_js.check_stack(session, run.stderr.read_text())
        heap_js.check_exception(session)


def test_stacks_only(folder: Path) -> None:
    _, session, _ = _session("22.23.3", MINI, folder)
    with session:
        assert len(session.target.threads()) > 4
        with pytest.raises(NoHeapMemory) as caught:
            _ = session.heap
        assert caught.value.node == "22.23.3"
