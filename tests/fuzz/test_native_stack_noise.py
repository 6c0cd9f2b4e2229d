"""Stacks and call frame information of real cores, destroyed: the walk ends soon and says why."""

from __future__ import annotations

import random
import struct
import time
from typing import Any, Callable, Dict

import pytest

from tests.provision.cores import core
from v8inspect.session import Session
from v8inspect.stack.mixed import saved_registers
from v8inspect.stack.native.unwinder import unwind
from v8inspect.targets import open_dump

pytestmark = pytest.mark.dumps

VERSION = "22.23.3"
_PAGE = 4096
_SECONDS = 2


class Altered:
    """A target whose pages of [start, end) are what `change` makes of them."""

    def __init__(self, target: Any, start: int, end: int, change: Callable[[bytes], bytes]) -> None:
        self._target = target
        self._pages: Dict[int, bytes] = {}
        self._range = (start, end)
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def read(self, address: int, size: int) -> bytes:
        data = bytearray(self._target.read(address, size))
        low, high = max(address, self._range[0]), min(address + size, self._range[1])
        at = low
        while at < high:
            page = at & -_PAGE
            if page not in self._pages:
                self._pages[page] = self._change(self._target.read(page, _PAGE))
            stop = min(high, page + _PAGE)
            data[at - address : stop - address] = self._pages[page][at - page : stop - page]
            at = stop
        return bytes(data)


def noise(source: random.Random, part: float) -> Callable[[bytes], bytes]:
    """Replaces that part of the bytes."""

    def change(page: bytes) -> bytes:
        out = bytearray(page)
        for _ in range(int(len(page) * part)):
            out[source.randrange(len(out))] = source.randrange(256)
        return bytes(out)

    return change


def words_of(source: random.Random, page: bytes) -> bytes:
    """The page's own words in another order: each is a plausible address."""
    words = list(struct.unpack("<512Q", page))
    source.shuffle(words)
    return struct.pack("<512Q", *words)


def walk(session: Session, target: Any) -> None:
    """Unwinds every thread."""
    start = time.perf_counter()
    for thread in target.threads():
        frames = list(unwind(target, thread.registers, saved_registers(session), limit=20000))
        assert frames
        assert [f.sp for f in frames[1:]] == sorted(f.sp for f in frames[1:])
    assert time.perf_counter() - start < _SECONDS


@pytest.fixture(scope="module")
def session() -> Any:
    run = core(VERSION, "uncaught")
    with Session(open_dump(str(run.core), str(run.node))) as opened:
        yield opened


@pytest.mark.parametrize("seed", range(20))
def test_damaged_stacks_end(session: Session, seed: int) -> None:
    source = random.Random(seed)
    target: Any = session.target
    changes = [
        noise(source, 0.01),
        noise(source, 0.2),
        lambda page: bytes(len(page)),
        lambda page: words_of(source, page),
    ]
    top = target.threads()[0].registers["rsp"]
    region = next(r for r in target.regions() if r.start <= top < r.start + r.size)
    for change in changes:
        walk(session, Altered(target, top & -_PAGE, region.start + region.present, change))


def test_a_frame_pointer_that_leads_back_ends(session: Session) -> None:
    target: Any = session.target
    registers = dict(target.threads()[0].registers)
    sp = registers["rsp"]

    def circle(page: bytes) -> bytes:
        return struct.pack("<2Q", sp, 0x10) * (len(page) // 16)

    altered = Altered(target, sp & -_PAGE, (sp & -_PAGE) + 16 * _PAGE, circle)
    frames = list(unwind(altered, {**registers, "rip": 0x10, "rbp": sp}))  # type: ignore[arg-type]
    assert len(frames) < 5
    assert frames[-1].problem is not None


@pytest.mark.parametrize("seed", range(10))
def test_damaged_rules_end(session: Session, seed: int) -> None:
    source = random.Random(seed)
    target: Any = session.target
    for module in target.modules():
        if not module.is_executable:
            continue
        for part in (0.001, 0.02, 0.5):
            # All that is not code: headers, the search table and .eh_frame among it.
            walk(session, Altered(target, module.start, module.end, noise(source, part)))
