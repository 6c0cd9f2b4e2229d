"""Ctrl-C while the graph is made: at any look at progress it ends there, and what is asked next is
answered as if nothing had been."""

from __future__ import annotations

import time
from typing import Optional

import pytest

from tests.provision.cores import core
from v8inspect.analysis.retained import RetainedRow, paths_to, retained_by_name
from v8inspect.errors import Interrupted
from v8inspect.session import Session
from v8inspect.targets import open_dump


class Patience:
    """Progress that ends at its `last`-th look, and how long it had to wait for each."""

    def __init__(self, last: Optional[int] = None) -> None:
        self.last = last
        self.stages: list[str] = []
        self.waited: list[tuple[float, str]] = []
        self._since = time.process_time()

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.process_time()
        self.waited.append((now - self._since, what))
        self._since = now
        self.stages.append(what)
        if len(self.stages) == self.last:
            raise Interrupted


def _rows(session: Session) -> list[RetainedRow]:
    return [row for row in retained_by_name(session) if isinstance(row, RetainedRow)]


def _opened(progress: Patience) -> Session:
    run = core("22.23.3", "longlist")
    return Session(open_dump(str(run.core), str(run.node)), progress)


def test_it_ends_at_any_stage_and_goes_on_as_if_nothing_had_been() -> None:
    whole = Patience()
    with _opened(whole) as session:
        expected = _rows(session)
    looks: dict[str, list[int]] = {}  # of each stage, their numbers
    for number, stage in enumerate(whole.stages, 1):
        looks.setdefault(stage, []).append(number)
    graph = (
        "reading references",
        "turning references round",
        "looking for roots",
        "looking for what is alive",
        "looking for what retains what",
        "adding up by name",
    )
    at = [(stage, look) for stage in graph for look in {looks[stage][0], looks[stage][-1]}]
    assert len(looks["turning references round"]) > 1, "it has to be stopped half-way"
    for stage, look in at:
        progress = Patience(look)
        with _opened(progress) as session:
            with pytest.raises(Interrupted):
                _rows(session)
            assert progress.stages[-1] == stage
            progress.last = None
            assert _rows(session) == expected


def test_no_look_is_long_in_coming() -> None:
    """Half a second is what Ctrl-C may take; processor time, as the machine may be busy."""
    progress = Patience()
    with _opened(progress) as session:
        _rows(session)
        address = next(session.live_census.instances("Link"))[0] + 1
        next(iter(paths_to(session, address, 1)))
    longest = max(progress.waited)
    assert longest[0] <= 0.4, longest
