"""Signals from outside, which come wherever the program is: in the interpreter, in code of each
compiler, in builtins, in the garbage collector.

What is above the function that computes stands where it stood when it made an Error before. The
computing functions themselves are where nobody knows: they have to be those of the program.
"""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path
from typing import Sequence, Set

import pytest

from tests.dumps.support import PRIMARY
from tests.provision.cores import core_of_program
from tests.stacks.compared import place_of, visible
from tests.stacks.matrix import BASELINE, DEFAULT, INTERPRETER, Tier, source, tiers
from tests.stacks.printed import Row, error_stack
from v8inspect.session import Session
from v8inspect.stack.frame import Frame
from v8inspect.stack.names import printed_line
from v8inspect.stack.stacks import stack_of
from v8inspect.targets import open_dump

pytestmark = pytest.mark.dumps

# What the argument of interrupted.js makes run, and the functions of the program that it runs.
_KINDS = {
    "numbers": {"numbers"},
    "mixed": {"mixed", "small", ""},
    "objects": {"objects", "Point", "add"},
    "strings": {"strings", ""},
    "garbage": {"garbage"},
    "recursive": {"recursive", "fib"},
    "mutual": {"mutual", "ping", "pong"},
    "builtins": {"builtins", ""},
}


def _check(session: Session, kind: str, rows: Sequence[Row]) -> None:
    main = min(session.target.threads(), key=lambda thread: thread.tid)
    frames = visible(stack_of(session, main))
    lines = [printed_line(session, frame) for frame in frames]
    outer = len(rows) - 1  # all but the method that called `last`
    assert lines[-outer:] == [row.text for row in rows[1:]]
    inner = [frame for frame in frames[:-outer] if frame.kind == "js"]
    assert _name(inner[-1]) == "run"
    assert _name(inner[-2]) == "last"
    assert {_name(frame) for frame in inner[:-2]} <= _KINDS[kind]
    for frame in inner:
        assert frame.place is not None
        assert frame.place.script.endswith("interrupted.js")
    if kind == "mutual":
        _check_mutual([_name(frame) for frame in inner[:-2]])
    if kind == "recursive":
        # All but the innermost stand at one of the two calls.
        calls = _calls_of_fib()
        recursive = [frame for frame in inner[1:] if _name(frame) == "fib"]
        assert {place_of(frame) for frame in recursive} <= calls


def _check_mutual(names: Sequence[str]) -> None:
    """`names`, innermost first, are of functions that call each other in turn: none is missing."""
    if names:
        assert names[-1] == "mutual"
    for index, name in enumerate(names[-2::-1]):
        assert name == ("ping", "pong")[index % 2]


def _calls_of_fib() -> Set[str]:
    """'LINE:COLUMN' of the calls in `fib`."""
    found = set()
    for number, line in enumerate(source("interrupted.js").read_text().split("\n"), 1):
        if line.startswith("function fib("):
            found |= {f"{number}:{match.start() + 1}" for match in re.finditer(r"fib\(n -", line)}
    assert len(found) == 2
    return found


def _name(frame: Frame) -> str:
    return "" if frame.shared is None else frame.shared.name


def _interrupt(version: str, folder: Path, seeds: Sequence[int]) -> None:
    for seed in seeds:
        dice = random.Random(seed)
        kind = dice.choice(sorted(_KINDS))
        tier = dice.choice([t for t in tiers(version) if t.name != "hot"])
        delay = f"{0.1 + dice.random() / 5:.3f}"
        print("seed", seed, kind, tier.name, delay)
        place = folder / str(seed)
        place.mkdir()
        run = core_of_program(version, source("interrupted.js"), tier.flags, (kind, delay), place)
        rows = error_stack((place / "seen.txt").read_text())
        with Session(open_dump(str(run.core), str(run.node))) as session:
            _check(session, kind, rows)
        shutil.rmtree(place)


@pytest.mark.parametrize("tier", [DEFAULT, INTERPRETER, BASELINE], ids=lambda tier: tier.name)
@pytest.mark.parametrize("version", PRIMARY)
def test_in_a_loop(version: str, tier: Tier, folder: Path) -> None:
    """One of each tier of every version."""
    run = core_of_program(version, source("interrupted.js"), tier.flags, ("mixed", "0.2"), folder)
    with Session(open_dump(str(run.core), str(run.node))) as session:
        _check(session, "mixed", error_stack((folder / "seen.txt").read_text()))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["recursive", "mutual"])
@pytest.mark.parametrize("version", PRIMARY)
def test_recursion(version: str, kind: str, folder: Path) -> None:
    """Small functions that call all the time: often where they have no frame."""
    for number in range(20):
        place = folder / str(number)
        place.mkdir()
        delay = f"{0.1 + number / 100:.3f}"
        run = core_of_program(version, source("interrupted.js"), (), (kind, delay), place)
        with Session(open_dump(str(run.core), str(run.node))) as session:
            _check(session, kind, error_stack((place / "seen.txt").read_text()))
        shutil.rmtree(place)


@pytest.mark.slow
@pytest.mark.parametrize("version", PRIMARY)
def test_anywhere(version: str, folder: Path) -> None:
    """Forty at random places."""
    _interrupt(version, folder, range(40))
