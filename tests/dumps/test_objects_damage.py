"""Real cores with words overwritten: every view answers or says why not, in bounded time."""

from __future__ import annotations

import random
import struct
import time
from typing import Any

import pytest

from tests.dumps.support import PRIMARY, opened
from tests.dumps.values_oracle import find_root
from tests.unit.test_objects_fakes import ITEMS, exercise
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.js_errors import call_sites, stack_text
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.properties import Property, own_properties
from v8inspect.objects.reader import reader_of
from v8inspect.objects.scripts import function_source
from v8inspect.session import Session

_WORD = struct.Struct("<Q")
SECONDS = 120  # for all values of one damaged core; a hang is what this is for


class Damaging:
    """A target in which one word of `every` is another: a pointer from elsewhere, a Smi, noise.

    The same address reads the same however often it is asked for.
    """

    def __init__(self, target: Any, seed: int, every: int, spare: set[int]) -> None:
        self._target = target
        self._seed = seed
        self._every = every
        self._spare = spare

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def read_partial(self, address: int, size: int) -> bytes:
        return self._damage(address, self._target.read_partial(address, size))

    def read(self, address: int, size: int) -> bytes:
        return self._damage(address, self._target.read(address, size))

    def _damage(self, address: int, data: bytes) -> bytes:
        changed = bytearray(data)
        for at in range(-address % 8, len(data) - 7, 8):
            place = address + at
            chance = (place * 0x9E3779B97F4A7C15 + self._seed * 0xC2B2AE3D27D4EB4F) >> 17
            if chance % self._every == 0 and place not in self._spare:
                changed[at : at + 8] = _WORD.pack(self._garbage(place, data, at))
        return bytes(changed)

    def _garbage(self, place: int, data: bytes, at: int) -> int:
        dice = random.Random(place ^ self._seed)
        old = _WORD.unpack_from(data, at)[0]
        return dice.choice(
            (
                0,
                (1 << 64) - 1,
                dice.getrandbits(64),
                dice.getrandbits(32) << 32,
                old ^ 1 << dice.randrange(64),
                old + 8 * dice.randrange(-64, 64) & (1 << 64) - 1,
                (place & ~0xFFF) + 8 * dice.randrange(512) + 1,
                _WORD.unpack_from(data, dice.randrange(0, max(len(data) - 7, 1), 8))[0],
            )
        )


@pytest.mark.parametrize("every", [7, 60])
@pytest.mark.parametrize("version", PRIMARY)
def test_damaged_values_are_values(version: str, every: int) -> None:
    run, good = opened(version, "values")
    reader = reader_of(good)
    holder = find_root(good, reader, run.truth["marker"]).property("values")
    assert holder is not None
    assert isinstance(holder.value, JSObject)
    words = [item.word for item in holder.value.properties() if isinstance(item, Property)]
    # Map words stay, most of the time: what is no object any more tells nothing.
    spare = {word - 1 for word in words if word is not None and word & 1}
    for seed in range(2):
        damaged = Session(Damaging(good.target, seed, every, spare))
        damaged._layout = good.layout
        reader = reader_of(damaged)
        started = time.monotonic()
        for word in words:
            assert word is not None
            value = reader.value(word)
            exercise(value)
            if isinstance(value, JSObject):
                list(zip(range(ITEMS), own_properties(reader, value.address)))
                list(zip(range(ITEMS), call_sites(value)))
                stack_text(value, 1000)
            if isinstance(value, JSFunction):
                function_source(reader, value, 1000)
        assert time.monotonic() - started < SECONDS
