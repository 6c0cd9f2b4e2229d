"""The stacks of the five programs of tests/programs at their end, against V8's `stack` of an Error
that was made there: real code, minified and not, warmed up by real work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dumps.support import PRIMARY
from tests.programs import provision
from tests.provision.nodes import node
from tests.stacks.compared import low_bytes, place_of, visible
from tests.stacks.matrix import FOLDER
from tests.stacks.printed import error_stack
from v8inspect.session import Session
from v8inspect.stack.names import printed_line
from v8inspect.stack.stacks import stack_of
from v8inspect.targets import open_dump

pytestmark = [pytest.mark.dumps, pytest.mark.slow]


@pytest.mark.parametrize("name", provision.NAMES)
@pytest.mark.parametrize("version", PRIMARY)
def test_program(version: str, name: str, tmp_path: Path) -> None:
    """Line and column of every frame, and every name."""
    provision.run(version, name, tmp_path, FOLDER / "_end_seen.js")
    rows = [row for row in error_stack((tmp_path / "seen.txt").read_text()) if not row.is_async]
    with Session(open_dump(str(tmp_path / "core"), str(node(version)))) as session:
        main = min(session.target.threads(), key=lambda thread: thread.tid)
        frames = visible(stack_of(session, main))[-len(rows) :]
        # The innermost function has gone on since.
        ours = [(place_of(frame), printed_line(session, frame)) for frame in frames[1:]]
        tiers = [frame.tier for frame in frames]
    theirs = [(row.place, row.text) for row in rows[1:]]
    print(version, name, len(rows), "frames", {tier: tiers.count(tier) for tier in set(tiers)})
    assert len(frames) == len(rows)
    assert [place for place, _ in ours] == [place for place, _ in theirs]
    wrong = [(a[1], b[1]) for a, b in zip(ours, theirs) if low_bytes(a[1]) != low_bytes(b[1])]
    print(wrong)
    assert not wrong
    (tmp_path / "core").unlink()
