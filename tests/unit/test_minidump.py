"""What a minidump holds comes back as it is: memory, regions, threads, modules, exception."""

from __future__ import annotations

import gzip
import mmap
import random
import struct
import time
from pathlib import Path

import pytest

from tests.unit.synthetic_elf import pattern
from tests.unit.synthetic_minidump import (
    AARCH64,
    EXECUTE_READ,
    FREE,
    GUARD,
    GUID_TEXT,
    IMAGE,
    NOACCESS,
    PAGE,
    READONLY,
    READWRITE,
    RESERVE,
    X86_64,
    Minidump,
    image,
    rsds,
)
from v8inspect.errors import FormatUnsupported, MemoryUnreadable, NoHeapMemory
from v8inspect.layout.version import find_version
from v8inspect.target import Target
from v8inspect.targets import open_dump

NODE = r"Z:\srv\app\node.exe"
NTDLL = r"C:\Windows\System32\ntdll.dll"


def opened(dump: Minidump, folder: Path) -> Target:
    return open_dump(dump.write(folder / "node.dmp"))


@pytest.mark.parametrize("full", [True, False])
def test_bytes_come_back_as_they_were(tmp_path: Path, full: bool) -> None:
    low, high = pattern(3 * PAGE, 1), pattern(PAGE, 2)
    dump = Minidump(full=full).memory(0x10000, low).memory(0x7FF000000000, high).thread(1)
    target = opened(dump, tmp_path)
    assert (target.arch, target.facts.format) == ("x86_64", "Windows minidump")
    assert (target.facts.platform, target.facts.partial) == ("windows", not full)
    assert target.facts.warnings == ()
    assert target.read(0x10000, 3 * PAGE) == low
    assert target.read(0x7FF000000000, PAGE) == high
    assert isinstance(target.segments()[0].buffer, mmap.mmap)
    with pytest.raises(MemoryUnreadable) as caught:
        target.read(0x12FF8, 16)
    assert caught.value.missing == 0x13000


def test_ranges_side_by_side_in_memory_and_file_are_one_segment(tmp_path: Path) -> None:
    data = pattern(4 * PAGE)
    dump = Minidump().thread(1)
    for at in range(0, len(data), PAGE):
        dump.memory(0x10000 + at, data[at : at + PAGE])
    target = opened(dump, tmp_path)
    assert [(s.start, s.size) for s in target.segments()] == [(0x10000, 4 * PAGE)]


def test_ranges_side_by_side_in_memory_only_read_as_one(tmp_path: Path) -> None:
    data = pattern(2 * PAGE)
    dump = Minidump(full=False).thread(1)
    target = opened(dump.memory(0x11000, data[PAGE:]).memory(0x10000, data[:PAGE]), tmp_path)
    assert len(target.segments()) == 2
    assert target.read(0x10800, PAGE) == data[0x800 : 0x800 + PAGE]


def test_of_overlapping_ranges_the_first_keeps_its_bytes(tmp_path: Path) -> None:
    one, two = pattern(2 * PAGE, 1), pattern(2 * PAGE, 2)
    dump = Minidump(full=False).thread(1).memory(0x10000, one).memory(0x10000, one)
    target = opened(dump.memory(0x11000, two).memory(0x10100, two[:16]), tmp_path)
    assert target.read(0x10000, 3 * PAGE) == one + two[PAGE:]


def test_a_hundred_thousand_ranges_are_quick(tmp_path: Path) -> None:
    starts = [0x1000000 + 64 * i for i in range(100_000)]
    dump = Minidump(full=False).thread(1)
    random.Random(1).shuffle(starts)
    for start in starts:
        dump.memory(start, struct.pack("<Q", start) * 2)
    path = dump.write(tmp_path / "node.dmp")
    begin = time.monotonic()
    target = open_dump(path)
    assert len(target.segments()) == 100_000
    for start in starts[:1000]:
        assert target.read(start + 8, 8) == struct.pack("<Q", start)
    assert len(target.regions()) == 100_000
    assert time.monotonic() - begin < 5


def test_regions_have_the_protection_that_the_dump_says(tmp_path: Path) -> None:
    dump = Minidump().thread(1).module(0x20000, 2 * PAGE, NODE)
    dump.region(0x10000, PAGE, READWRITE).region(0x11000, PAGE, READONLY)
    dump.region(0x20000, PAGE, EXECUTE_READ, kind=IMAGE)
    dump.region(0x30000, PAGE, GUARD).region(0x31000, PAGE, NOACCESS)
    dump.region(0x40000, PAGE, 0, RESERVE).region(0x50000, PAGE, 0, FREE)
    dump.memory(0x10000, pattern(2 * PAGE)).memory(0x60000, pattern(PAGE))
    found = opened(dump, tmp_path).regions()
    shown = [
        (r.start, r.size, r.present, r.readable, r.writable, r.executable, r.file) for r in found
    ]
    assert shown == [
        (0x10000, PAGE, PAGE, True, True, False, None),
        (0x11000, PAGE, PAGE, True, False, False, None),
        (0x20000, PAGE, 0, True, False, True, NODE),
        (0x30000, PAGE, 0, False, True, False, None),
        (0x31000, PAGE, 0, False, False, False, None),
        (0x60000, PAGE, PAGE, True, True, False, None),  # not in the list: data
    ]


@pytest.mark.parametrize(("machine", "names"), [("x86_64", X86_64), ("aarch64", AARCH64)])
@pytest.mark.parametrize("padded", [False, True])
def test_threads_have_their_registers(
    tmp_path: Path, machine: str, names: list[str], padded: bool
) -> None:
    dump = Minidump(machine, padded=padded).memory(0x10000, pattern(PAGE))
    dump.thread(7, "main").thread(9, **{names[0]: 5, names[-1]: 1 << 63})
    target = opened(dump, tmp_path)
    assert target.arch == machine
    one, two = target.threads()
    assert (one.tid, one.name, two.tid, two.name) == (7, "main", 9, None)
    assert [one.registers[name] for name in names] == [1000 + i for i in range(len(names))]
    assert (two.registers[names[0]], two.registers[names[-1]]) == (5, 1 << 63)
    if machine == "aarch64":
        assert one.registers["fp"] == one.registers["x29"] == 1029
        assert one.registers["lr"] == one.registers["x30"] == 1030
    else:
        assert (one.registers["cs"], one.registers["eflags"]) == (0x33, 0x246)


def test_modules_have_version_and_identity(tmp_path: Path) -> None:
    dump = Minidump(padded=True).thread(1).memory(0x10000, pattern(PAGE))
    dump.module(0x140000000, 0x4000000, NODE, (20, 20, 2, 0), rsds())
    dump.module(0x7FF00000, 0x1000, "C:\\Windows\\шрифт.dll")
    node, other = sorted(opened(dump, tmp_path).modules(), key=lambda m: not m.is_executable)
    assert (node.path, node.start, node.end) == (NODE, 0x140000000, 0x144000000)
    assert (node.version, node.build_id, node.problem) == ("20.20.2.0", GUID_TEXT, None)
    assert (other.path, other.version, other.build_id) == ("C:\\Windows\\шрифт.dll", None, None)
    assert not other.is_executable


def test_what_the_list_of_modules_lacks_is_read_from_the_image(tmp_path: Path) -> None:
    dump = Minidump().thread(1).module(0x140000000, 0x4000, NODE)
    dump.memory(0x140000000, image((24, 21, 0, 0)))
    (node,) = opened(dump, tmp_path).modules()
    assert (node.version, node.build_id) == ("24.21.0.0", GUID_TEXT)


def test_the_thread_of_the_exception_comes_first_as_it_was_then(tmp_path: Path) -> None:
    dump = Minidump().memory(0x10000, pattern(PAGE)).thread(7, rip=1).thread(9, rip=2)
    dump.exception(9, 0xC0000005, 0x1234, 1, 0xDEAD, rip=0x1234)
    target = opened(dump, tmp_path)
    assert [(t.tid, t.registers["rip"]) for t in target.threads()] == [(9, 0x1234), (7, 1)]
    assert target.facts.exception_code == 0xC0000005
    assert (target.facts.signal, target.facts.fault_address) == (11, 0xDEAD)


def test_an_exception_without_a_context_has_that_of_its_thread(tmp_path: Path) -> None:
    dump = Minidump().memory(0x10000, pattern(PAGE)).thread(7).thread(9, rip=2)
    target = opened(dump.exception(9, 0x80000003, 0x1234), tmp_path)
    assert [(t.tid, t.registers["rip"]) for t in target.threads()] == [(9, 2), (7, 1016)]
    assert (target.facts.exception_code, target.facts.fault_address) == (0x80000003, None)


def test_a_debuggers_breakpoint_is_no_crash(tmp_path: Path) -> None:
    dump = Minidump().memory(0x10000, pattern(PAGE)).thread(7).thread(9)
    dump.module(0x140000000, 0x4000, NODE).module(0x7FF00000, 0x1000, NTDLL)
    target = opened(dump.exception(9, 0x80000003, 0x7FF00010), tmp_path)
    assert [t.tid for t in target.threads()] == [7, 9]
    assert (target.facts.exception_code, target.facts.signal) == (None, None)


def test_unknown_streams_are_passed_over(tmp_path: Path) -> None:
    dump = Minidump(extra=[(0xFFF0, b"wine"), (0, b""), (0x43500001, bytes(99))]).thread(1)
    target = opened(dump.memory(0x10000, pattern(PAGE)), tmp_path)
    assert target.facts.warnings == ()
    assert target.facts.pid == 100


def test_a_dump_without_a_heap_says_what_it_is(tmp_path: Path) -> None:
    dump = Minidump(full=False).thread(1).memory(0x10000, pattern(16 * PAGE))
    target = opened(dump.module(0x140000000, 0x4000, NODE, (22, 23, 3, 0)), tmp_path)
    with pytest.raises(NoHeapMemory) as caught:
        find_version(target)
    assert (caught.value.size, caught.value.node) == (16 * PAGE, "22.23.3")


def test_other_machines_are_refused_by_name(tmp_path: Path) -> None:
    for number, name in ((0, "32-bit x86"), (5, "32-bit ARM"), (77, "machine 77")):
        with pytest.raises(FormatUnsupported) as caught:
            opened(Minidump(machine_number=number).thread(1), tmp_path)
        assert caught.value.feature == f"minidump of {name}"


def test_a_compressed_one_is_unpacked(tmp_path: Path) -> None:
    data = pattern(PAGE)
    path = tmp_path / "node.dmp.gz"
    path.write_bytes(gzip.compress(Minidump().thread(1).memory(0x10000, data).bytes()))
    assert open_dump(str(path)).read(0x10000, PAGE) == data


def test_an_executable_is_not_needed(tmp_path: Path) -> None:
    path = Minidump().thread(1).memory(0x10000, pattern(PAGE)).write(tmp_path / "node.dmp")
    assert open_dump(path, exe="node.exe").facts.warnings == ()
