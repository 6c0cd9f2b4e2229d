"""The frames that wait below the running ones, against V8's own `at async` lines."""

from __future__ import annotations

import re
from typing import List, Tuple

import pytest

from tests.dumps.support import PRIMARY
from tests.provision.cores import core
from v8inspect.session import Session
from v8inspect.stack.async_frames import SUSPENDED, async_frames
from v8inspect.stack.frame import JS, Frame, Stack
from v8inspect.targets import open_dump

WAYS = (
    "chain",
    "all",
    "settled",
    "any",
    "race",
    "nested",
    "then",
    "thenAfter",
    "rejected",
    "finally",
    "iterated",
    "delegated",
    "handed",
    "resolved",
    "returned",
    "twice",
    "first",
    "microtask",
    "long",
    "evaluated",
)
LINE = re.compile(r"at async (?:(?P<name>.*?) \((?P<in>.*)\)|(?P<bare>[^()]*))$")
PLACE = re.compile(r"^(?P<script>.*):(?P<line>\d+):(?P<column>\d+)$")

COMBINATORS = {
    "PromiseAll": "Promise.all",
    "PromiseAllSettled": "Promise.allSettled",
    "PromiseAny": "Promise.any",
}

Told = Tuple[str, str, int, int]  # function, script, line, column; or combinator, "", index, 0


def told(stack: List[str]) -> List[Told]:
    """V8's async lines; the type before a method's name is left out."""
    found: List[Told] = []
    for text in stack:
        line = LINE.match(text)
        if line is None:
            continue
        name, where = line["name"] or "", line["in"] or line["bare"]
        if where.startswith("index "):
            found.append((name, "", int(where.split()[1]), 0))
            continue
        place = PLACE.match(where.rpartition("), ")[2] if where.startswith("eval") else where)
        assert place is not None, text
        script = place["script"].replace("<anonymous>", "")
        found.append((name.rpartition(".")[2], script, int(place["line"]), int(place["column"])))
    return found


def ours(frames: List[Frame]) -> List[Told]:
    """The same of our frames."""
    found: List[Told] = []
    for frame in frames:
        assert frame.tier == SUSPENDED
        if frame.kind == JS:
            assert frame.place is not None
            assert frame.shared is not None
            found.append((frame.shared.name, *frame.place))
        else:
            name = COMBINATORS[frame.builtin]
            found.append((name, "", frame.position or 0, 0))
    return found


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("version", PRIMARY)
def test_frames_are_those_that_v8_prints(version: str, way: str) -> None:
    run = core(version, "asyncstack", way)
    with Session(open_dump(str(run.core), str(run.node))) as session:
        thread = session.target.threads()[0]
        isolate = session.heap.isolates[0].address
        stack = Stack(thread, isolate, (Frame(JS, "interpreted", 0),))
        frames = async_frames(session, stack)
        expected = told(run.truth["stack"])
        assert ours(frames) == expected
        if way not in ("twice", "first", "microtask"):
            assert len(expected) >= 2
