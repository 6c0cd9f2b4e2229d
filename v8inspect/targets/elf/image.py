"""An executable or library as a file on disk: program headers, build id, symbols, constants.

Addresses here are as linked; what loads an image adds its slide. The file may be anything that the
paths in a dump led to, so it is checked like the dump itself.
"""

from __future__ import annotations

from struct import Struct
from typing import Optional, Sequence

from v8inspect.errors import DumpNotFound
from v8inspect.target import Buffer
from v8inspect.targets.elf.structs import (
    ET_DYN,
    ET_EXEC,
    PT_LOAD,
    PT_NOTE,
    PT_PHDR,
    SHT_NOBITS,
    Header,
    ProgramHeader,
    SectionHeader,
    build_id,
    header,
    program_headers,
    section_headers,
)
from v8inspect.targets.elf.symbols import Symbol, SymbolTable
from v8inspect.targets.files import MappedFile
from v8inspect.targets.sniff import HEAD, describe

_I32 = Struct("<i")


class NotAnImage(Exception):
    """The file is no ELF image that can be used: the text says why. Stays in this package."""


class Image:
    """A mapped ELF file. `build_id` is None where the linker wrote none."""

    def __init__(self, file: MappedFile, head: Header) -> None:
        self.file = file
        self.header = head
        self.program_headers: Sequence[ProgramHeader] = program_headers(file.buffer, head)[0]
        self.loads = [p for p in self.program_headers if p.type == PT_LOAD]
        self.build_id = image_build_id(file.buffer, self.program_headers)
        self._tables: dict[int, Optional[SymbolTable]] = {}
        self._section_headers: Optional[list[SectionHeader]] = None

    @classmethod
    def open(cls, path: str) -> Image:
        """Raises NotAnImage with the reason, a clause without a subject."""
        try:
            file = MappedFile.open(path)
        except DumpNotFound as error:
            raise NotAnImage(error.reason) from None
        head = header(file.buffer[:64])
        if head is None or head.type not in (ET_EXEC, ET_DYN):
            found = describe(file.buffer[:HEAD]) if head is None else "no executable or library"
            file.close()
            raise NotAnImage(f"is {found}")
        return cls(file, head)

    @property
    def buffer(self) -> Buffer:
        """The bytes of the file."""
        return self.file.buffer

    def close(self) -> None:
        """Lets go of the file."""
        self._tables.clear()
        self.file.close()

    def table(self, kind: int) -> Optional[SymbolTable]:
        """The table of a section type, SHT_DYNSYM or SHT_SYMTAB."""
        if kind not in self._tables:
            self._tables[kind] = self._find_table(kind)
        return self._tables[kind]

    def int_at(self, symbol: Symbol) -> Optional[int]:
        """The signed 32-bit integer that the linker put at `symbol`; zero where the section has no
        bytes in the file (.bss)."""
        sections = self._sections()
        if symbol.section >= len(sections):
            return None
        section = sections[symbol.section]
        at = symbol.value - section.addr
        if not 0 <= at <= section.size - 4:
            return None
        if section.type == SHT_NOBITS:
            return 0
        data = self.buffer[section.offset + at : section.offset + at + 4]
        return int(_I32.unpack(data)[0]) if len(data) == 4 else None

    def _find_table(self, kind: int) -> Optional[SymbolTable]:
        sections = self._sections()
        for section in sections:
            if section.type == kind and section.link < len(sections):
                return SymbolTable(self.buffer, section, sections[section.link])
        return None

    def _sections(self) -> list[SectionHeader]:
        if self._section_headers is None:
            self._section_headers = section_headers(self.buffer, self.header)
        return self._section_headers


def linked_headers(phdrs: Sequence[ProgramHeader], phoff: int) -> Optional[int]:
    """The linked address of the program headers themselves."""
    for phdr in phdrs:
        if phdr.type == PT_PHDR:
            return phdr.vaddr
    for phdr in phdrs:
        if phdr.type == PT_LOAD and phdr.offset <= phoff < phdr.offset + phdr.filesz:
            return phdr.vaddr + phoff - phdr.offset
    return None


def image_build_id(buffer: Buffer, phdrs: Sequence[ProgramHeader]) -> Optional[str]:
    """The build id of the image whose file begins `buffer`, if it is in there."""
    for phdr in phdrs:
        if phdr.type == PT_NOTE:
            end = min(phdr.offset + phdr.filesz, len(buffer))
            found = build_id(buffer, phdr.offset, end, phdr.align)
            if found:
                return found
    return None
