"""64-bit little-endian Mach-O structures, read from bytes that may be cut or hostile.

Source: mach-o/loader.h, mach-o/fat.h and mach-o/nlist.h of macOS; DUMPS.md §3. Nothing here raises
on bad input: what does not fit is left out, and the caller sees it missing.
"""

from __future__ import annotations

from struct import Struct
from typing import Iterator, NamedTuple, Optional, Sequence

from v8inspect.limits import MAX_SEGMENTS, MAX_THREADS
from v8inspect.target import Buffer

MAGIC = b"\xcf\xfa\xed\xfe"
MAGICS = {
    MAGIC: "",
    b"\xce\xfa\xed\xfe": "32-bit ",
    b"\xfe\xed\xfa\xcf": "big-endian ",
    b"\xfe\xed\xfa\xce": "32-bit big-endian ",
}
MH_EXECUTE, MH_CORE, MH_DYLIB, MH_DYLINKER, MH_BUNDLE = 2, 4, 6, 7, 8
MACHINES = {0x01000007: "x86_64", 0x0100000C: "aarch64"}
OTHER_MACHINES = {7: "32-bit x86", 12: "32-bit ARM", 0x0200000C: "arm64_32", 18: "PowerPC"}

LC_SYMTAB, LC_THREAD, LC_ID_DYLIB, LC_ID_DYLINKER = 0x2, 0x4, 0xD, 0xF
LC_SEGMENT_64, LC_UUID, LC_NOTE = 0x19, 0x1B, 0x31
LC_COREINFO = 0x140  # of Apple's gcore only

PROT_R, PROT_W, PROT_X = 1, 2, 4
NO_ADDRESS = (1 << 64) - 1

HEADER = Struct("<4sIIIIIII")
_COMMAND = Struct("<II")
_SEGMENT = Struct("<II16sQQQQIIII")
_SECTION = Struct("<16s16sQQIIIIIIII")
_SYMTAB = Struct("<IIIIII")
_NOTE = Struct("<II16sQQ")
_FAT = Struct(">4sI")
_FAT_ARCH = Struct(">IIIII")
_FAT_ARCH_64 = Struct(">IIQQII")
_FAT_MAGICS = {b"\xca\xfe\xba\xbe": _FAT_ARCH, b"\xca\xfe\xba\xbf": _FAT_ARCH_64}
_MAX_ARCHES = 32
_MAX_COMMANDS = MAX_SEGMENTS + MAX_THREADS
_MAX_COMMAND_BYTES = 256 << 20
_ZEROFILL = (0x1, 0xC, 0x12)  # section types without bytes in the file


class Header(NamedTuple):
    """The file header, as far as it is used."""

    cpu: int
    filetype: int
    ncmds: int
    sizeofcmds: int


class Command(NamedTuple):
    """A load command with all of its bytes."""

    type: int
    data: bytes


class Section(NamedTuple):
    """A section: `size` bytes at the linked address `addr`, at `offset` of the file unless
    `zerofill`."""

    name: str
    addr: int
    size: int
    offset: int
    zerofill: bool


class Segment64(NamedTuple):
    """LC_SEGMENT_64: `filesize` bytes at `fileoff` are the start of `vmsize` bytes at `vmaddr`."""

    name: str
    vmaddr: int
    vmsize: int
    fileoff: int
    filesize: int
    protection: int
    flags: int
    sections: Sequence[Section] = ()


class Symtab(NamedTuple):
    """LC_SYMTAB: file offsets and how many symbols, how many bytes of strings."""

    symbols: int
    symbol_count: int
    strings: int
    strings_size: int


class NoteCommand(NamedTuple):
    """LC_NOTE: `size` bytes at file offset `offset`."""

    owner: str
    offset: int
    size: int


def header(data: bytes) -> Optional[Header]:
    """The header at the start of `data`; None unless it is a whole one, 64-bit little-endian."""
    if len(data) < HEADER.size or data[:4] != MAGIC:
        return None
    _, cpu, _, filetype, ncmds, sizeofcmds, _, _ = HEADER.unpack_from(data)
    return Header(cpu, filetype, ncmds, sizeofcmds)


def commands(buffer: Buffer, head: Header, at: int = 0) -> Iterator[Command]:
    """The load commands behind the header at `at`, up to the first that does not fit."""
    begin = at + HEADER.size
    data = buffer[begin : begin + min(head.sizeofcmds, _MAX_COMMAND_BYTES)]
    at = 0
    for _ in range(min(head.ncmds, _MAX_COMMANDS)):
        if at + _COMMAND.size > len(data):
            return
        kind, size = _COMMAND.unpack_from(data, at)
        if size < _COMMAND.size or at + size > len(data):
            return
        yield Command(kind, data[at : at + size])
        at += size


def segment(data: bytes) -> Optional[Segment64]:
    """An LC_SEGMENT_64 with those of its sections that are there; None where it is cut."""
    if len(data) < _SEGMENT.size:
        return None
    _, _, name, vmaddr, vmsize, fileoff, filesize, _, prot, count, flags = _SEGMENT.unpack_from(
        data
    )
    count = min(count, (len(data) - _SEGMENT.size) // _SECTION.size)
    rows = data[_SEGMENT.size : _SEGMENT.size + count * _SECTION.size]
    sections = [
        Section(text(row[0]), row[2], row[3], row[4], row[8] & 0xFF in _ZEROFILL)
        for row in _SECTION.iter_unpack(rows)
    ]
    return Segment64(text(name), vmaddr, vmsize, fileoff, filesize, prot, flags, sections)


def symtab(data: bytes) -> Optional[Symtab]:
    """An LC_SYMTAB; None where it is cut."""
    return Symtab(*_SYMTAB.unpack_from(data)[2:]) if len(data) >= _SYMTAB.size else None


def note(data: bytes) -> Optional[NoteCommand]:
    """An LC_NOTE; None where it is cut."""
    if len(data) < _NOTE.size:
        return None
    _, _, owner, offset, size = _NOTE.unpack_from(data)
    return NoteCommand(text(owner), offset, size)


def uuid_text(raw: bytes) -> Optional[str]:
    """16 bytes as a UUID is written; None for zeros, which mean none."""
    if len(raw) != 16 or not any(raw):
        return None
    digits = raw.hex().upper()
    cuts = (0, 8, 12, 16, 20, 32)
    return "-".join(digits[a:b] for a, b in zip(cuts, cuts[1:]))


def is_fat(head: bytes) -> bool:
    """Whether a universal file begins with `head` (Java's class files begin with the same magic,
    and with a greater number than any count of architectures)."""
    if head[:4] not in _FAT_MAGICS or len(head) < _FAT.size:
        return False
    count: int = _FAT.unpack_from(head)[1]
    return 0 < count < _MAX_ARCHES


def fat_slice(buffer: Buffer, cpu: int) -> Optional[tuple[int, int]]:
    """(offset, size) of the part for a CPU in a universal file."""
    head = buffer[: _FAT.size]
    if not is_fat(head):
        return None
    struct = _FAT_MAGICS[head[:4]]
    table = buffer[_FAT.size : _FAT.size + struct.size * _FAT.unpack(head)[1]]
    for row in struct.iter_unpack(table[: len(table) // struct.size * struct.size]):
        if row[0] == cpu:
            return row[2], row[3]
    return None


def text(raw: bytes) -> str:
    """A name that ends at its first NUL, or fills its field."""
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace")
