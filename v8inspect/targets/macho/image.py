"""An executable or library: its segments, UUID and symbols, from a file or from the dump's memory.

Addresses here are as linked; what loads an image adds its slide. A file may be anything that the
paths in a dump led to, so it is checked like the dump itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional, Sequence

from v8inspect.errors import DumpNotFound
from v8inspect.targets.files import MappedFile
from v8inspect.targets.macho.structs import (
    HEADER,
    LC_ID_DYLIB,
    LC_ID_DYLINKER,
    LC_SEGMENT_64,
    LC_SYMTAB,
    LC_UUID,
    MACHINES,
    MH_BUNDLE,
    MH_DYLIB,
    MH_DYLINKER,
    MH_EXECUTE,
    PROT_W,
    Header,
    Section,
    Segment64,
    Symtab,
    commands,
    fat_slice,
    header,
    is_fat,
    segment,
    symtab,
    text,
    uuid_text,
)
from v8inspect.targets.macho.symbols import Symbol, SymbolTable
from v8inspect.targets.sniff import HEAD, describe

IMAGE_TYPES = (MH_EXECUTE, MH_DYLIB, MH_DYLINKER, MH_BUNDLE)
_MAX_COMMANDS, _MAX_COMMAND_BYTES = 1024, 1 << 16  # of an image; node has 20 in 4 KB
_NAME_AT = 8  # of an LC_ID_*: where the offset of the name stands

Read = Callable[[int, int], bytes]
"""(address or offset, size): as many bytes as are there without a gap."""


class NotAnImage(Exception):
    """The file is no Mach-O image that can be used: the text says why. Stays in this package."""


@dataclass(frozen=True)
class Shape:
    """What the header and the load commands of an image say."""

    cpu: int
    filetype: int
    segments: Sequence[Segment64]
    uuid: Optional[str]
    symtab: Optional[Symtab]
    name: str  # of libraries: the path that they were linked as

    @property
    def base(self) -> int:
        """The linked address of the header."""
        for item in self.segments:
            if item.fileoff == 0 and item.filesize:
                return item.vmaddr
        return 0

    @property
    def section_list(self) -> list[Section]:
        """All sections; a symbol counts them from 1."""
        return [section for item in self.segments for section in item.sections]

    def section(self, name: str) -> Optional[Section]:
        """The first section of that name."""
        return next((section for section in self.section_list if section.name == name), None)


def shape(data: bytes) -> Optional[Shape]:
    """The image whose header and load commands `data` begins with; None if it is none."""
    head = header(data)
    if head is None or not _is_image(head):
        return None
    segments: list[Segment64] = []
    uuid: Optional[str] = None
    symbols: Optional[Symtab] = None
    name = ""
    for command in commands(data, head):
        if command.type == LC_SEGMENT_64:
            found = segment(command.data)
            if found is not None:
                segments.append(found)
        elif command.type == LC_UUID:
            uuid = uuid_text(command.data[8:24])
        elif command.type == LC_SYMTAB:
            symbols = symtab(command.data)
        elif command.type in (LC_ID_DYLIB, LC_ID_DYLINKER):
            at = int.from_bytes(command.data[_NAME_AT : _NAME_AT + 4], "little")
            name = text(command.data[at:])
    return Shape(head.cpu, head.filetype, segments, uuid, symbols, name) if segments else None


def shape_at(read: Read, address: int) -> Optional[Shape]:
    """The image whose header lies at an address."""
    head = header(read(address, HEADER.size))
    if head is None or not _is_image(head):
        return None
    return shape(read(address, HEADER.size + head.sizeofcmds))


def _is_image(head: Header) -> bool:
    return (
        head.filetype in IMAGE_TYPES
        and head.ncmds <= _MAX_COMMANDS
        and head.sizeofcmds <= _MAX_COMMAND_BYTES
    )


class Image:
    """Symbols and constants of an image; `read` takes offsets in its file, or what stands for them:
    see `FileImage` and `MemoryImage`."""

    def __init__(self, found: Shape, read: Read) -> None:
        self.shape = found
        self._read = read
        self._table: Optional[SymbolTable] = None
        self._sections = found.section_list

    @property
    def table(self) -> SymbolTable:
        """Its symbols; an empty table where there are none."""
        if self._table is None:
            self._table = SymbolTable(self._read, self.shape.symtab)
        return self._table

    @property
    def has_symbols(self) -> bool:
        """Whether some of the table and of its strings are there."""
        table = self.shape.symtab
        return (
            table is not None
            and bool(table.symbol_count)
            and bool(self._read(table.symbols, 16) and self._read(table.strings, 16))
        )

    def int_at(self, symbol: Symbol) -> Optional[int]:
        """The signed 32-bit integer that the linker put at `symbol`; zero where the section has no
        bytes in the file."""
        if not 0 < symbol.section <= len(self._sections):
            return None
        section = self._sections[symbol.section - 1]
        at = symbol.value - section.addr
        if not 0 <= at <= section.size - 4:
            return None
        if section.zerofill:
            return 0
        data = self._read(section.offset + at, 4)
        return int.from_bytes(data, "little", signed=True) if len(data) == 4 else None

    def close(self) -> None:
        """Lets go of the file, if there is one."""


class FileImage(Image):
    """An image in a mapped file, the part of a universal one that is for the CPU at hand."""

    def __init__(self, file: MappedFile, found: Shape, start: int, size: int) -> None:
        self.file = file
        self.start = start  # of the image in the file
        self.size = size
        super().__init__(found, self._slice)

    @classmethod
    def open(cls, path: str, cpu: int) -> FileImage:
        """Raises NotAnImage with the reason, a clause without a subject."""
        try:
            file = MappedFile.open(path)
        except DumpNotFound as error:
            raise NotAnImage(error.reason) from None
        try:
            start, size = _part(file, cpu)
            found = shape(file.buffer[start : start + min(size, HEADER.size + _MAX_COMMAND_BYTES)])
            if found is None:
                raise NotAnImage(f"is {describe(file.buffer[start : start + HEAD])}")
            if found.cpu != cpu:
                machine = MACHINES.get(found.cpu, f"CPU type {found.cpu:#x}")
                raise NotAnImage(f"is for {machine}")
        except NotAnImage:
            file.close()
            raise
        return cls(file, found, start, size)

    def unchanged(self) -> list[tuple[int, int, int]]:
        """(linked address, size, offset in the file) of what no process writes to."""
        return [
            (item.vmaddr, min(item.filesize, item.vmsize), self.start + item.fileoff)
            for item in self.shape.segments
            if item.protection and not item.protection & PROT_W
        ]

    def close(self) -> None:
        """Lets go of the file."""
        self.file.close()

    def _slice(self, offset: int, size: int) -> bytes:
        at = self.start + offset
        return self.file.buffer[at : min(at + size, self.start + self.size)]


class MemoryImage(Image):
    """An image in the memory of a dump. Full cores have its symbols too (__LINKEDIT)."""

    def __init__(self, found: Shape, read: Read, slide: int) -> None:
        self._read_memory = read
        self._slide = slide
        super().__init__(found, self._linked)

    def _linked(self, offset: int, size: int) -> bytes:
        """What stands at an offset of the file, where its segment is loaded."""
        for item in self.shape.segments:
            at = offset - item.fileoff
            if 0 <= at < item.filesize:
                return self._read_memory(
                    item.vmaddr + at + self._slide, min(size, item.filesize - at)
                )
        return b""


def _part(file: MappedFile, cpu: int) -> tuple[int, int]:
    if not is_fat(file.buffer[:8]):
        return 0, file.size
    part = fat_slice(file.buffer, cpu)
    if part is None:
        raise NotAnImage(f"is a universal file without a part for {MACHINES.get(cpu, hex(cpu))}")
    return part
