"""Damage to a core, from a seed: where it strikes, what it writes."""

from __future__ import annotations

import random
from typing import Iterator, List, NamedTuple, Tuple

from tests.fuzz.ground import Ground

_SECTOR, _PAGE, _RUN = 512, 4096, 1 << 16


class Damage(NamedTuple):
    """`data` written at `offset`; `place` and `kind` say what was aimed at."""

    place: str
    kind: str
    offset: int
    data: bytes

    def __repr__(self) -> str:
        return f"{self.kind} in {self.place}: {len(self.data)} bytes at {self.offset:#x}"


def damages(ground: Ground, core: bytes, seed: int, count: int) -> Iterator[Damage]:
    """`count` of them, each place in turn. `core` is the undamaged file (or its map)."""
    dice = random.Random(seed)
    places: List[Tuple[str, List[Tuple[int, int]]]] = [
        (name, ranges) for name, ranges in ground.places.items() if ranges
    ]
    for i in range(count):
        place, ranges = places[i % len(places)]
        start, size = dice.choice(ranges)
        at = start + 8 * dice.randrange(max(1, size // 8))
        kind = dice.choice(tuple(_KINDS))
        yield Damage(place, kind, *_KINDS[kind](dice, ground, core, at))


def _word(dice: random.Random, ground: Ground, core: bytes, at: int) -> Tuple[int, bytes]:
    return at, dice.getrandbits(64).to_bytes(8, "little")


def _special(dice: random.Random, ground: Ground, core: bytes, at: int) -> Tuple[int, bytes]:
    smis = dice.getrandbits(31) << 32, dice.getrandbits(12) << 32
    word = dice.choice((0, (1 << 64) - 1, 1 << 63, 1, 3, *smis))
    return at, word.to_bytes(8, "little")


def _bit(dice: random.Random, ground: Ground, core: bytes, at: int) -> Tuple[int, bytes]:
    word = int.from_bytes(core[at : at + 8], "little") ^ 1 << dice.randrange(64)
    return at, word.to_bytes(8, "little")


def _pointer(dice: random.Random, ground: Ground, core: bytes, at: int) -> Tuple[int, bytes]:
    return at, (dice.choice(ground.objects).address + 1).to_bytes(8, "little")


def _from_elsewhere(dice: random.Random, ground: Ground, core: bytes, at: int) -> Tuple[int, bytes]:
    size = dice.choice((8, 64, _SECTOR, _PAGE))
    other = 8 * dice.randrange((len(core) - size) // 8)
    return at, core[other : other + size]


def _noise(dice: random.Random, ground: Ground, core: bytes, at: int) -> Tuple[int, bytes]:
    unit = dice.choice((_SECTOR, _PAGE, _RUN))
    return at & -min(unit, _PAGE), dice.getrandbits(8 * unit).to_bytes(unit, "little")


def _zeros(dice: random.Random, ground: Ground, core: bytes, at: int) -> Tuple[int, bytes]:
    unit = dice.choice((_SECTOR, _PAGE, _RUN))
    return at & -min(unit, _PAGE), bytes(unit)


_KINDS = {
    "a random word": _word,
    "a special word": _special,
    "a bit": _bit,
    "a pointer": _pointer,
    "bytes from elsewhere": _from_elsewhere,
    "noise": _noise,
    "zeros": _zeros,
}
