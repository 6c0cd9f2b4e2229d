"""A truncated, damaged or hostile core costs neither a crash nor more than a moment."""

from __future__ import annotations

import struct
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.synthetic_elf import (
    PAGE,
    Core,
    Image,
    R,
    W,
    elf_header,
    pattern,
    process_core,
    program_header,
)
from v8inspect.errors import DumpDamaged, MemoryUnreadable, V8InspectError
from v8inspect.target import Target
from v8inspect.targets import open_dump

TOP = (1 << 64) - 1


def explore(target: Target) -> None:
    """Asks for everything; checks what every target promises."""
    end = 0
    for segment in target.segments():
        assert segment.size > 0
        assert end <= segment.start
        end = segment.start + segment.size
        assert end < 1 << 64
        assert 0 <= segment.offset <= len(segment.buffer) - segment.size
        size = min(segment.size, PAGE)
        assert len(target.read(segment.start, size)) == size
        assert len(target.read(end - size, size)) == size
        if not target.read_partial(end, 1):
            with pytest.raises(MemoryUnreadable):
                target.read(end - 1, 2)
    end = 0
    for region in target.regions():
        assert region.size > 0
        assert end <= region.start
        assert 0 <= region.present <= region.size
        end = region.start + region.size
    for thread in target.threads():
        assert thread.registers
    for module in target.modules():
        assert module.path is not None
    target.symbol("v8dbg_one")
    target.symbol_ints("v8dbg_")
    target.check_unchanged()


def test_a_truncated_core_gives_what_is_there(tmp_path: Path) -> None:
    core = Core().thread(7).load(0x10000, pattern(4 * PAGE)).load(0x20000, pattern(PAGE, 2))
    whole = core.bytes()
    size = core.offsets[0x10000] + PAGE + 100
    (tmp_path / "core").write_bytes(whole[:size])
    target = open_dump(str(tmp_path / "core"))
    assert target.facts.warnings == (f"truncated: {size} of {len(whole)} bytes",)
    assert target.facts.lost == len(whole) - size
    assert target.read(0x10000, PAGE + 100) == pattern(PAGE + 100)
    with pytest.raises(MemoryUnreadable) as caught:
        target.read(0x10000, 2 * PAGE)
    assert caught.value.missing == 0x10000 + PAGE + 100
    assert [r.present for r in target.regions()] == [PAGE + 100, 0]
    assert [t.tid for t in target.threads()] == [7]


def test_a_core_cut_anywhere_opens_or_says_that_it_is_damaged(tmp_path: Path) -> None:
    image = Image()
    (tmp_path / "node").write_bytes(image.bytes())
    whole = process_core(image, str(tmp_path / "node")).bytes()
    path = tmp_path / "core"
    headers = 64 + 56 * 5
    opened = 0
    for size in [*range(4, headers + 1200, 7), *range(headers + 1200, len(whole), 501)]:
        path.write_bytes(whole[:size])
        try:
            target = open_dump(str(path))
        except DumpDamaged:
            assert size < 64 + 56
            continue
        explore(target)
        assert any("truncated" in w or "damaged" in w for w in target.facts.warnings)
        opened += 1
        target.close()
    assert opened > 200


def test_wild_headers_are_survived(tmp_path: Path) -> None:
    loads = [
        program_header(1, R | W, 0, 0x10000, PAGE, PAGE),  # the headers themselves
        program_header(1, R, TOP, 0x20000, TOP, TOP),
        program_header(1, R, 64, TOP - 10, TOP, TOP),  # wraps around
        program_header(1, R, 64, 0x30000, 100, TOP),  # to the end of the address space
        program_header(1, R, 1 << 40, 0x20, 1 << 62, 1 << 62),
        program_header(4, R, 64, 0, TOP, TOP),
        program_header(4, R, TOP, 0, TOP, 0),
        program_header(1, R, 0, 0x40000, 0, 0),
        program_header(9, 0, TOP, TOP, TOP, TOP),
    ]
    (tmp_path / "core").write_bytes(
        (elf_header(4, 62, len(loads)) + b"".join(loads)).ljust(2 * PAGE, b"\x55")
    )
    target = open_dump(str(tmp_path / "core"))
    explore(target)


@pytest.mark.parametrize("count", [0xFFFE, 0xFFFF, 1 << 31, 0xFFFFFFFF])
def test_a_huge_count_of_segments_is_no_allocation(tmp_path: Path, count: int) -> None:
    section = bytearray(64)
    struct.pack_into("<I", section, 44, count & 0xFFFFFFFF)
    phnum = min(count, 0xFFFF)
    one = program_header(1, R, 0x1000, 0x10000, PAGE, PAGE)
    head = elf_header(4, 62, phnum, phoff=128, shoff=64, shnum=1)
    (tmp_path / "core").write_bytes((head + section + one).ljust(2 * PAGE, b"\0"))
    tracemalloc.start()
    target = open_dump(str(tmp_path / "core"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
    assert target.read(0x10000, 8) == bytes(8)
    assert any(w.startswith("damaged: ") for w in target.facts.warnings)


@pytest.mark.parametrize(
    "notes",
    [
        b"\xff" * 12,
        struct.pack("<III", 5, 0xFFFFFFF0, 1) + b"CORE\0\0\0\0",
        struct.pack("<III", 0xFFFFFFF0, 8, 1) + bytes(64),
        struct.pack("<III", 5, 400, 1) + b"CORE\0\0\0\0" + bytes(20),
        struct.pack("<III", 5, 24, 0x46494C45)
        + b"CORE\0\0\0\0"
        + struct.pack("<QQQ", TOP, TOP, TOP),
        struct.pack("<III", 5, 48, 0x46494C45)
        + b"CORE\0\0\0\0"
        + struct.pack("<QQQQQ8s", TOP, PAGE, TOP - 1, TOP, TOP, b"/x\0/y\0/z"),
        struct.pack("<III", 5, 1, 6) + b"CORE\0\0\0\0" + bytes(4),
    ],
    ids=["all ones", "wild size", "wild name", "cut", "wild count", "wild mapping", "odd auxv"],
)
def test_wild_notes_are_left_out(tmp_path: Path, notes: bytes) -> None:
    core = Core().thread(1).load(0x1000, pattern(PAGE))
    core.notes += notes
    target = open_dump(core.write(tmp_path / "core"))
    explore(target)
    assert [t.tid for t in target.threads()] == [1]


def test_a_note_segment_over_a_huge_hole_ends_soon(tmp_path: Path) -> None:
    path = tmp_path / "core"
    headers = program_header(4, 0, PAGE, 0, 1 << 40, 0) + program_header(1, R, 0, 1 << 20, 99, 99)
    with path.open("wb") as file:
        file.write(elf_header(4, 62, 2) + headers)
        try:
            file.truncate(1 << 40)
        except OSError as error:
            pytest.skip(f"{tmp_path} can't hold a sparse file of 1 TB: {error}")
    before = time.perf_counter()
    assert open_dump(str(path)).threads() == []
    assert time.perf_counter() - before < 10


def test_a_core_of_notes_only_says_that_it_has_no_memory(tmp_path: Path) -> None:
    target = open_dump(Core().thread(5).write(tmp_path / "core"))
    assert target.facts.warnings == ("no memory in this dump",)
    assert [t.tid for t in target.threads()] == [5]
    assert target.segments() == []


def test_a_core_without_threads_says_so(tmp_path: Path) -> None:
    target = open_dump(Core().load(0x1000, pattern(PAGE)).write(tmp_path / "core"))
    assert target.facts.warnings == ("no threads in this dump",)


def test_paths_need_not_be_text(tmp_path: Path) -> None:
    core = Core().thread().load(0x10000, b"", PAGE, 5)
    data = struct.pack("<QQQQQ", 1, PAGE, 0x10000, 0x11000, 0) + b"/\xff\xfe/node\0"
    target = open_dump(core.note(b"CORE", 0x46494C45, data).write(tmp_path / "core"))
    assert target.regions()[0].file == "/\udcff\udcfe/node"
    for warning in target.facts.warnings:
        warning.encode()


CORE = process_core(Image(), "@" * 200).siginfo(11, 1, 5).bytes()  # room for a path
PLACES = st.one_of(
    st.integers(0, 63),
    st.integers(64, 64 + 56 * 5 + 1100),
    st.integers(0, len(CORE) - 1),
)
VALUES = st.one_of(
    st.binary(min_size=1, max_size=8),
    st.sampled_from([b"\xff" * 8, bytes(8), b"\xff\xff\xff\x7f", struct.pack("<Q", 1 << 63)]),
    st.integers(0, len(CORE)).map(lambda n: struct.pack("<Q", n)),
)
MUTATIONS = st.lists(st.tuples(PLACES, VALUES), min_size=1, max_size=12)


def mutated(data: bytes, mutations: list[tuple[int, bytes]], size: int) -> bytes:
    out = bytearray(data)
    for at, value in mutations:
        out[at : at + len(value)] = value
    return bytes(out[:size])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For Hypothesis, which can't have one for each example."""
    return tmp_path_factory.mktemp("hostile")


@settings(max_examples=400, deadline=2000)
@given(mutations=MUTATIONS, size=st.one_of(st.just(len(CORE)), st.integers(0, len(CORE))))
def test_any_change_of_a_core_is_survived(
    folder: Path, mutations: list[tuple[int, bytes]], size: int
) -> None:
    exe = folder / "node"
    exe.write_bytes(Image().bytes())
    path = str(exe).encode().ljust(200, b"\0")
    (folder / "core").write_bytes(mutated(CORE.replace(b"@" * 200, path), mutations, size))
    try:
        target = open_dump(str(folder / "core"))
    except V8InspectError:
        return
    try:
        explore(target)
    finally:
        target.close()


@settings(max_examples=300, deadline=2000)
@given(
    mutations=st.lists(
        st.tuples(st.one_of(st.integers(0, 0x480), st.integers(0x1000, 0x1900), PLACES), VALUES),
        min_size=1,
        max_size=12,
    ),
    size=st.one_of(st.just(1 << 20), st.integers(0, 0x5600)),
    with_id=st.booleans(),
)
def test_any_change_of_an_executable_is_survived(
    folder: Path, mutations: list[tuple[int, bytes]], size: int, with_id: bool
) -> None:
    exe = folder / "changed"
    exe.write_bytes(mutated(Image().bytes(), mutations, size))
    core = process_core(Image(), str(exe))
    if not with_id:
        core.loads[0].data = b""
    target = open_dump(core.write(folder / "core"))
    try:
        explore(target)
    finally:
        target.close()
