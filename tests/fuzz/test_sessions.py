"""Sessions over mutated cores in this process: only our own errors may come out of any command.

$V8INSPECT_FUZZ_SECONDS bounds the time of each version (default 6, ten times as much with -m slow).
Run by itself it finds new damage each time; hypothesis prints what to repeat.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any, List, Tuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.dumps.support import PRIMARY
from tests.fuzz.copies import Copy
from tests.fuzz.ground import Ground, ground
from v8inspect.commands.context import Context
from v8inspect.commands.host import Dump, Host
from v8inspect.commands.registry import find
from v8inspect.errors import V8InspectError
from v8inspect.render.json_lines import json_lines
from v8inspect.render.text import text_lines

SECONDS = int(os.environ.get("V8INSPECT_FUZZ_SECONDS", "6"))
_LONGEST = 20.0  # seconds for all commands on one damaged core; a hang is what this is for
_MOST = 2000  # rows of one command that are looked at
LINES = (
    "findjsobjects",
    "findjsobjects -d",
    "findjsinstances Object",
    "heap",
    "nodeinfo",
    "doctor",
    "strings",
    "jsfunctions",
    "findrefs -n path",
    "retained -n 5",
    "roots -v stack",
    "handles",
    "heap --live",
)

Blow = Tuple[int, int, int, int, int]
"""Place, range in it, word in that, what is written, how many words: each modulo what there is."""

_SMALL = st.integers(0, (1 << 16) - 1)
_WORDS = st.one_of(
    st.sampled_from([0, 1, 3, (1 << 64) - 1, 1 << 63, 1 << 32, 0x7FFFFFFF << 32, 4096 << 32]),
    st.integers(0, (1 << 64) - 1),
    st.integers(0, 4096).map(lambda n: n << 32),
    # Odd small numbers stand for pointers to objects of the dump.
    st.integers(0, (1 << 16) - 1).map(lambda n: -1 - n),
)
BLOWS = st.lists(
    st.tuples(_SMALL, _SMALL, _SMALL, _WORDS, st.sampled_from([1, 1, 1, 1, 2, 8, 64, 512])),
    min_size=1,
    max_size=12,
)


class _OneDump(Host):
    """A front end that looks at one file and asks nobody."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._dump = Dump(str(path))

    def selected(self) -> Dump:
        return self._dump


def _word(at: Ground, value: int) -> bytes:
    if value < 0:
        value = at.objects[value % len(at.objects)].address + 1
    return value.to_bytes(8, "little")


def _strike(at: Ground, copy: Copy, blows: List[Blow]) -> None:
    places = [ranges for ranges in at.places.values() if ranges]
    for place, which, word, value, count in blows:
        ranges = places[place % len(places)]
        start, size = ranges[which % len(ranges)]
        copy.write(start + 8 * (word % max(1, size // 8)), _word(at, value) * count)


def _answers(path: Path, at: Ground) -> None:
    """Every command once, as text or as JSON; V8InspectErrors are answers too."""
    host: Any = _OneDump(path)
    some = at.objects[:: len(at.objects) // 3]
    lines = [
        *LINES,
        *(f"inspect {item.address + 1:#x}" for item in some),
        *(f"path -n 3 {item.address + 1:#x}" for item in some),
        f"dominators {some[0].address + 1:#x}",
    ]
    try:
        for line in lines:
            name, *words = line.split()
            command = find(name)
            render = json_lines if words else text_lines
            context = Context(host, (name, *words), render is json_lines)
            try:
                rows = command.body(context, command.parse(words))
                for _ in zip(range(_MOST), render(rows)):
                    pass
            except V8InspectError:
                continue
    finally:
        host.close()


def _fuzz(version: str, seconds: float) -> None:
    at = ground(version, "classes")
    until = time.monotonic() + seconds
    longest = 0.0
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(at.core, Path(folder) / "core")

        @settings(
            max_examples=max(1, int(seconds * 20)),
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(BLOWS)
        def run(blows: List[Blow]) -> None:
            nonlocal failed, longest
            started = time.monotonic()
            if started > until and not failed:  # what failed is run again, and must fail again
                return
            try:
                _strike(at, copy, blows)
                _answers(copy.path, at)
            except BaseException:
                failed = True
                raise
            finally:
                copy.restore()
            longest = max(longest, time.monotonic() - started)
            assert longest < _LONGEST

        try:
            run()
        finally:
            copy.close()


@pytest.mark.parametrize("version", PRIMARY)
def test_only_our_errors_come_out(version: str) -> None:
    _fuzz(version, SECONDS)


@pytest.mark.slow
@pytest.mark.parametrize("version", PRIMARY)
def test_only_our_errors_come_out_for_long(version: str) -> None:
    _fuzz(version, 10 * SECONDS)
