"""The executable that a user gives for a minidump: what of it was mapped unchanged fills the gaps.

A PE file whose PDB has the GUID that the dump says. Sections that the program could write are left
out, and pages that the loader has relocated where the image lies elsewhere than linked.
"""

from __future__ import annotations

from struct import Struct, unpack
from typing import Iterator, NamedTuple, Optional

from v8inspect.errors import DumpNotFound
from v8inspect.target import Buffer, Segment
from v8inspect.targets.files import MappedFile
from v8inspect.targets.minidump import pe
from v8inspect.targets.segments import SegmentMap

_SECTION = Struct("<8sIIIIIIHHI")
_WRITABLE = 0x80000000  # IMAGE_SCN_MEM_WRITE
_MAX_SECTIONS = 96  # the loader's own limit
_RELOCATIONS = 24 + 112 + 8 * 5  # from the PE signature: the data directory of .reloc
_MAX_RELOCATIONS = 16 << 20
_PAGE = 4096


class _Part(NamedTuple):
    """[start, end) of the image is at `offset` of the file."""

    start: int
    end: int
    offset: int
    writable: bool


class PeImage:
    """A PE file, mapped. Raises DumpNotFound, and ValueError that says what it is not."""

    def __init__(self, path: str) -> None:
        self._file = MappedFile.open(path)
        self.path = path
        try:
            self._parts, self.base, self._signature = _layout(self._file.buffer)
        except ValueError:
            self._file.close()
            raise
        self.guid: Optional[str] = pe.guid(self._read, 0)

    def segments(self, base: int, memory: SegmentMap) -> Iterator[Segment]:
        """What it fills of `memory` where the image lies at `base`."""
        skipped = self._relocated() if base != self.base else set()
        for part in self._parts:
            if part.writable:
                continue
            for low, high in memory.gaps(base + part.start, base + part.end):
                for at, end in _without(low, high, base, skipped):
                    yield Segment(
                        at, end - at, self._file.buffer, part.offset + at - base - part.start
                    )

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()

    def _relocated(self) -> set[int]:
        """Numbers of the pages that the loader changes."""
        at = self._signature + _RELOCATIONS
        rva, size = unpack("<II", self._file.buffer[at : at + 8].ljust(8, b"\0"))
        data = self._read(rva, min(size, _MAX_RELOCATIONS)) if rva else b""
        pages: set[int] = set()
        at = 0
        while at + 8 <= len(data):
            page, length = unpack("<II", data[at : at + 8])
            if length < 8:
                break
            # A relocated word may reach into the next page.
            pages.update((page // _PAGE, page // _PAGE + 1))
            at += length
        return pages

    def _read(self, rva: int, size: int) -> bytes:
        for part in self._parts:
            if part.start <= rva < part.end:
                at = part.offset + rva - part.start
                return bytes(self._file.buffer[at : at + min(size, part.end - rva)])
        return b""


def open_matching(path: str, guid: Optional[str]) -> tuple[Optional[PeImage], str]:
    """The executable at `path`, or why it is not used: it must be of the dump's `guid`."""
    try:
        image = PeImage(path)
    except DumpNotFound as error:
        return None, f"{path}: {error.reason}"
    except ValueError as error:
        return None, f"{path}: {error}"
    if guid is None or image.guid == guid:
        return image, ""
    image.close()
    return None, f"{path} is of another build: {image.guid}, the dump is of {guid}"


def _layout(buffer: Buffer) -> tuple[list[_Part], int, int]:
    """Headers and sections, the address as linked, the offset of the PE signature."""
    head = buffer[:0x1000]
    at = int.from_bytes(head[0x3C:0x40], "little")
    if head[:2] != b"MZ" or head[at : at + 4] != b"PE\0\0" or len(head) < at + 24 + 64:
        raise ValueError("not an executable of Windows")
    count, size = unpack("<H12xH", head[at + 6 : at + 22])
    base = int.from_bytes(head[at + 24 + 24 : at + 24 + 32], "little")
    headers = int.from_bytes(head[at + 24 + 60 : at + 24 + 64], "little")
    parts = [_Part(0, min(headers, 0x1000, len(buffer)), 0, False)]
    table = buffer[at + 24 + size : at + 24 + size + min(count, _MAX_SECTIONS) * _SECTION.size]
    for row in _SECTION.iter_unpack(table[: len(table) // _SECTION.size * _SECTION.size]):
        virtual, rva, raw, offset = row[1:5]
        stored = min(virtual, raw, max(0, len(buffer) - offset))
        if stored and rva >= parts[-1].end:
            parts.append(_Part(rva, rva + stored, offset, bool(row[9] & _WRITABLE)))
    return parts, base, at


def _without(low: int, high: int, base: int, pages: set[int]) -> Iterator[tuple[int, int]]:
    """[low, high) without these pages of the image at `base`."""
    if not pages:
        yield low, high
        return
    start = low
    for page in range((low - base) // _PAGE, (high - 1 - base) // _PAGE + 1):
        if page in pages:
            first = base + page * _PAGE
            if start < first:
                yield start, first
            start = max(start, first + _PAGE)
    if start < high:
        yield start, high
