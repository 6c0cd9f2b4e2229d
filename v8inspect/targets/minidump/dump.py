"""A Windows minidump as a target: the file mapped, its streams decoded.

Opening costs time by the number of ranges, threads and modules, never by the size of the file. No
executable is needed: what a minidump has no symbols for, nobody but its PDB has.
"""

from __future__ import annotations

import ntpath
from dataclasses import replace
from typing import Optional, Sequence

from v8inspect.errors import DumpDamaged, FormatUnsupported
from v8inspect.target import DumpFacts, Module, Region, Thread
from v8inspect.targets.base import SegmentTarget
from v8inspect.targets.files import MappedFile
from v8inspect.targets.minidump import memory as ranges_of
from v8inspect.targets.minidump.image import PeImage, open_matching
from v8inspect.targets.minidump.process import SIGNALS, Process, read_process, read_system
from v8inspect.targets.minidump.structs import (
    HEADER,
    MACHINES,
    MAGIC,
    MEMORY64_LIST,
    MEMORY_INFO_LIST,
    OTHER_MACHINES,
    PLATFORMS,
    VERSION,
    Stream,
    streams,
)
from v8inspect.targets.segments import SegmentMap, disjoint, with_holes


class Minidump(SegmentTarget):
    """The target that a minidump is. It owns `file`, which is closed when opening fails. `exe` is
    the executable that somebody has at hand, or where the dump says that it was.

    It knows no symbols: executables of Windows keep them in a PDB.

    Raises FormatUnsupported (machine) and DumpDamaged (nothing of its structure is there).
    """

    _file: MappedFile

    def __init__(
        self,
        file: MappedFile,
        name: str,
        warnings: Sequence[str] = (),
        exe: Optional[str] = None,
    ) -> None:
        self.name = name
        self._file = file
        self._image: Optional[PeImage] = None
        self._regions: Optional[list[Region]] = None
        try:
            self._open(list(warnings), exe)
        except BaseException:
            self.close()
            raise

    def _open(self, warnings: list[str], exe: Optional[str]) -> None:
        buffer, size = self._file.buffer, self._file.size
        _, _, count, directory, _, _, _ = minidump_header(self.name, buffer[: HEADER.size])
        found = list(streams(buffer, count, directory))
        if not found:
            raise DumpDamaged(self.name, "directory of streams", directory)
        process = read_system(buffer, found)
        process.arch = _arch(self.name, process, found, size)
        listed, announced = self._ranges(found)
        needed = max(
            max(stream.rva + stream.size for stream in found),
            max((r.offset + r.size for r in listed), default=0),
        )
        if needed > size:
            warnings.append(f"truncated: {size} of {needed} bytes")
        if len(listed) < announced:
            warnings.append(f"damaged: {len(listed)} of {announced} memory ranges can be read")
        segments = with_holes(ranges_of.stored(buffer, listed), buffer, self._file.holes())
        self._memory = SegmentMap(segments)
        read_process(buffer, found, process, self._memory.read_partial)
        if len(process.threads) < process.announced_threads:
            read = f"{len(process.threads)} of {process.announced_threads}"
            warnings.append(f"damaged: the registers of {read} threads can be read")
        elif not process.threads:
            warnings.append("no threads in this dump")
        if len(process.modules) < process.announced_modules:
            read = f"{len(process.modules)} of {process.announced_modules}"
            warnings.append(f"damaged: {read} modules can be read")
        if not segments:
            warnings.append("no memory in this dump")
        self.arch = process.arch
        self._process = process
        self._use(exe, warnings)
        self._protections = [
            protection
            for stream in found
            if stream.type == MEMORY_INFO_LIST
            for protection in ranges_of.protections(buffer, stream)
        ]
        self.facts = self._facts(found, ranges_of.lost(size, listed), warnings)

    def _use(self, exe: Optional[str], warnings: list[str]) -> None:
        """Lets the executable fill what the dump has left out of its image."""
        modules = self._process.modules
        main = next((i for i, module in enumerate(modules) if module.is_executable), None)
        if exe is None or main is None:
            return
        # Debuggers hand over the path that they have from the dump.
        if ntpath.normcase(ntpath.normpath(exe)) == ntpath.normcase(modules[main].path):
            return
        self._image, problem = open_matching(exe, modules[main].build_id)
        if self._image is None:
            warnings.append(f"the executable is not used: {problem}")
            modules[main] = replace(modules[main], problem=problem)
            return
        modules[main] = replace(modules[main], file=exe)
        filled = self._image.segments(modules[main].start, self._memory)
        self._memory = SegmentMap(disjoint([*self._memory.segments, *filled]))

    def _ranges(self, found: Sequence[Stream]) -> tuple[list[ranges_of.Range], int]:
        listed: list[ranges_of.Range] = []
        announced = 0
        for stream in found:
            if ranges_of.is_memory(stream) and announced == 0:
                listed, announced = ranges_of.ranges(self._file.buffer, stream)
        return listed, announced

    def _facts(self, found: Sequence[Stream], lost: int, warnings: Sequence[str]) -> DumpFacts:
        process = self._process
        exception = process.exception
        return DumpFacts(
            format="Windows minidump",
            pid=process.pid,
            signal=SIGNALS.get(exception.code) if exception is not None else None,
            fault_address=exception.fault if exception is not None else None,
            size=self._file.size,
            stored=self._file.stored,
            lost=lost,
            warnings=tuple(warnings),
            platform=PLATFORMS.get(process.platform, "windows"),
            exception_code=exception.code if exception is not None else None,
            partial=not any(stream.type == MEMORY64_LIST for stream in found),
        )

    def regions(self) -> Sequence[Region]:
        """The mapped ranges, sorted by address."""
        if self._regions is None:
            self._regions = ranges_of.regions(
                self._protections, self._memory, self._process.modules
            )
        return self._regions

    def threads(self) -> Sequence[Thread]:
        """The one that crashed first; without a crash, that of the program's main function."""
        return self._process.threads

    def modules(self) -> Sequence[Module]:
        """The executable and the libraries, sorted by address."""
        return self._process.modules

    def close(self) -> None:
        """Lets go of the dump and of the executable."""
        if self._image is not None:
            self._image.close()
        self._file.close()


def minidump_header(path: str, head: bytes) -> tuple[bytes, int, int, int, int, int, int]:
    """Magic, version, count of streams, offset of their directory, checksum, time, flags of the
    minidump that begins with `head`. Raises DumpDamaged."""
    if len(head) < HEADER.size or not head.startswith(MAGIC):
        raise DumpDamaged(path, "minidump header", 0)
    row = HEADER.unpack_from(head)
    if row[1] & 0xFFFF != VERSION:
        raise DumpDamaged(path, f"minidump of version {row[1] & 0xFFFF:#x}", 4)
    return row


def _arch(path: str, process: Process, found: Sequence[Stream], size: int) -> str:
    arch = MACHINES.get(process.machine)
    if arch is not None:
        return arch
    if process.machine < 0:
        cut = any(stream.rva + stream.size > size for stream in found)
        raise DumpDamaged(path, "system information" + (" (the file is cut short)" if cut else ""))
    name = OTHER_MACHINES.get(process.machine, f"machine {process.machine}")
    raise FormatUnsupported(path, f"minidump of {name}")
