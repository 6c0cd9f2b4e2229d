"""Suspects of every kind in one program, which says how many there are of each; and programs that
leak nothing."""

from __future__ import annotations

from typing import Dict

import pytest

from tests.dumps.support import PRIMARY, opened
from v8inspect.analysis.group import grouped
from v8inspect.analysis.suspect import NoSuspects, SuspectRow
from v8inspect.analysis.suspects import suspects


def _by_kind(version: str, scenario: str) -> Dict[str, SuspectRow]:
    _, session = opened(version, scenario)
    rows = [row for row in suspects(session) if isinstance(row, SuspectRow)]
    kinds = [row.kind for row in rows]
    assert len(set(kinds)) == len(kinds), kinds
    return dict(zip(kinds, rows))


@pytest.mark.parametrize("version", PRIMARY)
def test_every_kind_is_found_with_its_number(version: str) -> None:
    run, session = opened(version, "suspects")
    found = _by_kind(version, "suspects")
    assert {kind: row.count for kind, row in found.items()} == run.truth["found"]
    listeners, timers = found["listeners"], found["timers"]
    assert (listeners.emitter_class, listeners.event) == ("Bus", "tick")
    assert listeners.path[-1].via == "tick"
    assert listeners.callback is not None
    assert (listeners.callback.name, listeners.alike) == ("onTick", 150)
    assert (timers.class_, timers.milliseconds) == ("TimersList", 7_000_000)
    assert timers.callback is not None
    assert (timers.callback.name, timers.alike) == ("beat", 120)
    assert found["promises"].path[-1].via == "pending"
    assert (found["list"].class_, found["list"].path[-1].via) == ("Job", "queue")
    # Each is held by both arrays, the way to it leads through one of them.
    assert (found["scattered"].of, found["scattered"].class_) == ("Shared", "Array")
    assert found["scattered"].path[-1].via in ("one", "two")
    (shared,) = [row for row in grouped(session, "Shared") if row.count > 1]
    assert (shared.count, shared.holders) == (3000, 1)


@pytest.mark.parametrize("version", PRIMARY)
def test_a_program_that_does_nothing_has_no_suspects(version: str) -> None:
    _, session = opened(version, "empty")
    (row,) = suspects(session)
    assert isinstance(row, NoSuspects)


def test_lists_of_a_million_and_contexts_of_vm() -> None:
    run, session = opened("22.23.3", "longlist")
    first, second = [row for row in suspects(session) if isinstance(row, SuspectRow)]
    assert (first.kind, first.count) == ("list", run.truth["counts"]["Link"])
    assert first.path[-1].via == "list"
    assert (second.kind, second.count) == ("collection", run.truth["counts"]["Both"])
    (row,) = [row for row in grouped(session, "Link") if row.count > 1]
    assert row.path[-1] == "Link.next*"
    assert row.count == first.count - 1  # the head is held otherwise
    assert _by_kind("22.23.3", "vmcontexts")["contexts"].count == 5
