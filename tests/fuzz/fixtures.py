"""Damaged copies of dumps that are in the tree, through the command line."""

from __future__ import annotations

import lzma
import os
import random
import struct
from pathlib import Path
from typing import Callable, Set

from tests.fuzz.copies import Copy
from tests.fuzz.program import ANSWERED, DAMAGED, FAILED, Forked, check_manners

SEED = int(os.environ.get("V8INSPECT_FUZZ_SEED", "20"))
COPIES = 200
LINES = ("findjsobjects", "bt", "nodeinfo", "doctor", "threads", "error", "heap", "strings")


def statuses_of_damaged(
    packed: Path, count: int, structures_of: Callable[[bytes], int], folder: Path, forked: Forked
) -> Set[int]:
    """The exit statuses of `count` commands, each on a copy damaged anew; every answer has its
    manners checked. `structures_of` the start of the file: how many bytes are not memory."""
    source = folder / "source"
    source.write_bytes(lzma.decompress(packed.read_bytes()))
    copy = Copy(source, folder / "copy")
    with open(source, "rb") as file:
        structures = structures_of(file.read(1 << 20))
    dice = random.Random(f"{SEED} {packed.name}")
    statuses = set()
    try:
        for number in range(count):
            damage = _strike(copy, structures, dice)
            line = LINES[number % len(LINES)]
            said = forked.run("-c", str(copy.path), line)
            copy.restore()
            check_manners(said, f"{line}, {damage}, seed {SEED}, {packed.name}")
            statuses.add(said.status)
    finally:
        copy.close()
        source.unlink()
    assert statuses <= {ANSWERED, FAILED, DAMAGED}
    return statuses


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
