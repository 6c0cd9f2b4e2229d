"""Structures of minidumps, read from a buffer that may be cut or hostile.

Source: minidumpapiset.h, winnt.h and verrsrc.h of the Windows SDK (documented field by field on
learn.microsoft.com); DUMPS.md §2. Offsets in a minidump ("rva") are file offsets. Nothing here
raises on bad input: what does not fit is left out.
"""

from __future__ import annotations

from struct import Struct
from typing import Iterator, NamedTuple, Optional

from v8inspect.limits import MAX_PATH
from v8inspect.target import Buffer

MAGIC = b"MDMP"
VERSION = 0xA793  # low half of the header's version
HEADER = Struct("<4sIIIIIQ")
_ENTRY = Struct("<III")
_MAX_STREAMS = 4096

# MINIDUMP_STREAM_TYPE
THREAD_LIST = 3
MODULE_LIST = 4
MEMORY_LIST = 5
EXCEPTION = 6
SYSTEM_INFO = 7
MEMORY64_LIST = 9
MISC_INFO = 15
MEMORY_INFO_LIST = 16
THREAD_NAMES = 24

MACHINES = {9: "x86_64", 12: "aarch64"}
OTHER_MACHINES = {0: "32-bit x86", 5: "32-bit ARM", 6: "Itanium"}
# SystemInfo.PlatformId: 2 is VER_PLATFORM_WIN32_NT, the others are Breakpad's own.
PLATFORMS = {2: "windows", 0x8101: "darwin", 0x8201: "linux"}

THREAD = Struct("<IIIIQQIIII")
MODULE = Struct("<QIIII13IIIIIQQ")
RANGE = Struct("<QII")  # of a MemoryList: start, size, rva
RANGE64 = Struct("<QQ")  # of a Memory64List: start, size
REGION = Struct("<QQIIQIII4x")
_FIXED_SIGNATURE = 0xFEEF04BD  # of VS_FIXEDFILEINFO

# CONTEXT of amd64: flags at 0x30, segments, eflags, then the debug registers; from rax on in order.
# fmt: off
_AMD64 = (
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
    "r13", "r14", "r15", "rip",
)
# fmt: on
_AMD64_REGISTERS = Struct("<17Q")
_AMD64_SEGMENTS = Struct("<6HI")  # cs, ds, es, fs, gs, ss, eflags
# ARM64_NT_CONTEXT: flags, cpsr, x0 to x28, fp, lr, sp, pc.
_ARM64 = tuple(f"x{i}" for i in range(31)) + ("sp", "pc")
_ARM64_REGISTERS = Struct("<II33Q")


class Stream(NamedTuple):
    """A stream of the directory: `size` bytes at file offset `rva`."""

    type: int
    size: int
    rva: int


class Version(NamedTuple):
    """Of a file: four numbers of 16 bits."""

    major: int
    minor: int
    build: int
    private: int

    def __str__(self) -> str:
        return ".".join(map(str, self))


class Times(NamedTuple):
    """Of the process. `created` is in seconds from 1970, the others are seconds of work."""

    created: int
    user: int
    kernel: int


def streams(buffer: Buffer, count: int, rva: int) -> Iterator[Stream]:
    """The entries of the directory that `buffer` holds; unused ones (type 0) are left out."""
    data = buffer[rva : rva + _ENTRY.size * min(count, _MAX_STREAMS)]
    for entry in _ENTRY.iter_unpack(data[: len(data) // _ENTRY.size * _ENTRY.size]):
        if entry[0]:
            yield Stream(*entry)


def counted(buffer: Buffer, stream: Stream, entry: Struct, most: int) -> tuple[bytes, int]:
    """The whole entries of a stream that begins with its 32-bit count, as far as `buffer` holds
    them, and how many the count announces. Some writers pad the count to 8 bytes."""
    data = buffer[stream.rva : stream.rva + min(stream.size, 4)]
    if len(data) < 4:
        return b"", 0
    count = int.from_bytes(data, "little")
    begin = 8 if stream.size == 8 + count * entry.size else 4
    return table(buffer, stream, begin, entry, min(count, most)), count


def table(buffer: Buffer, stream: Stream, begin: int, entry: Struct, count: int) -> bytes:
    """The first `count` entries from `begin` of a stream on, those that are there to their end."""
    size = max(0, min(count * entry.size, stream.size - begin))
    data = buffer[stream.rva + begin : stream.rva + begin + size]
    return data[: len(data) // entry.size * entry.size]


def text(buffer: Buffer, rva: int) -> str:
    """A MINIDUMP_STRING: 32-bit count of bytes, UTF-16. '' where there is none."""
    size = int.from_bytes(buffer[rva : rva + 4], "little") if rva else 0
    data = buffer[rva + 4 : rva + 4 + min(size, 2 * MAX_PATH)]
    return data[: len(data) & ~1].decode("utf-16-le", "replace").rstrip("\0")


def registers(buffer: Buffer, arch: str, size: int, rva: int) -> dict[str, int]:
    """The CONTEXT at `rva`, by the names that registers have; empty where it is cut."""
    if rva == 0:
        return {}
    if arch == "aarch64":
        data = buffer[rva : rva + min(size, _ARM64_REGISTERS.size)]
        if len(data) < _ARM64_REGISTERS.size:
            return {}
        values = _ARM64_REGISTERS.unpack(data)
        found = dict(zip(_ARM64, values[2:]))
        found.update(fp=found["x29"], lr=found["x30"], cpsr=values[1])
        return found
    data = buffer[rva : rva + min(size, 0x100)]
    if len(data) < 0x100:
        return {}
    found = dict(zip(_AMD64, _AMD64_REGISTERS.unpack_from(data, 0x78)))
    names = ("cs", "ds", "es", "fs", "gs", "ss", "eflags")
    found.update(zip(names, _AMD64_SEGMENTS.unpack_from(data, 0x38)))
    return found


def fixed_version(words: tuple[int, ...]) -> Optional[Version]:
    """The version of a file by the 13 words of its VS_FIXEDFILEINFO; None without its mark."""
    if words[0] != _FIXED_SIGNATURE:
        return None
    high, low = words[2], words[3]
    return Version(high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF)


def codeview_guid(record: bytes) -> Optional[str]:
    """The GUID of an RSDS record: the identity of an executable and its PDB."""
    if len(record) < 24 or record[:4] != b"RSDS":
        return None
    first = int.from_bytes(record[4:8], "little")
    second = int.from_bytes(record[8:10], "little")
    third = int.from_bytes(record[10:12], "little")
    tail = record[12:20].hex().upper()
    return f"{first:08X}-{second:04X}-{third:04X}-{tail[:4]}-{tail[4:]}"
