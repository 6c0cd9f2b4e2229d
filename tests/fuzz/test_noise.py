"""Noise, zeros and flipped bits anywhere in real cores, through the command line.

What is lost or can't be explained must be marked. A changed word may make one sound object of
another: such a change can't be seen, but is bounded by what it hit.

$V8INSPECT_FUZZ_SEED chooses other damage; a failure prints its own.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Iterator

import pytest

from tests.dumps.support import PRIMARY
from tests.fuzz.copies import Copy
from tests.fuzz.damage import Damage, damages
from tests.fuzz.ground import Ground, ground
from tests.fuzz.program import ANSWERED, DAMAGED, Census, Forked, check_manners

SEED = int(os.environ.get("V8INSPECT_FUZZ_SEED", "20"))
_OS_PAGE = 4096
_SILENT = 0.08  # share of runs that may change the answer without a mark


@pytest.fixture(scope="module")
def forked() -> Iterator[Forked]:
    with Forked() as server:
        yield server


def _changed(good: Census, now: Census) -> Counter[str]:
    """By how many objects each name has changed."""
    names = {*good, *now}
    change = {name: now.get(name, (0, 0))[0] - good.get(name, (0, 0))[0] for name in names}
    return Counter({name: n for name, n in change.items() if n})


def _check_silent(at: Ground, damage: Damage, good: Census, now: Census) -> bool:
    """Whether the unmarked answer differs; fails where it must not."""
    change = _changed(good, now)
    if not change:
        return False
    offset, size = damage.offset, len(damage.data)
    assert at.in_heap(offset, size), f"{damage} is not in the heap: {change}"
    begun = [item for item in at.hit(offset, size) if at.begins_in(item, offset, size)]
    if damage.kind == "noise" or (damage.kind == "zeros" and size >= _OS_PAGE):
        # The first word of an object leads to its Map: noise there can't be an object.
        assert not begun, f"{damage}: {change}"
    lost = -sum(change.values())
    assert abs(lost) <= at.objects_in_pages(offset, size), f"{damage}: {change}"
    return True


def _strike(version: str, count: int, tmp_path: Path, forked: Forked) -> None:
    at = ground(version, "classes")
    copy = Copy(at.core, tmp_path / "core")
    good = forked.census(copy.path).census
    assert good["Level3"][0] == at.run.truth["counts"]["Level3"]
    silent = runs = 0
    answers: Counter[int] = Counter()
    for damage in damages(at, copy.pristine, SEED, count):
        if copy.pristine[damage.offset : damage.offset + len(damage.data)] == damage.data:
            continue
        copy.write(damage.offset, damage.data)
        said = forked.census(copy.path)
        copy.restore()
        check_manners(said, f"{damage}, seed {SEED}, {version}")
        answers[said.status] += 1
        runs += 1
        if said.status == ANSWERED:
            silent += _check_silent(at, damage, good, said.census)
        elif said.status == DAMAGED:
            assert sum(n for n, _ in said.census.values()) <= 2 * sum(n for n, _ in good.values())
    copy.close()
    assert silent <= 2 + _SILENT * runs
    assert answers[ANSWERED]
    assert answers[DAMAGED]


@pytest.mark.parametrize("version", PRIMARY)
def test_damage_is_marked(version: str, tmp_path: Path, forked: Forked) -> None:
    _strike(version, 56, tmp_path, forked)


@pytest.mark.slow
@pytest.mark.parametrize("version", PRIMARY)
def test_much_damage_is_marked(version: str, tmp_path: Path, forked: Forked) -> None:
    _strike(version, 900, tmp_path, forked)


@pytest.mark.parametrize("version", PRIMARY)
def test_a_page_without_its_header_is_missed(version: str, tmp_path: Path, forked: Forked) -> None:
    """Each page in turn: the ones that hold objects of the answer, first, last and only ones."""
    at = ground(version, "classes")
    copy = Copy(at.core, tmp_path / "core")
    for chunk in at.chunks_with_objects():
        offset = at.offset_of(chunk)
        assert offset is not None
        copy.write(offset, bytes(_OS_PAGE))
        said = forked.census(copy.path)
        copy.restore()
        check_manners(said, f"{chunk:#x}")
        assert said.status != ANSWERED, f"{chunk:#x}"
    copy.close()
