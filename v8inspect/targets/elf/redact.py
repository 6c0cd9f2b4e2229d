"""What of a core's own headers may stay when its values are masked.

Kept are the headers, registers that point somewhere, and which files were mapped where; not the
command line, not the registers of floating point and vectors, no note that is not known.
"""

from __future__ import annotations

from struct import Struct, unpack
from typing import Callable, Iterator, NamedTuple

from v8inspect.target import Buffer
from v8inspect.targets.elf.core import ElfCore
from v8inspect.targets.elf.structs import (
    HEADER,
    PROGRAM_HEADER,
    PT_NOTE,
    SECTION_HEADER,
    header,
    notes,
    program_headers,
)

_PRSTATUS, _PRPSINFO, _AUXV, _SIGINFO, _FILE = 1, 3, 6, 0x53494749, 0x46494C45
_PAC_MASK = 0x406
_STATUS_HEAD = 112  # bytes of NT_PRSTATUS before the registers
_SIGINFO_KEPT = 24
_NAME_AT, _NAME_SIZE = 40, 16  # of NT_PRPSINFO: the command's name; its arguments follow
_PLAIN_NAMES = (b"node", b"nodejs", b"MainThread")
_WORD = Struct("<Q")
# Among the registers of NT_PRSTATUS: the bytecode offset of V8's interpreter (r9, x19), which is no
# address and needed.
_OFFSET_REGISTER = {"x86_64": 8, "aarch64": 19}
_OFFSET_MOST = 1 << 24
_OTHERS = {"x86_64": (17, 18, 20, 21, 22, 23, 24, 25, 26), "aarch64": (33,)}  # flags, segments
_COUNT = {"x86_64": 27, "aarch64": 34}


class Part(NamedTuple):
    """Bytes at an offset of the file."""

    offset: int
    data: bytes


def kept_parts(core: ElfCore, points: Callable[[int], bool], hide_names: bool) -> Iterator[Part]:
    """All that stays outside of memory; everything else is zero. `points`: whether a word is an
    address in the process."""
    buffer = core.file.buffer
    head = header(buffer[: HEADER.size])
    if head is None:
        return
    yield Part(0, buffer[: HEADER.size])
    phdrs, count = program_headers(buffer, head)
    yield Part(head.phoff, buffer[head.phoff : head.phoff + count * PROGRAM_HEADER.size])
    if head.shoff and head.shnum <= 1:
        yield Part(head.shoff, buffer[head.shoff : head.shoff + SECTION_HEADER.size])
    for phdr in phdrs:
        if phdr.type == PT_NOTE:
            end = min(phdr.offset + phdr.filesz, core.file.size)
            yield from _notes(buffer, phdr.offset, end, core.arch, points, hide_names)


def _notes(
    buffer: Buffer,
    start: int,
    end: int,
    arch: str,
    points: Callable[[int], bool],
    hide_names: bool,
) -> Iterator[Part]:
    at = start
    for note in notes(buffer, start, end):
        yield Part(at, buffer[at : note.offset])  # its head, so that the next one is found
        at = note.offset + note.size + -note.size % 4
        data = buffer[note.offset : note.offset + note.size]
        if note.name == b"CORE":
            if note.type == _PRSTATUS:
                yield Part(note.offset, _status(data, arch, points))
            elif note.type == _PRPSINFO:
                yield Part(note.offset, _info(data))
            elif note.type == _SIGINFO:
                yield Part(note.offset, data[:_SIGINFO_KEPT])
            elif note.type == _AUXV:
                yield Part(note.offset, data)
            elif note.type == _FILE:
                yield Part(note.offset, _files(data) if hide_names else data)
        elif note.name == b"LINUX" and note.type == _PAC_MASK:
            yield Part(note.offset, data)


def _status(data: bytes, arch: str, points: Callable[[int], bool]) -> bytes:
    out = bytearray(data)
    for i in range(_COUNT[arch]):
        at = _STATUS_HEAD + 8 * i
        if at + 8 > len(data):
            break
        word = _WORD.unpack_from(data, at)[0]
        offset = i == _OFFSET_REGISTER[arch] and word < _OFFSET_MOST
        if not (offset or i in _OTHERS[arch] or points(word)):
            _WORD.pack_into(out, at, 0)
    return bytes(out)


def _info(data: bytes) -> bytes:
    name = data[_NAME_AT : _NAME_AT + _NAME_SIZE]
    if name.split(b"\0", 1)[0] not in _PLAIN_NAMES:
        name = bytes(_NAME_SIZE)  # process.title is there
    return data[:_NAME_AT] + name


def _files(data: bytes) -> bytes:
    """The mapped files, their folders masked: what module it is has to be known."""
    count, _ = unpack("<QQ", data[:16])
    table = 16 + 24 * min(count, (len(data) - 16) // 24)
    paths = data[table:].split(b"\0")
    masked = []
    for path in paths:
        folder, slash, name = path.rpartition(b"/")
        hidden = bytes(c if c == ord("/") else ord("x") for c in folder)
        masked.append(hidden + slash + name)
    return data[:table] + b"\0".join(masked)
