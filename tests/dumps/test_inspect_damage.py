"""`inspect` and its kin on cores with words overwritten, cut out or hostile: marked, bounded."""

from __future__ import annotations

import time
from typing import Any, List

import pytest

from tests.dumps.inspected import as_json, as_text, context
from tests.dumps.support import PRIMARY, opened
from tests.dumps.test_inspect_values import addresses
from tests.dumps.test_objects_damage import Damaging
from v8inspect.commands.registry import find
from v8inspect.errors import MemoryUnreadable, V8InspectError
from v8inspect.render.text import text_lines
from v8inspect.session import Session

# These take half a minute a version.
ONE_IN_THE_GATE = (
    "26.10.0",
    *(pytest.param(v, marks=pytest.mark.slow) for v in PRIMARY if v != "26.10.0"),
)
SECONDS = 150  # for all values of one damaged core
LINES = 40_000  # of one answer
COMMANDS = ("inspect", "inspect -d 3", "print", "jsprint", "v8print", "v8map")
# Without jsarray: it lists all elements, however many a damaged length says there are.
SOME = ("jsclosure", "jsconstructor", "jsfunction", "jssource", "v8str -v", "v8code")


def damaged_session(good: Session, target: Any) -> Session:
    """A session on `target` that has the layout and the pages of a sound one."""
    session = Session(target)
    session._layout = good.layout
    session._heap = good.heap
    return session


@pytest.mark.parametrize("every", [50])
@pytest.mark.parametrize("version", ONE_IN_THE_GATE)
def test_damaged_values_are_shown_as_such(version: str, every: int) -> None:
    _, good = opened(version, "values")
    at = addresses(good)
    spare = {int(address, 16) - 1 for address in at.values()}
    session = damaged_session(good, Damaging(good.target, 1, every, spare))
    started = time.monotonic()
    marks = 0
    for address in at.values():
        for command in (*COMMANDS, *SOME):
            try:
                lines = as_text(session, f"{command} {address}")
                as_json(session, f"{command} {address}")
            except V8InspectError:
                continue
            assert len(lines) < LINES, (command, address)
            marks += any("<unreadable" in line or "<damaged" in line for line in lines)
    assert marks > 20
    assert time.monotonic() - started < SECONDS


class Hole:
    """A target without the bytes of `start` to `stop`."""

    def __init__(self, target: Any, start: int, stop: int) -> None:
        self._target = target
        self._start = start
        self._stop = stop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def read_partial(self, address: int, size: int) -> bytes:
        if self._start <= address < self._stop:
            return b""
        if address < self._start:
            size = min(size, self._start - address)
        data: bytes = self._target.read_partial(address, size)
        return data

    def read(self, address: int, size: int) -> bytes:
        data = self.read_partial(address, size)
        if len(data) < size:
            raise MemoryUnreadable(address, size, address + len(data))
        return data


@pytest.mark.parametrize("version", PRIMARY)
def test_one_absent_property_does_not_stop_the_rest(version: str) -> None:
    """`d` of obj.literal is cut out of the dump; everything else is shown."""
    _, good = opened(version, "values")
    address = addresses(good)["obj.literal"]
    rows = as_json(good, f"inspect {address}")[0]["properties"]
    text = int(next(row["address"] for row in rows if row["key"] == "d"), 16)
    session = damaged_session(good, Hole(good.target, text - 1, text + 23))
    entry = find("inspect")
    ctx = context(session, False)
    lines: List[str] = list(text_lines(entry.body(ctx, entry.parse([address]))))
    assert [line.strip().partition("=")[0] for line in lines[1:]] == [f".{k}" for k in "abcdefg"]
    assert lines[4] == f"    .d=<unreadable {text:#x}>,"
    assert lines[3] == "    .c=3.14,"
    assert ctx.said
    assert "could not be read" in ctx.said[0]
    row = as_json(session, f"inspect {address}")[0]["properties"][3]
    assert row["type"] == "DAMAGED"
    assert row["value"] is None
    assert row["problem"] == "not in the dump"


@pytest.mark.parametrize("version", ONE_IN_THE_GATE)
def test_long_and_deep_answers_are_bounded(version: str) -> None:
    _, session = opened(version, "values")
    at = addresses(session)
    started = time.monotonic()
    for name in ("global.this", "misc.reflect", "node.readable", "fn.declared"):
        for depth in (5, 64, 10**9):
            lines = as_text(session, f"inspect -d {depth} {at[name]}")
            assert len(lines) < LINES
            if len(lines) > 10_000:
                assert any(" (…)" in line or " more (-l 0" in line for line in lines)
    assert time.monotonic() - started < 120
    assert len(as_text(session, f"inspect {at['obj.huge']}")) < 1010
    assert " more (-l 0 shows all)" in as_text(session, f"inspect {at['obj.huge']}")[-1]
    assert len(as_text(session, f"inspect -l 0 {at['obj.huge']}")) > 1500
