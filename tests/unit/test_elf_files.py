"""What `open_dump` says of files that are no core that it reads; it never waits for a file."""

from __future__ import annotations

import gzip
import os
import socket
import struct
import time
from pathlib import Path

import pytest

from tests.unit.synthetic_elf import PAGE, Core, Image, elf_header, pattern
from v8inspect.errors import DumpDamaged, DumpNotFound, FormatUnsupported, NotADump
from v8inspect.targets import open_dump


def name_of(value: object) -> str:
    """Bytes make no name of a test."""
    return "" if isinstance(value, bytes) else str(value)


def reason(path: Path) -> str:
    with pytest.raises(DumpNotFound) as caught:
        open_dump(str(path))
    assert caught.value.path == str(path)
    return caught.value.reason


def found(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(NotADump) as caught:
        open_dump(str(path))
    return caught.value.found


def feature(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(FormatUnsupported) as caught:
        open_dump(str(path))
    return caught.value.feature


def test_an_absent_file(tmp_path: Path) -> None:
    assert reason(tmp_path / "core") == "No such file or directory"
    assert reason(tmp_path / "a\0b") == "embedded null byte"


def test_a_directory(tmp_path: Path) -> None:
    assert reason(tmp_path) == "is a directory"


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = time.perf_counter()
    assert reason(tmp_path / "pipe") == "is a pipe"
    assert time.perf_counter() - before < 10


def test_a_device_and_a_socket(tmp_path: Path) -> None:
    assert reason(Path("/dev/null")) == "is a device"
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.bind(str(tmp_path / "s"))
        except OSError as error:
            pytest.skip(f"no socket can be made in {tmp_path}: {error}")
        assert reason(tmp_path / "s") == "is a socket"


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "core"
    path.write_bytes(Core().thread().load(0x1000, pattern(PAGE)).bytes())
    path.chmod(0)
    if not hasattr(os, "geteuid"):
        pytest.skip("no users here as Linux has them")
    if os.geteuid() != 0:
        assert reason(path) == "Permission denied"
        return
    os.seteuid(65534)  # root may read anything
    try:
        assert reason(path) == "Permission denied"
    finally:
        os.seteuid(0)


def test_a_link_is_followed(tmp_path: Path) -> None:
    path = Core().thread().load(0x1000, pattern(PAGE)).write(tmp_path / "core")
    (tmp_path / "link").symlink_to(path)
    assert open_dump(str(tmp_path / "link")).name == str(tmp_path / "link")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "symbolic links" in reason(tmp_path / "loop")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "an empty file"),
        (Image().bytes(), "an ELF executable"),
        (Image(base=0).bytes(), "an ELF executable or shared library"),
        (elf_header(1, 62, 0), "an ELF object file"),
        (elf_header(0xFE00, 62, 0), "an ELF file of an unknown kind"),
        (b"Segmentation fault (core dumped)\n", "text"),
        ("größer".encode() * 2000, "text"),
        (b'{"snapshot":{"meta":{}}}', "a V8 heap snapshot"),
        (b"#!/usr/bin/env node\n", "a script"),
        (b"MZ" + bytes(100), "a Windows executable"),
        (b"PK\x03\x04" + bytes(100), "a zip archive"),
        (b"BZh91AY&SY", "bzip2 data"),
        (bytes(257) + b"ustar\0" + bytes(249), "a tar archive"),
        (bytes(10_000), "all zeros"),
        (b"\xcf\xfa\xed\xfe" + bytes(8) + b"\x02\0\0\0", "a Mach-O executable or library"),
        (b"\x01\x02\x03\xff" * 9, "unknown data (it starts with 01 02 03 ff 01 02 03 ff)"),
        (gzip.compress(b"hello\n"), "text, compressed with gzip"),
        (gzip.compress(Image().bytes()), "an ELF executable, compressed with gzip"),
        (gzip.compress(b""), "an empty file, compressed with gzip"),
        (gzip.compress(gzip.compress(b"x")), "gzip data, compressed twice"),
    ],
    ids=name_of,
)
def test_what_else_a_file_is(tmp_path: Path, content: bytes, name: str) -> None:
    assert found(tmp_path / "core", content) == name


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\xcf\xfa\xed\xfe\x12\0\0\0\x03\0\0\0\x04\0\0\0" + bytes(99), "macOS core of PowerPC"),
        (b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x04\0\x03\0" + bytes(64), "32-bit ELF core"),
        (b"\x7fELF\x02\x02\x01" + bytes(9) + b"\0\x04\0\x15" + bytes(64), "big-endian ELF core"),
        (elf_header(4, 243, 1), "ELF core of RISC-V"),
        (elf_header(4, 9999, 1), "ELF core of machine 9999"),
    ],
    ids=name_of,
)
def test_dumps_of_kinds_that_are_not_read(tmp_path: Path, content: bytes, name: str) -> None:
    assert feature(tmp_path / "core", content) == name


@pytest.mark.parametrize(
    ("content", "what", "offset"),
    [
        (b"\x7fELF", "ELF header", 0),
        (elf_header(4, 62, 1)[:63], "ELF header", 0),
        (elf_header(4, 62, 0), "program headers", 64),
        (elf_header(4, 62, 9), "program headers", 64),
        (elf_header(4, 62, 9, phoff=1 << 63), "program headers", 1 << 63),
        (elf_header(4, 62, 1, phoff=(1 << 64) - 1), "program headers", (1 << 64) - 1),
        (elf_header(4, 62, 1, ident=b"\x7fELF\x09\x01\x01"), "ELF header", 4),
        (b"MDMP", "minidump header", 0),
        (b"MDMP" + bytes(100), "minidump of version 0x0", 4),
        (gzip.compress(b"MDMP" + bytes(100)), "minidump of version 0x0", 4),
        (struct.pack("<64s56s", elf_header(4, 62, 1)[:54] + b"\x08\0", b""), "program headers", 64),
    ],
    ids=name_of,
)
def test_cores_without_a_structure_to_follow(
    tmp_path: Path, content: bytes, what: str, offset: int
) -> None:
    (tmp_path / "core").write_bytes(content)
    with pytest.raises(DumpDamaged) as caught:
        open_dump(str(tmp_path / "core"))
    assert (caught.value.what, caught.value.offset) == (what, offset)


def test_a_refused_file_is_closed(tmp_path: Path) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("no /proc/self/fd here")
    before = len(os.listdir("/proc/self/fd"))
    for content in (b"text", elf_header(4, 62, 9), b"MDMP", gzip.compress(b"text"), b"\x1f\x8bxx"):
        (tmp_path / "core").write_bytes(content)
        with pytest.raises((NotADump, DumpDamaged, FormatUnsupported)):
            open_dump(str(tmp_path / "core"))
    assert len(os.listdir("/proc/self/fd")) == before
