"""`isolates`: main thread and workers, by threads, heaps and Node's own numbers."""

from __future__ import annotations

import pytest

from tests.dumps.support import FIRST_LTS, PRIMARY, opened
from v8inspect.analysis.isolates import isolate_rows
from v8inspect.analysis.spaces import SpaceRow, spaces
from v8inspect.render.text import text_lines

ALL = (*PRIMARY, *FIRST_LTS)


@pytest.mark.parametrize("version", ALL)
def test_a_main_thread_and_its_worker(version: str) -> None:
    run, session = opened(version, "worker")
    main, worker = isolate_rows(session)
    assert (main.kind, worker.kind) == ("main", "worker")
    assert (main.isolate, worker.isolate) == (0, 1)
    assert main.tid == run.truth["pid"]
    assert worker.tid not in (None, main.tid)
    assert worker.thread_id in (1, None)
    assert worker.state == "idle"
    assert main.state in ("JS", "EXTERNAL")
    assert main.frames
    for row in (main, worker):
        assert 1 << 20 < row.used < row.size
        assert row.limit is not None
        own = [x for x in spaces(session, row.isolate) if isinstance(x, SpaceRow)]
        assert row.used == sum(x.used for x in own)


@pytest.mark.parametrize("version", ALL)
def test_one_isolate(version: str) -> None:
    _, session = opened(version, "empty")
    (row,) = isolate_rows(session)
    assert (row.kind, row.thread) == ("main", 1)
    assert len(list(text_lines([row]))) == 3
