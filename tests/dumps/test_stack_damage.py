"""Stacks that are damaged: bounded, marked, never an exception; what is whole is still shown."""

from __future__ import annotations

import random
import time
from typing import Any, Dict, List

import pytest

from tests.dumps.inspected import as_json, as_text
from tests.dumps.support import PRIMARY, opened
from v8inspect.session import Session
from v8inspect.stack.slots import REGISTERS
from v8inspect.stack.stacks import stack_of

SECONDS = 10
ROUNDS = 12


class Overwritten:
    """A target in which some words are others."""

    def __init__(self, target: Any, words: Dict[int, int]) -> None:
        self._target = target
        self._words = words

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def read_partial(self, address: int, size: int) -> bytes:
        return self._changed(address, self._target.read_partial(address, size))

    def read(self, address: int, size: int) -> bytes:
        return self._changed(address, self._target.read(address, size))

    def _changed(self, address: int, data: bytes) -> bytes:
        for at, word in self._words.items():
            if address <= at and at + 8 <= address + len(data):
                start = at - address
                data = data[:start] + word.to_bytes(8, "little") + data[start + 8 :]
        return data


def _session(good: Session, words: Dict[int, int]) -> Session:
    session = Session(Overwritten(good.target, words))  # type: ignore[arg-type]
    session._layout = good.layout
    session._heap = good.heap
    return session


def _damages(good: Session, seed: int) -> List[Dict[int, int]]:
    """Words of the stack overwritten: zeros, loops, each other, noise; one and many at a time."""
    chance = random.Random(seed)
    thread = good.target.threads()[0]
    frames = stack_of(good, thread).frames
    fps = sorted({frame.fp for frame in frames})
    low, high = fps[0] - 512, fps[-1] + 512
    somewhere = [low + 8 * chance.randrange((high - low) // 8) for _ in range(200)]
    made: List[Dict[int, int]] = [
        {fps[2]: 0},
        {fps[3]: fps[1]},
        {fps[4]: fps[4]},
        {fp + 8: 0 for fp in fps},
        {fp - 8: 0 for fp in fps},
        {fp - 16: 1 for fp in fps},
        {fp - 24: (1 << 64) - 1 for fp in fps},
        {fp - 40: 0x7FFF_FFFF << 32 for fp in fps},
        {fp - 32: good.memory.u64(fp - 16) for fp in fps},
        {fp - 64: fps[0] for fp in fps},
    ]
    for _ in range(ROUNDS):
        count = chance.choice((1, 5, 50, 200))
        made.append({at: chance.getrandbits(64) for at in somewhere[:count]})
        made.append({at: chance.choice(fps) + 1 for at in somewhere[:count]})
        made.append({at: good.memory.u64(chance.choice(fps) - 16) for at in somewhere[:count]})
    return made


@pytest.mark.parametrize("scenario", ["boom", pytest.param("stackvalues", marks=pytest.mark.slow)])
@pytest.mark.parametrize("version", PRIMARY)
def test_damaged_stacks(version: str, scenario: str) -> None:
    _, good = opened(version, scenario)
    whole = len(as_json(good, "bt"))
    shortened = 0
    for words in _damages(good, 7):
        session = _session(good, words)
        started = time.monotonic()
        rows = as_json(session, "bt -v")
        as_text(session, "bt -v")
        shortened += len(rows) < whole
        for row in rows[:40]:
            as_json(session, f"frame {row['index']}")
        assert time.monotonic() - started < SECONDS
    assert shortened


@pytest.mark.parametrize("version", PRIMARY)
def test_registers_of_noise(version: str) -> None:
    """V8's chain does not need them; without it they may lead anywhere."""
    from dataclasses import replace

    _, good = opened(version, "boom")
    fields = good.layout.ThreadLocalTop
    isolate = good.heap.isolates[0].address
    chance = random.Random(11)
    thread = good.target.threads()[0]
    names = REGISTERS[good.target.arch]
    for _ in range(ROUNDS):
        words = {isolate + fields.c_entry_fp: chance.choice((0, chance.getrandbits(48)))}
        registers = {
            name: chance.choice((0, chance.getrandbits(64), thread.registers[names[0]]))
            for name in thread.registers
        }
        session = _session(good, words)
        damaged = replace(thread, registers=registers)
        session.target.threads = lambda damaged=damaged: [damaged]  # type: ignore[method-assign]
        started = time.monotonic()
        as_json(session, "bt")
        assert time.monotonic() - started < SECONDS
