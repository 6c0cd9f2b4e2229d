"""ELF64 little-endian structures, read from a buffer that may be cut or hostile.

Only what cores and the images in them need: headers, program headers, section headers, notes.
Nothing here raises on bad input: what does not fit is left out, and the caller sees it missing.
"""

from __future__ import annotations

from struct import Struct
from typing import Iterator, NamedTuple, Optional

from v8inspect.limits import MAX_NOTE_BYTES, MAX_SEGMENTS, MAX_THREADS
from v8inspect.target import Buffer

MAGIC = b"\x7fELF"
ET_EXEC, ET_DYN, ET_CORE = 2, 3, 4
PT_LOAD, PT_NOTE, PT_PHDR = 1, 4, 6
PF_X, PF_W, PF_R = 1, 2, 4
SHT_SYMTAB, SHT_NOBITS, SHT_DYNSYM = 2, 8, 11
MACHINES = {62: "x86_64", 183: "aarch64"}

HEADER = Struct("<16sHHIQQQIHHHHHH")
PROGRAM_HEADER = Struct("<IIQQQQQQ")
SECTION_HEADER = Struct("<IIQQQQIIQQ")
_NOTE = Struct("<III")

_PN_XNUM = 0xFFFF
_MAX_SECTIONS = 1 << 17
_MAX_NOTES = 16 * MAX_THREADS


class Header(NamedTuple):
    """The file header, as far as it is used."""

    type: int
    machine: int
    entry: int
    phoff: int
    shoff: int
    phentsize: int
    phnum: int
    shentsize: int
    shnum: int


class ProgramHeader(NamedTuple):
    """A segment: `filesz` bytes at `offset` are the start of `memsz` bytes at `vaddr`."""

    type: int
    flags: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int
    align: int


class SectionHeader(NamedTuple):
    """A section; `offset` and `size` in bytes."""

    name: int
    type: int
    flags: int
    addr: int
    offset: int
    size: int
    link: int
    info: int
    addralign: int
    entsize: int


class Note(NamedTuple):
    """A note; its `size` bytes of content are at `offset` of the buffer that was walked."""

    name: bytes
    type: int
    offset: int
    size: int


def header(data: bytes) -> Optional[Header]:
    """The header at the start of `data`; None unless it is a whole one of ELF64 little-endian."""
    if len(data) < HEADER.size or data[:6] != MAGIC + b"\x02\x01":
        return None
    raw = HEADER.unpack_from(data)
    return Header(raw[1], raw[2], raw[4], raw[5], raw[6], raw[9], raw[10], raw[11], raw[12])


def program_headers(buffer: Buffer, head: Header) -> tuple[list[ProgramHeader], int]:
    """Those that `buffer` holds, and how many the header announces (65535 and more: section 0)."""
    count = head.phnum
    if count == _PN_XNUM:
        first = buffer[head.shoff : head.shoff + SECTION_HEADER.size]
        if len(first) == SECTION_HEADER.size:
            count = SectionHeader(*SECTION_HEADER.unpack(first)).info
    table = _table(buffer, head.phoff, head.phentsize, min(count, MAX_SEGMENTS), PROGRAM_HEADER)
    return [ProgramHeader._make(row) for row in PROGRAM_HEADER.iter_unpack(table)], count


def section_headers(buffer: Buffer, head: Header) -> list[SectionHeader]:
    """Those that `buffer` holds; section 0 says how many when there are 65280 and more."""
    count = head.shnum
    if count == 0 and head.shoff:
        first = buffer[head.shoff : head.shoff + SECTION_HEADER.size]
        if len(first) == SECTION_HEADER.size:
            count = SectionHeader(*SECTION_HEADER.unpack(first)).size
    table = _table(buffer, head.shoff, head.shentsize, min(count, _MAX_SECTIONS), SECTION_HEADER)
    return [SectionHeader._make(row) for row in SECTION_HEADER.iter_unpack(table)]


def _table(buffer: Buffer, offset: int, entry_size: int, count: int, struct: Struct) -> bytes:
    if entry_size != struct.size or offset == 0 or offset >= len(buffer):
        return b""
    table = buffer[offset : offset + count * struct.size]
    return table[: len(table) // struct.size * struct.size]


def notes(buffer: Buffer, start: int, end: int, align: int = 4) -> Iterator[Note]:
    """The notes in [start, end) of `buffer`, up to the first that does not fit."""
    align = 8 if align == 8 else 4
    for _ in range(_MAX_NOTES):
        head = buffer[start : min(start + _NOTE.size, end)]
        if len(head) < _NOTE.size:
            return
        name_size, size, kind = _NOTE.unpack(head)
        name_at = start + _NOTE.size
        at = name_at + name_size + -name_size % align
        if size > MAX_NOTE_BYTES or at + size > end or not (name_size or size or kind):
            return
        name = buffer[name_at : name_at + min(name_size, 32)].rstrip(b"\0")
        yield Note(name, kind, at, size)
        start = at + size + -size % align


def build_id(buffer: Buffer, start: int, end: int, align: int = 4) -> Optional[str]:
    """The GNU build id among the notes in [start, end), as hexadecimal digits."""
    for note in notes(buffer, start, end, align):
        if note.name == b"GNU" and note.type == 3 and 0 < note.size <= 64:
            return buffer[note.offset : note.offset + note.size].hex()
    return None
