"""Damaged copies of cores of macOS through the command line: one clear line or a marked answer, no
traceback, no hang.

$V8INSPECT_FUZZ_SEED chooses other damage; a failure prints its own.
"""

from __future__ import annotations

import lzma
import os
import random
import struct
from pathlib import Path
from typing import Iterator

import pytest

from tests.fuzz.copies import Copy
from tests.fuzz.program import ANSWERED, DAMAGED, FAILED, Forked, check_manners

SEED = int(os.environ.get("V8INSPECT_FUZZ_SEED", "20"))
COPIES = 200
DATA = Path(__file__).resolve().parent.parent / "data" / "macos"
LINES = ("findjsobjects", "bt", "nodeinfo", "doctor", "threads", "error", "heap", "strings")
_HEADER = 32
_NOTES = 1024  # bytes behind the commands, where LLDB puts the notes


@pytest.fixture(scope="module")
def forked() -> Iterator[Forked]:
    with Forked() as server:
        yield server


def _strike(copy: Copy, structures: int, dice: random.Random) -> str:
    """Damages a copy in one of the ways that files get damaged; says how."""
    way = dice.randrange(4)
    if way == 0:
        size = dice.randrange(4, copy.size if dice.random() < 0.5 else structures)
        copy.cut(size)
        return f"cut to {size}"
    end = copy.size if way == 1 else structures
    places = [dice.randrange(end) & ~3 for _ in range(dice.choice((1, 4, 16)))]
    for at in places:
        word = dice.choice((0, 0xFFFFFFFF, 0x7FFFFFFF, 1, dice.getrandbits(32)))
        size = dice.choice((1, 1, 64, 1024)) if way == 1 else 1
        copy.write(at, struct.pack("<I", word) * size)
    return f"words at {[hex(at) for at in places]}"


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("x64-20.20.2-lldb-dirty", COPIES),
        ("arm64-26.10.0-lldb-dirty", COPIES // 4),
        ("x64-26.10.0-stack", COPIES),
    ],
)
def test_damaged_copies(name: str, count: int, tmp_path: Path, forked: Forked) -> None:
    source = tmp_path / "source.core"
    source.write_bytes(lzma.decompress((DATA / f"macos-{name}.core.xz").read_bytes()))
    copy = Copy(source, tmp_path / "copy.core")
    structures = _HEADER + int.from_bytes(source.read_bytes()[20:24], "little") + _NOTES
    dice = random.Random(f"{SEED} {name}")
    statuses = set()
    try:
        for number in range(count):
            damage = _strike(copy, structures, dice)
            line = LINES[number % len(LINES)]
            said = forked.run("-c", str(copy.path), line)
            copy.restore()
            check_manners(said, f"{line}, {damage}, seed {SEED}, {name}")
            statuses.add(said.status)
    finally:
        copy.close()
        source.unlink()
    assert statuses <= {ANSWERED, FAILED, DAMAGED}
    assert len(statuses) > 1 or name.endswith("stack")
