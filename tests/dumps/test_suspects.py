"""Suspects of every kind in one program, which says how many there are of each; programs that leak
nothing; what has grown between dumps of different platforms."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

import pytest

from tests.dumps.support import PRIMARY, opened
from v8inspect.analysis.diff import DiffRow, differences
from v8inspect.analysis.group import grouped
from v8inspect.analysis.summary import summary_of
from v8inspect.analysis.suspect import NoSuspects, SuspectRow
from v8inspect.analysis.suspects import suspects
from v8inspect.session import Session
from v8inspect.targets import open_dump

DATA = Path(__file__).resolve().parent.parent / "data"


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


# Programs of which it is known what they made (tests/data): class, number, where.
ELSEWHERE = [
    ("linux-arm64/linux-arm64-22.23.3-crash.core.xz", "Zebra", 1234, "zebras"),
    ("macos/macos-arm64-26.10.0-lldb-dirty.core.xz", "Zebra", 1234, "zebras"),
    ("windows/win-x64-20.20.2-crash.dmp.xz", "Foo", 10000, "foos"),
]


@pytest.mark.parametrize(("file", "name", "count", "holder"), ELSEWHERE)
def test_dumps_of_two_platforms(file: str, name: str, count: int, holder: str) -> None:
    _, linux = opened("22.23.3", "empty")
    with Session(open_dump(str(DATA / file))) as session:
        rows = list(differences((summary_of(linux), summary_of(session)), ("constructor", "path")))
    by = {
        kind: [row for row in rows if isinstance(row, DiffRow) and row.by == kind]
        for kind in ("constructor", "path")
    }
    assert [(row.count_before, row.count) for row in by["constructor"] if row.name == name] in (
        [(0, count)],
        [(0, count + 1)],  # with its prototype
    )
    (held,) = [row for row in by["path"] if row.name == name]
    assert (held.count_before, held.count) == (0, count)
    *_, by_name, element = held.path or ()
    assert (by_name.split(".")[-1], element) == (holder, "(Array)[]")
