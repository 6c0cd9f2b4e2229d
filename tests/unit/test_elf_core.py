"""What a core holds comes back as it is: bytes, holes, gaps, threads, signal, mapped files."""

from __future__ import annotations

import mmap
import os
import time
from pathlib import Path

import pytest

from tests.unit.synthetic_elf import AARCH64, PAGE, X86_64, Core, R, W, X, pattern
from v8inspect.errors import DumpChanged, MemoryUnreadable
from v8inspect.target import Target
from v8inspect.targets import open_dump

BLOCK = 256 << 10


def opened(core: Core, folder: Path) -> Target:
    return open_dump(core.write(folder / "core"))


def test_bytes_come_back_as_they_were(tmp_path: Path) -> None:
    low, high = pattern(3 * PAGE, 1), pattern(PAGE, 2)
    target = opened(Core().load(0x10000, low).load(0x7F0000000000, high).thread(), tmp_path)
    assert target.arch == "x86_64"
    assert target.facts.format == "ELF core"
    assert target.facts.warnings == ()
    assert target.read(0x10000, 3 * PAGE) == low
    assert target.read(0x10FFF, 2) == low[0xFFF:0x1001]
    assert target.read(0x7F0000000000, PAGE) == high
    assert target.read(0x10000, 0) == b""
    assert target.read(0x5000, 0) == b""


def test_the_core_is_mapped_not_read(tmp_path: Path) -> None:
    target = opened(Core().load(0x10000, pattern(PAGE)).thread(), tmp_path)
    assert isinstance(target.segments()[0].buffer, mmap.mmap)


def test_a_missing_byte_is_named(tmp_path: Path) -> None:
    target = opened(Core().load(0x10000, pattern(PAGE)).thread(), tmp_path)
    for address, size, missing in (
        (0x10FF8, 16, 0x11000),
        (0x11000, 1, 0x11000),
        (0xFFF8, 16, 0xFFF8),
        (0, 8, 0),
        (1 << 70, 8, 1 << 70),
    ):
        with pytest.raises(MemoryUnreadable) as caught:
            target.read(address, size)
        assert (caught.value.address, caught.value.size) == (address, size)
        assert caught.value.missing == missing
    assert target.read_partial(0x10FF8, 16) == pattern(PAGE)[-8:]
    assert target.read_partial(0x11000, 8) == b""
    assert target.read_partial(0xFFF8, 16) == b""


def test_bytes_beyond_what_a_segment_stores_are_absent(tmp_path: Path) -> None:
    core = Core().load(0x10000, pattern(PAGE), 3 * PAGE, R).load(0x13000, b"", PAGE, 0).thread()
    target = opened(core, tmp_path)
    assert target.read_partial(0x10000, 3 * PAGE) == pattern(PAGE)
    first, second = target.regions()
    assert (first.start, first.size, first.present) == (0x10000, 3 * PAGE, PAGE)
    assert (first.readable, first.writable, first.executable) == (True, False, False)
    assert (second.size, second.present, second.readable) == (PAGE, 0, False)


def test_protection_is_told(tmp_path: Path) -> None:
    core = (
        Core().load(0x10000, pattern(PAGE), flags=R | X).load(0x20000, pattern(PAGE), flags=R | W)
    )
    text, data = opened(core.thread(), tmp_path).regions()
    assert (text.readable, text.writable, text.executable) == (True, False, True)
    assert (data.readable, data.writable, data.executable) == (True, True, False)


@pytest.mark.parametrize("align", [1, 8, PAGE])
def test_neighbours_are_one_segment(tmp_path: Path, align: int) -> None:
    core = Core()
    whole = pattern(4 * PAGE)
    for i in range(4):
        flags = R | W if i % 2 else R
        core.load(0x40000 + i * PAGE, whole[i * PAGE : (i + 1) * PAGE], flags=flags, align=align)
    target = opened(core.thread(), tmp_path)
    assert len(target.regions()) == 4
    (segment,) = target.segments()
    assert (segment.start, segment.size) == (0x40000, 4 * PAGE)
    assert target.read(0x40FF0, 3 * PAGE) == whole[0xFF0 : 0xFF0 + 3 * PAGE]


def test_a_read_goes_on_over_segments_that_touch_in_address_only(tmp_path: Path) -> None:
    core = Core().load(0x11000, pattern(PAGE, 2)).load(0x10000, pattern(PAGE, 1)).thread()
    target = opened(core, tmp_path)
    assert [s.start for s in target.segments()] == [0x10000, 0x11000]
    assert target.read(0x10F00, 0x200) == pattern(PAGE, 1)[0xF00:] + pattern(PAGE, 2)[:0x100]


def test_of_overlapping_segments_the_first_wins(tmp_path: Path) -> None:
    core = (
        Core()
        .load(0x12000, pattern(2 * PAGE, 2))  # its first half belongs to the one below
        .load(0x10000, pattern(3 * PAGE, 1))
        .load(0x10000, pattern(PAGE, 3))  # the same start, later in the file
        .load(0x11000, pattern(PAGE, 4))  # inside
    )
    target = opened(core.thread(), tmp_path)
    assert target.read(0x10000, 4 * PAGE) == pattern(3 * PAGE, 1) + pattern(2 * PAGE, 2)[PAGE:]
    assert [(r.start, r.size) for r in target.regions()] == [(0x10000, 3 * PAGE), (0x13000, PAGE)]


def test_holes_of_the_file_are_told_and_read_as_zeros(tmp_path: Path) -> None:
    start = 8 * BLOCK
    data = pattern(PAGE) + bytes(4 * BLOCK) + pattern(PAGE, 2)
    target = opened(Core().load(start, data).thread(), tmp_path)
    segments = target.segments()
    if not hasattr(os, "SEEK_DATA") or len(segments) == 1:
        pytest.skip(f"{tmp_path} is on a file system that keeps no holes")
    assert [s.hole for s in segments] == [False, True, False]
    # No block is cut in two, so that what reads memory by it finds each in one piece.
    assert segments[1].start == start + BLOCK
    assert segments[1].size == 3 * BLOCK
    assert sum(s.size for s in segments) == len(data)
    assert target.read(start, len(data)) == data
    assert target.facts.stored < target.facts.size


def test_a_segment_that_is_one_hole_is_a_hole(tmp_path: Path) -> None:
    core = Core().load(0x1000, pattern(PAGE)).load(0x40000000, bytes(2 * BLOCK)).thread()
    target = opened(core, tmp_path)
    last = target.segments()[-1]
    if not last.hole:
        pytest.skip(f"{tmp_path} is on a file system that keeps no holes")
    assert (last.start, last.size) == (0x40000000, 2 * BLOCK)


def test_small_holes_do_not_cut_a_segment(tmp_path: Path) -> None:
    data = pattern(PAGE) + bytes(16 * PAGE) + pattern(PAGE)
    (segment,) = opened(Core().load(0x10000, data).thread(), tmp_path).segments()
    assert (segment.size, segment.hole) == (len(data), False)


def test_a_huge_sparse_core_opens_at_once(tmp_path: Path) -> None:
    core = Core().load(0x10000, pattern(PAGE), flags=R).thread()
    path = core.write(tmp_path / "core")
    size = 1 << 40
    at = core.offsets[0x10000]
    with open(path, "r+b") as file:
        file.seek(64 + 56 + 32)  # p_filesz, p_memsz of the segment
        file.write(size.to_bytes(8, "little") * 2)
        for i in range(2000):
            file.seek(at + i * (size // 2000 & -PAGE))
            file.write(pattern(PAGE, i + 1))
        try:
            file.truncate(at + size)
        except OSError as error:
            pytest.skip(f"{tmp_path} can't hold a sparse file of 1 TB: {error}")
    before = time.perf_counter()
    target = open_dump(path)
    elapsed = time.perf_counter() - before
    assert target.facts.size > 1 << 40
    assert sum(s.size for s in target.segments()) == size
    if target.segments()[0].size < size:
        assert sum(s.size for s in target.segments() if not s.hole) < 2 << 30
    assert target.read(0x10000 + 1000 * (size // 2000 & -PAGE), 64) == pattern(64, 1001)
    assert elapsed < 10  # reading a terabyte takes minutes; make bench has the figure
    target.close()


@pytest.mark.parametrize(("machine", "names"), [("x86_64", X86_64), ("aarch64", AARCH64)])
def test_registers_go_by_their_names(tmp_path: Path, machine: str, names: list[str]) -> None:
    values = {name: 7 * i + (i << 56) for i, name in enumerate(names)}
    target = opened(Core(machine).thread(42, 11, **values), tmp_path)
    assert target.arch == machine
    (thread,) = target.threads()
    assert (thread.tid, thread.signal) == (42, 11)
    registers = dict(thread.registers)
    if machine == "aarch64":
        assert registers.pop("fp") == values["x29"]
        assert registers.pop("lr") == values["x30"]
    assert registers == values


def test_the_crashed_thread_is_the_first(tmp_path: Path) -> None:
    core = Core().thread(300).process(100).thread(100).thread(200).load(0x1000, pattern(PAGE))
    threads = opened(core, tmp_path).threads()
    assert [(t.tid, t.name) for t in threads] == [(300, None), (100, "node"), (200, None)]


def test_the_process_is_described(tmp_path: Path) -> None:
    core = Core().thread().process(4711, b"node", b"/usr/bin/node --x app.js ").auxv({3: 1, 6: 2})
    facts = opened(core.load(0x1000, pattern(PAGE)), tmp_path).facts
    assert (facts.pid, facts.command) == (4711, "/usr/bin/node --x app.js")
    assert facts.auxv == {3: 1, 6: 2}
    assert facts.size == (tmp_path / "core").stat().st_size


@pytest.mark.parametrize(
    ("signal", "code", "address"),
    [
        (11, 1, 0xDEAD0000),  # SEGV_MAPERR
        (11, 0x80, None),  # from the kernel, without an address (non-canonical)
        (6, -6, None),  # abort(): the field holds a pid
        (11, 0, None),  # kill -SEGV
    ],
)
def test_the_signal_is_told(tmp_path: Path, signal: int, code: int, address: int) -> None:
    core = Core().thread(signal=signal).siginfo(signal, code, address or 0x1234)
    facts = opened(core.load(0x1000, pattern(PAGE)), tmp_path).facts
    assert (facts.signal, facts.signal_code) == (signal, code)
    assert facts.fault_address == address


def test_without_siginfo_the_first_thread_has_the_signal(tmp_path: Path) -> None:
    core = Core().thread(signal=0, cursig=5).load(0x1000, pattern(PAGE))  # as gcore writes it
    facts = opened(core, tmp_path).facts
    assert (facts.signal, facts.signal_code, facts.fault_address) == (5, None, None)


@pytest.mark.parametrize("unit", [PAGE, 1])
def test_mapped_files_name_their_regions(tmp_path: Path, unit: int) -> None:
    core = Core().thread().load(0x10000, pattern(PAGE)).load(0x11000, pattern(PAGE))
    core.files([(0x11000, 0x12000, 3 * PAGE, "/usr/share/x.dat")], unit)
    assert [r.file for r in opened(core, tmp_path).regions()] == [None, "/usr/share/x.dat"]


def test_aarch64_tells_the_mask_of_signed_addresses(tmp_path: Path) -> None:
    core = Core("aarch64").thread().load(0x1000, pattern(PAGE))
    mask = 0x7F << 48
    core.note(b"LINUX", 0x406, (1).to_bytes(8, "little") + mask.to_bytes(8, "little"))
    assert opened(core, tmp_path).facts.pac_mask == mask


def test_more_than_65534_segments_are_counted_in_section_0(tmp_path: Path) -> None:
    core = Core(extended_phnum=True).thread()
    for i in range(66_000):
        core.load(0x100000 + 2 * PAGE * i, b"", PAGE)
    core.load(0x7F0000000000, pattern(PAGE))
    before = time.perf_counter()
    target = opened(core, tmp_path)
    assert time.perf_counter() - before < 10
    assert len(target.regions()) == 66_001
    assert target.read(0x7F0000000000, PAGE) == pattern(PAGE)


def test_a_growing_file_is_noticed(tmp_path: Path) -> None:
    target = opened(Core().thread().load(0x1000, pattern(PAGE)), tmp_path)
    target.check_unchanged()
    size = target.facts.size
    with (tmp_path / "core").open("ab") as file:
        file.write(b"more")
    with pytest.raises(DumpChanged) as caught:
        target.check_unchanged()
    assert (caught.value.size, caught.value.now) == (size, size + 4)


def test_a_rewritten_file_is_noticed(tmp_path: Path) -> None:
    target = opened(Core().thread().load(0x1000, pattern(PAGE)), tmp_path)
    os.utime(tmp_path / "core", ns=(1, 1))
    with pytest.raises(DumpChanged):
        target.check_unchanged()


def test_close_gives_the_files_back(tmp_path: Path) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("no /proc/self/fd here")
    path = Core().thread().load(0x1000, pattern(PAGE)).write(tmp_path / "core")
    before = descriptors()
    target = open_dump(path)
    target.close()
    target.close()
    assert descriptors() == before
