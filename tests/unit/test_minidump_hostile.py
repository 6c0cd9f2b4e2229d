"""A truncated, damaged or hostile minidump costs neither a crash nor more than a moment."""

from __future__ import annotations

import random
import struct
import time
import tracemalloc
from pathlib import Path

import pytest

from tests.unit.synthetic_elf import pattern
from tests.unit.synthetic_minidump import (
    EXECUTE_READ,
    IMAGE,
    PAGE,
    READWRITE,
    Minidump,
    image,
    rsds,
)
from tests.unit.test_elf_hostile import explore
from v8inspect.errors import DumpDamaged, V8InspectError
from v8inspect.targets import open_dump

TOP = (1 << 64) - 1


def whole(full: bool = True, machine: str = "x86_64") -> Minidump:
    """A dump that has some of everything."""
    dump = Minidump(machine, full=full).thread(7, "main").thread(9)
    dump.module(0x140000000, 0x4000, r"Z:\srv\app\node.exe", (20, 20, 2, 0), rsds())
    dump.module(0x7FF00000, 0x1000, r"C:\Windows\ntdll.dll")
    dump.exception(9, 0xC0000005, 0x1234, 1, 0xDEAD, sp=1, rsp=1)
    dump.region(0x10000, 4 * PAGE, READWRITE).region(0x140000000, 0x4000, EXECUTE_READ, kind=IMAGE)
    dump.memory(0x10000, pattern(4 * PAGE)).memory(0x140000000, image((20, 20, 2, 0)))
    return dump


@pytest.mark.parametrize("full", [True, False])
def test_one_cut_anywhere_opens_or_says_that_it_is_damaged(tmp_path: Path, full: bool) -> None:
    dump = whole(full)
    data = dump.bytes()
    path = tmp_path / "node.dmp"
    first = dump.offsets[0x10000]
    for size in [*range(4, first, 29), *range(first, len(data), 501)]:
        path.write_bytes(data[:size])
        try:
            target = open_dump(str(path))
        except DumpDamaged:
            assert size < first
            continue
        explore(target)
        assert any(w.startswith("truncated: ") for w in target.facts.warnings)
        target.close()


def test_what_a_truncated_dump_lost_is_counted(tmp_path: Path) -> None:
    dump = Minidump().thread(7).memory(0x10000, pattern(4 * PAGE)).memory(0x20000, pattern(PAGE))
    data = dump.bytes()
    size = dump.offsets[0x10000] + PAGE + 100
    (tmp_path / "node.dmp").write_bytes(data[:size])
    target = open_dump(str(tmp_path / "node.dmp"))
    assert target.facts.warnings == (f"truncated: {size} of {len(data)} bytes",)
    assert target.facts.lost == len(data) - size
    assert target.read(0x10000, PAGE + 100) == pattern(PAGE + 100)
    assert target.read_partial(0x10000 + PAGE, PAGE) == pattern(2 * PAGE)[PAGE : PAGE + 100]


def test_wild_ranges_are_survived(tmp_path: Path) -> None:
    rows = [
        (TOP, TOP, 0),
        (TOP - 10, 0xFFFFFFFF, 0),
        (0x1000, 0xFFFFFFFF, 0xFFFFFFFF),
        (0x2000, 0, 0),
    ]
    rows += [(0x3000, 0xFFFFFFFF, 0), (0x3000, 64, 32), (0, 16, 0)]
    stream = struct.pack("<I", len(rows))
    stream += b"".join(struct.pack("<QII", a, b & 0xFFFFFFFF, c) for a, b, c in rows)
    dump = Minidump(full=False, extra=[(5, stream)]).thread(1)
    explore(open_dump(dump.write(tmp_path / "node.dmp")))
    rows64 = struct.pack("<QQ", 4, 32) + struct.pack("<8Q", 0x1000, TOP, TOP, 1, 5, 64, 7, TOP)
    dump = Minidump(extra=[(9, rows64)]).thread(1)
    explore(open_dump(dump.write(tmp_path / "node.dmp")))


@pytest.mark.parametrize("kind", [3, 4, 5, 9, 16, 24])
def test_huge_counts_are_no_allocation(tmp_path: Path, kind: int) -> None:
    data = bytearray(Minidump(extra=[(kind, b"\xff" * 64)]).thread(1).bytes())
    for i in range(struct.unpack_from("<I", data, 8)[0]):
        at = 32 + 12 * i
        if struct.unpack_from("<I", data, at)[0] == kind:
            struct.pack_into("<I", data, at + 4, 0xFFFFFFF0)
    (tmp_path / "node.dmp").write_bytes(data)
    tracemalloc.start()
    target = open_dump(str(tmp_path / "node.dmp"))
    explore(target)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
    target.close()


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    data = bytearray(Minidump().thread(1).bytes())
    struct.pack_into("<I", data, 12, 0xFFFFFF00)
    (tmp_path / "node.dmp").write_bytes(data)
    with pytest.raises(DumpDamaged) as caught:
        open_dump(str(tmp_path / "node.dmp"))
    assert caught.value.what == "directory of streams"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("full", [True, False])
def test_mutated_copies_end_in_an_answer_or_an_error_of_ours(
    tmp_path: Path, full: bool, machine: str
) -> None:
    dump = whole(full, machine)
    data = dump.bytes()
    path = tmp_path / "node.dmp"
    structures = dump.offsets[0x10000]
    rng = random.Random(f"{full} {machine}")
    begin = time.monotonic()
    opened = 0
    for _ in range(500):
        copy = bytearray(data)
        for _ in range(rng.randint(1, 8)):
            at = rng.randrange(structures)
            copy[at : at + 4] = rng.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", rng.randbytes(4))
            )
        path.write_bytes(copy)
        try:
            target = open_dump(str(path))
        except V8InspectError:
            continue
        explore(target)
        opened += 1
        target.close()
    assert opened > 100
    assert time.monotonic() - begin < 30
