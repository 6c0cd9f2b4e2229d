"""Damaged copies of Windows dumps through the command line: one clear line or a marked answer, no
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
DATA = Path(__file__).resolve().parent.parent / "data" / "windows"
LINES = ("findjsobjects", "bt", "nodeinfo", "doctor", "threads", "error", "heap", "strings")
_MEMORY64_LIST = 9


@pytest.fixture(scope="module")
def forked() -> Iterator[Forked]:
    with Forked() as server:
        yield server


def _structures(data: bytes) -> int:
    """Bytes of a full dump before its memory; of a small one all."""
    count, directory = struct.unpack_from("<II", data, 8)
    for i in range(count):
        kind, _, rva = struct.unpack_from("<III", data, directory + 12 * i)
        if kind == _MEMORY64_LIST:
            return int.from_bytes(data[rva + 8 : rva + 16], "little")
    return len(data)


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
    [("24.21.0-crash", COPIES), ("22.23.3-live", COPIES // 4), ("22.23.3-mini", COPIES)],
)
def test_damaged_copies(name: str, count: int, tmp_path: Path, forked: Forked) -> None:
    source = tmp_path / "source.dmp"
    source.write_bytes(lzma.decompress((DATA / f"win-x64-{name}.dmp.xz").read_bytes()))
    copy = Copy(source, tmp_path / "copy.dmp")
    structures = _structures(source.read_bytes()[: 1 << 20])
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
    assert len(statuses) > 1 or name.endswith("mini")
