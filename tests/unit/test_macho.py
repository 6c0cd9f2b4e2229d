"""What a core of macOS holds comes back as it is: memory, regions, threads, traps."""

from __future__ import annotations

import gzip
import mmap
import struct
from pathlib import Path

import pytest

from tests.unit.synthetic_elf import pattern
from tests.unit.synthetic_macho import (
    CORE,
    PAGE,
    Core,
    R,
    W,
    X,
    header,
    registers,
    thread,
    wrapped,
)
from v8inspect.errors import FormatUnsupported, MemoryUnreadable, NoHeapMemory
from v8inspect.layout.version import find_version
from v8inspect.target import Target
from v8inspect.targets import open_dump

STACK = 0x7FF7B0000000
HEAP = 0x200000000


def opened(core: Core, folder: Path) -> Target:
    return open_dump(core.write(folder / "core.1"))


@pytest.mark.parametrize("lldb", [True, False])
@pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
def test_bytes_come_back_as_they_were(tmp_path: Path, arch: str, lldb: bool) -> None:
    low, high = pattern(3 * PAGE, 1), pattern(PAGE, 2)
    core = Core(arch, lldb).memory(STACK, high).memory(HEAP, low).thread()
    target = opened(core, tmp_path)
    assert (target.arch, target.facts.format, target.facts.platform) == (
        arch,
        "macOS core",
        "darwin",
    )
    assert target.facts.warnings == ()
    assert target.read(HEAP, 3 * PAGE) == low
    assert target.read(STACK + 8, PAGE - 8) == high[8:]
    assert [s.start for s in target.segments()] == [HEAP, STACK]
    assert isinstance(target.segments()[0].buffer, mmap.mmap)


def test_the_rest_of_a_segment_is_absent_and_not_zero(tmp_path: Path) -> None:
    core = Core().memory(HEAP, pattern(PAGE), 3 * PAGE).memory(STACK, pattern(PAGE, 2)).thread()
    target = opened(core, tmp_path)
    assert target.read_partial(HEAP, 3 * PAGE) == pattern(PAGE)
    with pytest.raises(MemoryUnreadable) as caught:
        target.read(HEAP + PAGE - 8, 16)
    assert caught.value.missing == HEAP + PAGE
    assert [(r.size, r.present) for r in target.regions()] == [(3 * PAGE, PAGE), (PAGE, PAGE)]
    assert target.facts.lost == 0


def test_a_segment_that_has_more_bytes_than_memory(tmp_path: Path) -> None:
    target = opened(Core().memory(HEAP, pattern(2 * PAGE), PAGE).thread(), tmp_path)
    assert target.read_partial(HEAP, 2 * PAGE) == pattern(2 * PAGE)[:PAGE]


def test_neighbours_are_one_run_of_bytes(tmp_path: Path) -> None:
    core = Core().memory(HEAP, pattern(PAGE, 1)).memory(HEAP + PAGE, pattern(PAGE, 2), None, R)
    target = opened(core, tmp_path)
    assert [s.size for s in target.segments()] == [2 * PAGE]
    assert len(target.regions()) == 2


def test_overlaps_are_sorted_out(tmp_path: Path) -> None:
    # LLDB writes stacks first, and perhaps again with their region.
    core = Core().memory(STACK + 256, pattern(PAGE, 1)).memory(STACK, pattern(2 * PAGE, 2))
    target = opened(core, tmp_path)
    ends = [(s.start, s.start + s.size) for s in target.segments()]
    assert all(a[1] <= b[0] for a, b in zip(ends, ends[1:]))
    assert len(target.read(STACK, 2 * PAGE)) == 2 * PAGE


def test_protections(tmp_path: Path) -> None:
    core = Core()
    for i, protection in enumerate((0, R, R | W, R | X, R | W | X)):
        core.memory(HEAP + i * PAGE, pattern(PAGE, i), None, protection)
    found = [(r.readable, r.writable, r.executable) for r in opened(core, tmp_path).regions()]
    assert found == [
        (False, False, False),
        (True, False, False),
        (True, True, False),
        (True, False, True),
        (True, True, True),
    ]


def test_registers_of_both_shapes_of_x86_64(tmp_path: Path) -> None:
    values = {"rip": 0x100001000, "rsp": STACK + 64, "rbp": STACK + 128, "r15": 15, "gs": 3}
    state = registers("x86_64", values)
    plain = Core(threads=[thread((4, state))])
    kernel = Core(threads=[thread((7, wrapped(4, state)), (8, wrapped(5, bytes(524))))])
    for core in (plain, kernel):
        (found,) = opened(core.memory(STACK, pattern(PAGE)), tmp_path).threads()
        assert {name: found.registers[name] for name in values} == values
        assert found.registers["rax"] == 0


def test_registers_of_arm64(tmp_path: Path) -> None:
    values = {"x0": 7, "x28": 28, "x29": STACK + 32, "x30": 0x100001004, "sp": STACK, "pc": 0x1000}
    core = Core("aarch64").memory(STACK, pattern(PAGE)).thread(**values)
    (found,) = opened(core, tmp_path).threads()
    assert {name: found.registers[name] for name in values} == values
    assert (found.registers["fp"], found.registers["lr"]) == (STACK + 32, 0x100001004)


def test_the_thread_with_the_trap_comes_first(tmp_path: Path) -> None:
    state = registers("x86_64", {"rip": 1})
    quiet = thread((4, state), (6, struct.pack("<HHIQ", 133, 0, 0, 0)))  # in a system call
    trapped = thread((4, registers("x86_64", {"rip": 2})), (6, struct.pack("<HHIQ", 3, 1, 0, 0)))
    target = opened(Core(threads=[quiet, quiet, trapped]).memory(HEAP, pattern(PAGE)), tmp_path)
    assert [(t.tid, t.signal) for t in target.threads()] == [(2, 5), (0, 0), (1, 0)]
    assert target.facts.signal == 5


@pytest.mark.parametrize(("address", "signal"), [(0x10, 11), (HEAP, 0)])
def test_a_page_fault_counts_where_no_memory_is(tmp_path: Path, address: int, signal: int) -> None:
    x64 = thread((4, registers("x86_64", {})), (6, struct.pack("<HHIQ", 14, 0, 4, address)))
    arm = thread((6, registers("aarch64", {})), (7, struct.pack("<QII", address, 0x92000006, 0)))
    for arch, state in (("x86_64", x64), ("aarch64", arm)):
        target = opened(Core(arch, threads=[state]).memory(HEAP, pattern(PAGE)), tmp_path)
        assert target.threads()[0].signal == signal
        assert target.facts.fault_address == (address if signal else None)


def test_a_breakpoint_of_arm64(tmp_path: Path) -> None:
    state = thread((6, registers("aarch64", {})), (7, struct.pack("<QII", 0, 0xF2000001, 0)))
    target = opened(Core("aarch64", threads=[state]).memory(HEAP, pattern(PAGE)), tmp_path)
    assert target.facts.signal == 5


def test_thread_ids_are_those_of_the_metadata(tmp_path: Path) -> None:
    core = Core().memory(HEAP, pattern(PAGE)).thread(rip=1).thread(rip=2)
    core.note(b"process metadata", b'{"threads":[{"thread_id":77},{"thread_id":5}]}\0')
    assert [t.tid for t in opened(core, tmp_path).threads()] == [77, 5]


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"[1]", b'{"threads":7}', b'{"threads":[{"thread_id":"x"},{}]}',
        b'{"threads":[{"thread_id":7},{"thread_id":7}]}', b'{"threads":[{"thread_id":1}]}',
        b'{"threads":[{"thread_id":-1},{"thread_id":2}]}', b"[" * 100_000, b"\xff\xfe",
    ],
)  # fmt: skip
def test_senseless_metadata_is_left_alone(tmp_path: Path, text: bytes) -> None:
    core = Core().memory(HEAP, pattern(PAGE)).thread(rip=1).thread(rip=2)
    assert [t.tid for t in opened(core.note(b"process metadata", text), tmp_path).threads()] == [
        0,
        1,
    ]


@pytest.mark.parametrize(
    ("note", "mask"),
    [
        (struct.pack("<IIQ", 3, 39, 0), 0xFFFFFF8000000000),
        (struct.pack("<IIII", 4, 47, 47, 0), 0xFFFF800000000000),
        (struct.pack("<IIII", 4, 200, 47, 0), 0xFFFF800000000000),  # can't be: macOS' own
        (b"\4", 0xFFFF800000000000),
        (None, 0xFFFF800000000000),
    ],
)
def test_signatures_of_addresses(tmp_path: Path, note: bytes, mask: int) -> None:
    for arch in ("aarch64", "x86_64"):
        core = Core(arch).memory(HEAP, pattern(PAGE)).thread()
        if note is not None:
            core.note(b"addrable bits", note)
        assert opened(core, tmp_path).facts.pac_mask == (mask if arch == "aarch64" else 0)


def test_stacks_only_are_recognised(tmp_path: Path) -> None:
    core = Core(lldb=True).memory(STACK, pattern(2 << 20)).thread(rsp=STACK + 128)
    target = opened(core, tmp_path)
    assert target.facts.partial
    with pytest.raises(NoHeapMemory) as caught:
        find_version(target)
    assert (caught.value.format, caught.value.size) == ("macOS core", 2 << 20)
    assert not opened(core.memory(HEAP, pattern(PAGE) * 256), tmp_path).facts.partial


def test_a_compressed_one(tmp_path: Path) -> None:
    path = tmp_path / "core.gz"
    path.write_bytes(gzip.compress(Core().memory(HEAP, pattern(PAGE)).thread().bytes()))
    assert open_dump(str(path)).read(HEAP, PAGE) == pattern(PAGE)


@pytest.mark.parametrize(
    ("data", "feature"),
    [
        (header(CORE, "x86_64", [], 0xFEEDFACE), "32-bit macOS core"),
        (struct.pack(">8I", 0xFEEDFACF, 0x1000007, 3, 4, 0, 0, 0, 0), "big-endian macOS core"),
        (header(CORE, "PowerPC", []), "macOS core of PowerPC"),
        (Core(flags=0x10).memory(HEAP, b"abc", PAGE).bytes(), "compressed segments"),
        (Core().note(b"kern ver str", b"Darwin").memory(HEAP, b"abc").bytes(), "kernel"),
    ],
)
def test_kinds_that_are_not_read(tmp_path: Path, data: bytes, feature: str) -> None:
    path = tmp_path / "core"
    path.write_bytes(data)
    with pytest.raises(FormatUnsupported) as caught:
        open_dump(str(path))
    assert feature in caught.value.feature
