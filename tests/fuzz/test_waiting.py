"""`error`, `async`, `isolates` and `report` over damaged cores: the objects that they read and the
stack of the thread that crashed are struck, and only our own errors may come out.

$V8INSPECT_FUZZ_SECONDS bounds the time of each version (default 6, ten times as much with -m slow).
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from pathlib import Path
from typing import Any, List, Tuple

import pytest

from tests.dumps.support import PRIMARY
from tests.fuzz.copies import Copy
from tests.fuzz.ground import Ground, ground
from v8inspect.commands.context import Context
from v8inspect.commands.host import Dump, Host
from v8inspect.commands.registry import find
from v8inspect.errors import V8InspectError
from v8inspect.render.json_lines import json_lines
from v8inspect.render.text import text_lines
from v8inspect.session import Session
from v8inspect.targets import open_dump

SECONDS = int(os.environ.get("V8INSPECT_FUZZ_SECONDS", "6"))
LINES = ("error", "async -v", "async -t", "async", "isolates", "report")
_MOST = 2000  # rows of one command that are looked at
_LONGEST = 30.0  # seconds for all commands on one damaged core
_STACK = 1 << 14  # bytes from the stack pointer
_TYPES = (
    "JS_PROMISE", "PROMISE_REACTION", "PROMISE_CAPABILITY", "JS_ASYNC_FUNCTION_OBJECT",
    "JS_ASYNC_GENERATOR_OBJECT", "JS_GENERATOR_OBJECT", "AWAIT_CONTEXT", "ASYNC_GENERATOR_REQUEST",
    "JS_ERROR", "CALL_SITE_INFO", "PROMISE_FULFILL_REACTION_JOB_TASK", "CALLABLE_TASK",
    "NATIVE_CONTEXT",
)  # fmt: skip


class _OneDump(Host):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._dump = Dump(str(path))

    def selected(self) -> Dump:
        return self._dump


def _targets(at: Ground, session: Session) -> List[Tuple[int, int]]:
    """(offset in the file, bytes) of what is to be struck: half of it on the stack."""
    names = session.layout.type_names
    found = [
        (offset, item.size)
        for item in at.objects
        if names.get(item.map.type) in _TYPES
        for offset in [at.offset_of(item.address)]
        if offset is not None
    ]
    stack = at.offset_of(session.target.threads()[0].registers["rsp"])
    return found if stack is None else found + [(stack, _STACK)] * len(found)


def _strike(dice: random.Random, at: Ground, copy: Copy, targets: List[Tuple[int, int]]) -> None:
    for _ in range(dice.choice((1, 1, 2, 8, 64))):
        offset, size = dice.choice(targets)
        word = dice.choice(
            (
                0,
                dice.getrandbits(64),
                dice.getrandbits(31) << 32,
                (1 << 64) - 1,
                dice.choice(at.objects).address + 1,
                dice.choice(at.objects).address + 1,
                dice.choice(at.objects).address,
            )
        )
        place = offset + 8 * dice.randrange(max(1, size // 8))
        copy.write(place, word.to_bytes(8, "little") * dice.choice((1, 1, 1, 4)))


def _answers(path: Path) -> int:
    """Every command once; how many of them had an answer."""
    host: Any = _OneDump(path)
    answered = 0
    try:
        for number, line in enumerate(LINES):
            name, *words = line.split()
            command = find(name)
            render = json_lines if number % 2 else text_lines
            context = Context(host, (name, *words), render is json_lines)
            try:
                for _ in zip(range(_MOST), render(command.body(context, command.parse(words)))):
                    pass
                answered += 1
            except V8InspectError:
                continue
    finally:
        host.close()
    return answered


def _fuzz(version: str, seconds: float, seed: int) -> None:
    at = ground(version, "suspended")
    with Session(open_dump(str(at.core), str(at.run.node))) as session:
        targets = _targets(at, session)
    until = time.monotonic() + seconds
    runs = answered = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(at.core, Path(folder) / "core")
        while time.monotonic() < until:
            _strike(random.Random(seed + runs), at, copy, targets)
            start = time.monotonic()
            try:
                answered += _answers(copy.path)
            except Exception as error:
                raise AssertionError(f"{version}, seed {seed + runs}: {error!r}") from error
            assert time.monotonic() - start < _LONGEST, f"seed {seed + runs}"
            copy.restore()
            runs += 1
        copy.close()
    assert answered > runs * len(LINES) / 2


@pytest.mark.parametrize("version", PRIMARY)
def test_damage_ends_in_answers_or_our_own_errors(version: str) -> None:
    _fuzz(version, SECONDS, 1)


@pytest.mark.slow
@pytest.mark.parametrize("version", PRIMARY)
def test_more_damage(version: str) -> None:
    _fuzz(version, 10 * SECONDS, time.time_ns() % (1 << 32))
