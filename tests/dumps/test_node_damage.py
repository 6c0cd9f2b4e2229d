"""Cores with words overwritten: the commands about Node.js answer, whatever else is wrong."""

from __future__ import annotations

import time
from typing import Any, Iterable

import pytest

from tests.dumps.support import PRIMARY, opened
from tests.dumps.test_objects_damage import Damaging
from v8inspect.analysis.node_handles import handles, requests
from v8inspect.analysis.node_process import process_rows
from v8inspect.analysis.node_timers import timer_rows
from v8inspect.errors import NothingFound
from v8inspect.heap.census import Census
from v8inspect.memory import Memory
from v8inspect.node import environment as environments
from v8inspect.render.json_lines import json_lines
from v8inspect.render.text import text_lines
from v8inspect.rows import Row
from v8inspect.session import Session

SECONDS = 30  # for the four commands on one damaged core; a hang is what this is for


def _damaged(good: Session, seed: int, every: int) -> Session:
    """A session that reads single values damaged. The walk of the heap sees the core as it is."""
    target: Any = Damaging(good.target, seed, every, set())
    session = Session(target)
    session.memory = Memory(target)
    session._layout = good.layout
    session._heap = good.heap
    session._census = Census(session, good.heap)
    return session


def _shown(rows: Iterable[Row]) -> int:
    try:
        found = list(rows)
    except NothingFound:
        return 0
    list(text_lines(found))
    list(json_lines(found))
    return len(found)


@pytest.mark.parametrize("every", [15, 2000])
@pytest.mark.parametrize("scenario", ["handles", "timers"])
@pytest.mark.parametrize("version", PRIMARY)
def test_damage_ends_nothing(version: str, scenario: str, every: int) -> None:
    _, good = opened(version, scenario)
    start = time.monotonic()
    shown = 0
    for seed in range(2):
        session = _damaged(good, seed, every)
        shown += _shown(handles(session, everything=True))
        shown += _shown(requests(session))
        shown += _shown(timer_rows(session))
        shown += _shown(process_rows(session, None, True))
    assert time.monotonic() - start < SECONDS
    if every == 2000:
        assert shown > 10


@pytest.mark.parametrize("version", PRIMARY)
def test_a_list_that_runs_in_circles_ends(version: str) -> None:
    _, session = opened(version, "handles")
    main = environments.environments(session)[0]
    assert main.queues is not None
    wraps = list(main.handles())
    assert len(wraps) > 10
    # From the third member on the list goes back to the second, past the head.
    second, third = wraps[1].node, wraps[2].node
    read = main.reader.word

    class Looped:
        def __getattr__(self, name: str) -> Any:
            return getattr(main.reader, name)

        def word(self, address: int) -> Any:
            return second if address == third + 8 else read(address)

    looped: Any = Looped()
    members = environments._members(looped, main.address + main.queues.handles, main.queues.node)
    assert [wrap.node for wrap in members] == [wrap.node for wrap in wraps[:3]]
