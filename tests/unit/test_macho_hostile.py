"""A truncated, damaged or hostile core of macOS costs neither a crash nor more than a moment."""

from __future__ import annotations

import random
import struct
import time
import tracemalloc
from pathlib import Path

import pytest

from tests.unit.synthetic_elf import pattern
from tests.unit.synthetic_macho import (
    CORE,
    DYLIB,
    DYLINKER,
    PAGE,
    UUID,
    Core,
    Image,
    R,
    W,
    all_image_infos,
    command,
    header,
    segment,
)
from tests.unit.test_elf_hostile import explore
from v8inspect.errors import DumpDamaged, V8InspectError
from v8inspect.targets import open_dump

TOP = (1 << 64) - 1
LOAD = 0x10A2B4000
DYLD = 0x7FF800000000


def whole(lldb: bool, arch: str = "x86_64") -> Core:
    """One with everything in it that is read."""
    core = Core(arch, lldb).image(Image(arch), LOAD - 0x100000000)
    core.memory(0x300000000, pattern(PAGE), 2 * PAGE).thread(rip=LOAD, rsp=0x300000000)
    core.note(b"addrable bits", struct.pack("<IIII", 4, 47, 47, 0))
    core.note(b"process metadata", b'{"threads":[{"thread_id":77}]}')
    if lldb:
        return core.list_images([("/srv/node", UUID, LOAD, [LOAD, LOAD + PAGE, LOAD + 2 * PAGE])])
    infos = all_image_infos([(LOAD, "/srv/node")], DYLD + PAGE)
    return core.image(Image(arch, DYLINKER, bytes(15) + b"x", DYLD, {}, {}, (), infos, b"dyld"))


def look(path: Path) -> None:
    """Opens it and asks for everything; errors must be ours."""
    try:
        target = open_dump(str(path))
    except V8InspectError:
        return
    try:
        explore(target)
        target.symbols("v8dbg_")
        target.symbol_at(LOAD + 0x1010)
    finally:
        target.close()


@pytest.mark.parametrize("lldb", [True, False])
def test_one_cut_anywhere_opens_or_says_that_it_is_damaged(tmp_path: Path, lldb: bool) -> None:
    data = whole(lldb).bytes()
    path = tmp_path / "core"
    for size in [*range(4, 4096, 29), *range(4096, len(data), 4099)]:
        path.write_bytes(data[:size])
        look(path)


def test_what_a_truncated_core_lost_is_counted(tmp_path: Path) -> None:
    data = Core().memory(0x1000, pattern(4 * PAGE)).thread().bytes()
    path = tmp_path / "core"
    path.write_bytes(data[: -3 * PAGE])
    target = open_dump(str(path))
    assert target.facts.lost == 3 * PAGE
    (warning,) = target.facts.warnings
    assert warning == f"truncated: {len(data) - 3 * PAGE} of {len(data)} bytes"
    assert target.read(0x1000, PAGE) == pattern(4 * PAGE)[:PAGE]


def test_commands_that_do_not_fit_are_counted(tmp_path: Path) -> None:
    data = bytearray(Core().memory(0x1000, pattern(PAGE)).thread().bytes())
    struct.pack_into("<I", data, 16, 7)
    path = tmp_path / "core"
    path.write_bytes(data)
    assert "damaged: 2 of 7 load commands can be read" in open_dump(str(path)).facts.warnings


@pytest.mark.parametrize("data", [header(CORE, "x86_64", []), header(CORE, "x86_64", [])[:20]])
def test_a_header_and_nothing_else(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "core"
    path.write_bytes(data)
    with pytest.raises(DumpDamaged):
        open_dump(str(path))


@pytest.mark.parametrize(
    "place",
    [
        (0, TOP, 0, PAGE),
        (TOP - 100, 200, 0, 200),
        (TOP, TOP, TOP, TOP),
        (0x1000, TOP, 32, TOP),
        (0x1000, 0, 32, 100),
        (0x1000, PAGE, TOP - 10, PAGE),
        (0x1000, PAGE, 0, 0),
    ],
)
def test_wild_segments_are_survived(tmp_path: Path, place: tuple[int, int, int, int]) -> None:
    path = tmp_path / "core"
    parts = [segment(*place), segment(0x2000, PAGE, 0, PAGE)]
    path.write_bytes(header(CORE, "x86_64", parts).ljust(2 * PAGE, b"x"))
    look(path)


def test_a_command_of_no_size_is_no_loop(tmp_path: Path) -> None:
    path = tmp_path / "core"
    path.write_bytes(struct.pack("<8I", 0xFEEDFACF, 0x1000007, 3, 4, TOP >> 32, TOP >> 32, 0, 0)
                     + bytes(1 << 20))  # fmt: skip
    started = time.monotonic()
    with pytest.raises(DumpDamaged):
        open_dump(str(path))
    assert time.monotonic() - started < 1


def test_huge_counts_are_no_allocation(tmp_path: Path) -> None:
    infos = struct.pack("<IIQII", 1, 0xFFFFFFFF, 0, 48, 0)
    threads = struct.pack("<IIII", 4, 16, 4, 0xFFFFFFFF)
    symbols = struct.pack("<4I", 0, 0xFFFFFFFF, 0, 0xFFFFFFFF)
    parts = [segment(0x100000000, PAGE, 0, PAGE, R | W), command(2, symbols), command(0x1B, UUID)]
    image = header(2, "x86_64", parts).ljust(PAGE, b"\0")
    core = Core(threads=[threads]).note(b"all image infos", infos).memory(0x100000000, image)
    path = tmp_path / "core"
    core.write(path)
    tracemalloc.start()
    look(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20


def test_headers_at_every_page_take_a_moment(tmp_path: Path) -> None:
    parts = [segment(0x100000000, PAGE, 0, PAGE) for _ in range(50)]
    page = header(DYLIB, "x86_64", parts).ljust(0x1000, b"\0")
    path = tmp_path / "core"
    Core().memory(0x100000000, page * 8192).thread().write(path)
    started = time.monotonic()
    look(path)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("lldb", [True, False])
@pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
def test_mutated_copies_end_in_an_answer_or_an_error_of_ours(
    tmp_path: Path, arch: str, lldb: bool
) -> None:
    data = whole(lldb, arch).bytes()
    rng = random.Random(f"{arch} {lldb}")
    path = tmp_path / "core"
    # Commands and notes, and the header, the symbols and the list of images in memory.
    starts = [0, 0, data.find(b"\xcf\xfa\xed\xfe", 4), len(data) - PAGE]
    for _ in range(200):
        copy = bytearray(data)
        for _ in range(rng.randint(1, 8)):
            at = (rng.choice(starts) + rng.randrange(2048)) % (len(data) - 8)
            word = rng.choice((0, 1, 0xFFFFFFFF, 0x7FFFFFFF, rng.getrandbits(32)))
            struct.pack_into("<I", copy, at & ~3, word)
        path.write_bytes(copy)
        look(path)
