"""The executable that is given with a minidump fills what the dump has left out, if it is it."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from tests.unit.synthetic_elf import pattern
from tests.unit.synthetic_minidump import GUID, GUID_TEXT, PAGE, Minidump, rsds
from v8inspect.target import Target
from v8inspect.targets import open_dump

BASE = 0x140000000
TEXT, DATA = pattern(2 * PAGE, 3), pattern(PAGE, 4)


def executable(guid: bytes = GUID) -> bytes:
    """Headers; .text of two pages at 0x1000, .rdata with the debug directory at 0x3000 and the
    relocation of a word at 0x1800, .data at 0x4000. Offsets in the file are half the addresses."""
    head = bytearray(0x400)
    head[:2] = b"MZ"
    struct.pack_into("<I", head, 0x3C, 0x80)
    struct.pack_into("<4sHH12xHH", head, 0x80, b"PE\0\0", 0x8664, 3, 240, 0x22)
    struct.pack_into("<Q", head, 0x80 + 24 + 24, BASE)
    struct.pack_into("<I", head, 0x80 + 24 + 60, 0x400)
    struct.pack_into("<II", head, 0x80 + 24 + 112 + 8 * 5, 0x3100, 12)
    struct.pack_into("<II", head, 0x80 + 24 + 112 + 8 * 6, 0x3000, 28)
    sections = (
        (b".text", 2 * PAGE, 0x1000, 2 * PAGE, 0x400, 0x60000020),
        (b".rdata", PAGE, 0x3000, PAGE, 0x2400, 0x40000040),
        (b".data", PAGE, 0x4000, PAGE, 0x3400, 0xC0000040),
    )
    for i, (name, virtual, rva, raw, offset, flags) in enumerate(sections):
        struct.pack_into(
            "<8sIIII12xI", head, 0x80 + 24 + 240 + 40 * i, name, virtual, rva, raw, offset, flags
        )
    rdata = bytearray(PAGE)
    record = rsds(guid)
    struct.pack_into("<IIHHIIII", rdata, 0, 0, 0, 0, 0, 2, len(record), 0x3200, 0x2600)
    struct.pack_into("<IIHH", rdata, 0x100, 0x1000, 12, 0xA800, 0)
    rdata[0x200 : 0x200 + len(record)] = record
    return bytes(head) + TEXT + bytes(rdata) + DATA


def opened(folder: Path, content: bytes, base: int = BASE) -> Target:
    (folder / "node.exe").write_bytes(content)
    dump = Minidump().thread(1).module(base, 0x5000, r"Z:\node.exe", (20, 20, 2, 0), rsds())
    dump.memory(base + 0x1800, b"changed!")
    return open_dump(dump.write(folder / "node.dmp"), exe=str(folder / "node.exe"))


def test_it_fills_the_gaps_of_the_dump(tmp_path: Path) -> None:
    target = opened(tmp_path, executable())
    assert target.facts.warnings == ()
    (module,) = target.modules()
    assert (module.file, module.problem) == (str(tmp_path / "node.exe"), None)
    whole = TEXT[:0x800] + b"changed!" + TEXT[0x808:]
    assert target.read(BASE + 0x1000, 2 * PAGE) == whole
    assert target.read(BASE, 2) == b"MZ"


def test_what_the_program_could_change_is_not_taken_from_it(tmp_path: Path) -> None:
    target = opened(tmp_path, executable())
    assert target.read_partial(BASE + 0x4000, 8) == b""


def test_nor_is_what_the_loader_has_changed(tmp_path: Path) -> None:
    base = BASE + 0x10000
    target = opened(tmp_path, executable(), base)
    assert target.read_partial(base + 0x1000, 8) == b""
    assert target.read(base + 0x1800, 8) == b"changed!"
    assert target.read(base + 0x3000, 0x40) == executable()[0x2400:0x2440]


def test_one_of_another_build_is_refused(tmp_path: Path) -> None:
    other = executable(bytes(range(16)))
    (warning,) = opened(tmp_path, other).facts.warnings
    name = tmp_path / "node.exe"
    assert warning == (
        f"the executable is not used: {name} is of another build: "
        f"03020100-0504-0706-0809-0A0B0C0D0E0F, the dump is of {GUID_TEXT}"
    )


@pytest.mark.parametrize("content", [b"", b"MZ", b"\x7fELF" + bytes(999), b"MZ" + bytes(0x3000)])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    target = opened(tmp_path, content)
    assert target.facts.warnings[0].endswith("node.exe: not an executable of Windows")
    assert target.read(BASE + 0x1800, 8) == b"changed!"


def test_a_missing_one_is_named(tmp_path: Path) -> None:
    dump = Minidump().thread(1).module(BASE, 0x5000, "node.exe").memory(0x1000, bytes(16))
    target = open_dump(dump.write(tmp_path / "node.dmp"), exe=str(tmp_path / "nothing"))
    assert "No such file" in target.facts.warnings[0]


def test_a_path_from_the_dump_is_no_file_at_hand(tmp_path: Path) -> None:
    dump = Minidump().thread(1).module(BASE, 0x5000, "Z:\\app\\node.exe").memory(0x1000, bytes(16))
    for exe in ("Z:\\app\\node.exe", "Z:\\app/node.exe"):  # LLDB 14 joins them so
        target = open_dump(dump.write(tmp_path / "node.dmp"), exe=exe)
        assert target.facts.warnings == ()


def test_noise_in_it_is_survived(tmp_path: Path) -> None:
    dice = random.Random(5)
    for _ in range(200):
        content = bytearray(executable()[: dice.choice((0x200, 0x3000, 0x9000))])
        for _ in range(dice.randint(1, 8)):
            at = dice.choice((dice.randrange(0x200), 0x2400 + dice.randrange(0x300)))
            content[at : at + 4] = dice.choice((b"\xff" * 4, bytes(4), dice.randbytes(4)))
        target = opened(tmp_path, bytes(content), BASE + dice.choice((0, 0x10000)))
        end = 0
        for segment in target.segments():
            assert segment.start >= end
            end = segment.start + segment.size
            assert segment.offset + segment.size <= len(segment.buffer)
        target.close()
