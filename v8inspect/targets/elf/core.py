"""A Linux core file as a target: the file mapped, its headers and notes decoded, modules found.

Opening costs time by the number of segments, threads and modules, never by the size of the file.
"""

from __future__ import annotations

from typing import Literal, Optional, Sequence

from v8inspect.errors import DumpDamaged, FormatUnsupported, NotADump
from v8inspect.target import DumpFacts, Module, Region, Thread
from v8inspect.targets.base import SegmentTarget
from v8inspect.targets.elf.areas import Areas
from v8inspect.targets.elf.image import Image
from v8inspect.targets.elf.lookup import ModuleSymbols
from v8inspect.targets.elf.modules import ModuleFinder
from v8inspect.targets.elf.process import read_process
from v8inspect.targets.elf.structs import (
    ET_CORE,
    HEADER,
    MACHINES,
    PT_NOTE,
    Header,
    header,
    program_headers,
)
from v8inspect.targets.files import Files, MappedFile
from v8inspect.targets.segments import SegmentMap, disjoint, joined, with_holes
from v8inspect.targets.sniff import HEAD, describe

_OTHER_MACHINES = {
    3: "x86",
    21: "PowerPC64",
    22: "s390x",
    40: "ARM",
    243: "RISC-V",
    258: "LoongArch",
}


class ElfCore(SegmentTarget):
    """The target that a core file is. It owns `file`, which is closed when opening fails.

    Raises NotADump (ELF, and no core), FormatUnsupported (word size, byte order, machine) and
    DumpDamaged (nothing of its structure is there).
    """

    _file: MappedFile

    def __init__(
        self, file: MappedFile, name: str, files: Files, warnings: Sequence[str] = ()
    ) -> None:
        self.name = name
        self._file = file
        self._images: Sequence[Image] = ()
        self._regions: Optional[list[Region]] = None
        try:
            self._open(files, list(warnings))
        except BaseException:
            self.close()
            raise

    def _open(self, files: Files, warnings: list[str]) -> None:
        buffer = self._file.buffer
        head = core_header(self.name, buffer[:HEAD])
        self.arch = MACHINES[head.machine]
        phdrs, count = program_headers(buffer, head)
        if not phdrs:
            raise DumpDamaged(self.name, "program headers", head.phoff)
        if len(phdrs) < count:
            warnings.append(f"damaged: {len(phdrs)} of {count} program headers can be read")
        note_ranges = [(p.offset, p.offset + p.filesz) for p in phdrs if p.type == PT_NOTE]
        self._process = read_process(
            buffer, [(a, min(b, self._file.size)) for a, b in note_ranges], self.arch
        )
        # With a part of the headers only, an area that nothing covers says nothing.
        self._areas = Areas(phdrs, self._process.mappings if len(phdrs) == count else ())
        if self._areas.end_in_file > self._file.size:
            warnings.append(f"truncated: {self._file.size} of {self._areas.end_in_file} bytes")
        if not self._process.threads:
            warnings.append("no threads in this dump")
        stored = joined(self._areas.stored(buffer))
        if not stored:
            warnings.append("no memory in this dump")
        memory = SegmentMap(stored)
        finder = ModuleFinder(self._process, self._areas.is_code, head.machine, files)
        self._images = finder.images
        finder.find(memory)
        self._areas.complete(finder.found)
        backed = disjoint(self._areas.from_files(finder.found, memory))
        together = joined(disjoint([*stored, *backed]))
        self._memory = SegmentMap(with_holes(together, buffer, self._file.holes()))
        self._modules = [loaded.module for loaded in finder.found]
        self._symbols = ModuleSymbols(finder.found)
        self.facts = DumpFacts(
            format="ELF core",
            pid=self._process.pid,
            signal=self._process.signal,
            signal_code=self._process.signal_code,
            fault_address=self._process.fault_address,
            command=self._process.command,
            auxv=self._process.auxv,
            size=self._file.size,
            stored=self._file.stored,
            lost=self._areas.lost(self._file.size),
            warnings=(*warnings, *finder.warnings),
            pac_mask=self._process.pac_mask,
        )

    @property
    def file(self) -> MappedFile:
        """The file itself, unpacked if it was compressed."""
        return self._file

    def regions(self) -> Sequence[Region]:
        """The mapped ranges, sorted by address."""
        if self._regions is None:
            self._regions = self._areas.regions(self._memory, self._process.mappings)
        return self._regions

    def threads(self) -> Sequence[Thread]:
        """The one that crashed first."""
        return self._process.threads

    def modules(self) -> Sequence[Module]:
        """The executable and the libraries, sorted by address."""
        return self._modules

    def close(self) -> None:
        """Lets go of the dump and of the files of its modules."""
        for image in self._images:
            image.close()
        self._file.close()


def core_header(path: str, head: bytes) -> Header:
    """The header of a core that this package reads; `head` is the start of the file.

    Raises NotADump, FormatUnsupported, DumpDamaged.
    """
    if len(head) < HEADER.size:
        raise DumpDamaged(path, "ELF header", 0)
    big = head[5] == 2
    order: Literal["big", "little"] = "big" if big else "little"
    if int.from_bytes(head[16:18], order) != ET_CORE:
        raise NotADump(path, describe(head))
    machine = int.from_bytes(head[18:20], order)
    if head[4] == 1:
        raise FormatUnsupported(path, "32-bit ELF core")
    if big:
        raise FormatUnsupported(path, "big-endian ELF core")
    found = header(head)
    if found is None:
        raise DumpDamaged(path, "ELF header", 4)
    if machine not in MACHINES:
        name = _OTHER_MACHINES.get(machine, f"machine {machine}")
        raise FormatUnsupported(path, f"ELF core of {name}")
    return found
