"""The stack of a core is the one that V8 printed: number of frames, line and column of each, names.

Gate: every scenario under default tiering, one long chain in all tiers, and some generated
programs, on every version. Slow (`-m slow`): all scenarios in all tiers, and 200 generated programs
of each version.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Sequence

import pytest

from tests.dumps.support import FIRST_LTS, ODD, PRIMARY
from tests.provision.cores import Run, core_of_program
from tests.stacks import generated
from tests.stacks.compared import Comparison, compare
from tests.stacks.matrix import (
    ABORT,
    BASELINE,
    CHAINS,
    DEFAULT,
    HOT,
    OTHERS,
    Tier,
    arguments,
    source,
    tiers,
)
from tests.stacks.printed import uncaught
from v8inspect.session import Session
from v8inspect.targets import open_dump

pytestmark = pytest.mark.dumps

NAMES_EQUAL = 0.98  # share of names that have to be V8's
_QUICK_ODD = (
    ("21.7.3", "callbacks.js"),
    ("25.9.0", "methods.js"),
)  # the gate's share of odd majors
_EVERY_TIER = "callbacks.js"
_GATE_SEEDS = {"cold": range(3), "baseline": range(3, 5), "hot": range(5, 10)}
_SLOW_SEEDS = {"cold": range(100, 150), "baseline": range(150, 190), "hot": range(190, 310)}
_WAYS = {"cold": DEFAULT, "baseline": BASELINE, "hot": HOT}


def _compared(run: Run) -> Comparison:
    printed = uncaught((run.folder / "stderr.txt").read_bytes().decode("latin-1"))
    with Session(open_dump(str(run.core), str(run.node))) as session:
        return compare(session, printed)


def check(found: Comparison, names: float = NAMES_EQUAL) -> None:
    """Fails unless all places are equal, and enough names; prints every difference."""
    for text in found.places:
        print("place:", text)
    for text in found.names:
        print("name:", text)
    assert found.rows > 0
    assert not found.places
    assert len(found.names) <= (1 - names) * found.rows


def _scenario(version: str, name: str, tier: Tier, folder: Path) -> Comparison:
    """Runs a scenario in a folder that is gone afterwards, and compares."""
    with_tier = [ABORT, *tier.flags]
    run = core_of_program(version, source(name), with_tier, arguments(name, tier), folder)
    try:
        return _compared(run)
    finally:
        shutil.rmtree(folder)


_ODD = [
    pytest.param(v, n, marks=() if (v, n) in _QUICK_ODD else pytest.mark.slow)
    for v in ODD
    for n in (*CHAINS, *OTHERS)
]


@pytest.mark.parametrize(
    ("version", "name"), [*((v, n) for v in PRIMARY for n in (*CHAINS, *OTHERS)), *_ODD]
)
def test_scenario(version: str, name: str, folder: Path) -> None:
    """Each scenario as V8 compiles it by itself."""
    check(_scenario(version, name, DEFAULT, folder))


@pytest.mark.parametrize("version", FIRST_LTS)
def test_first_release(version: str, folder: Path) -> None:
    """The first long-term releases, whose isolates are a few words shorter."""
    check(_scenario(version, _EVERY_TIER, DEFAULT, folder))


@pytest.mark.parametrize(
    ("version", "tier"),
    [(version, tier) for version in PRIMARY for tier in tiers(version) if tier is not DEFAULT],
    ids=lambda value: value.name if isinstance(value, Tier) else str(value),
)
def test_every_tier(version: str, tier: Tier, folder: Path) -> None:
    """One chain of calls in every tier."""
    check(_scenario(version, _EVERY_TIER, tier, folder))


def _generated(version: str, seeds: Sequence[int], tier: Tier, folder: Path) -> Comparison:
    total = Comparison()
    for seed in seeds:
        place = folder / str(seed)
        program = folder / f"source{seed}" / "program.js"
        program.parent.mkdir()
        program.write_text(generated.program(seed, tier.warm))
        place.mkdir()
        run = core_of_program(version, program, [ABORT, *tier.flags], (), place)
        found = _compared(run)
        for texts in (found.places, found.names):
            texts[:] = [f"seed {seed}: {text}" for text in texts]
        total.add(found)
        shutil.rmtree(place)
    return total


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("version", PRIMARY)
def test_generated(version: str, way: str, folder: Path) -> None:
    """Generated programs, in the interpreter, as baseline code, and hot."""
    check(_generated(version, _GATE_SEEDS[way], _WAYS[way], folder))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*CHAINS, *OTHERS])
@pytest.mark.parametrize("version", [*PRIMARY, *FIRST_LTS])
def test_scenario_in_every_tier(version: str, name: str, tmp_path: Path) -> None:
    """Each scenario in every tier."""
    total = Comparison()
    for tier in tiers(version):
        folder = tmp_path / tier.name
        folder.mkdir()
        found = _scenario(version, name, tier, folder)
        for texts in (found.places, found.names):
            texts[:] = [f"{tier.name}: {text}" for text in texts]
        total.add(found)
    print(version, name, total.rows, "frames")
    check(total)


@pytest.mark.slow
@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("version", PRIMARY)
def test_many_generated(version: str, way: str, folder: Path) -> None:
    """Two hundred generated programs of each version."""
    total = _generated(version, _SLOW_SEEDS[way], _WAYS[way], folder)
    print(version, way, total.rows, "frames")
    check(total)
