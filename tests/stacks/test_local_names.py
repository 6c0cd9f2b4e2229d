"""Names of local variables in registers, against a program that gives every variable a string that
begins with its own name (tests/scenarios/stacks/localnames.js)."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Sequence

import pytest

from tests.dumps.support import PRIMARY
from tests.provision.cores import core_of_program
from tests.stacks.matrix import BASELINE, INTERPRETER, Tier, source
from v8inspect.analysis.stack import all_frames, frame_detail
from v8inspect.session import Session
from v8inspect.targets import open_dump

pytestmark = pytest.mark.dumps

_FUNCTIONS = 60


def _counted(version: str, tier: Tier, seed: int, folder: Path) -> Counter[str]:
    """How many registers hold a variable's string, and how many of these are named."""
    arguments = (str(seed), str(_FUNCTIONS))
    run = core_of_program(version, source("localnames.js"), tier.flags, arguments, folder)
    found: Counter[str] = Counter()
    with Session(open_dump(str(run.core), str(run.node))) as session:
        thread = session.target.threads()[0]
        for index, frame in enumerate(all_frames(session, thread)):
            place = frame.place
            if place is None or not (place.script or "").endswith("generated_locals.js"):
                continue
            found["frames"] += 1
            for held in frame_detail(session, frame, index, thread).registers:
                value = held.value.value
                owners: Sequence[str] = ()
                if isinstance(value, str) and "#" in value:
                    owners = value.partition("#")[0].split("|")
                if held.variable is None:
                    found["unnamed"] += bool(owners)
                elif owners:
                    assert held.variable in owners, (place, held.name, held.variable, owners)
                    found["named"] += 1
                elif held.value.type == "JS_FUNCTION":
                    assert held.value.internal is not None
                    assert held.value.internal["name"] == held.variable, (place, held.name)
                else:  # not reached yet
                    assert held.value.type in ("ODDBALL", "HOLE"), (place, held.name, held.variable)
    return found


@pytest.mark.parametrize("tier", [INTERPRETER, BASELINE], ids=lambda tier: tier.name)
@pytest.mark.parametrize("version", PRIMARY)
def test_names_are_those_of_the_values(version: str, tier: Tier, folder: Path) -> None:
    found = _counted(version, tier, 7, folder)
    assert found["frames"] >= _FUNCTIONS - 1
    assert found["named"] > 60


@pytest.mark.slow
@pytest.mark.parametrize("version", PRIMARY)
def test_no_name_is_wrong_in_thousands_of_functions(version: str, folder: Path) -> None:
    found: Counter[str] = Counter()
    for seed in range(100, 140):
        inside = folder / str(seed)
        inside.mkdir()
        found += _counted(version, INTERPRETER, seed, inside)
        shutil.rmtree(inside)
    assert found["frames"] > 40 * _FUNCTIONS
    assert found["named"] > 4000
