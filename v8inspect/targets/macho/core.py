"""A core of macOS as a target: the file mapped, its commands and notes decoded, images found.

Opening costs time by the number of segments, threads and images, never by the size of the file,
unless the executable is listed nowhere and begins no segment: then 512 MB are searched for it.
"""

from __future__ import annotations

from typing import Optional, Sequence

from v8inspect.errors import DumpDamaged, FormatUnsupported, NotADump
from v8inspect.limits import MAX_SEGMENTS, MAX_THREADS
from v8inspect.target import DumpFacts, Module, Region, Segment, Thread
from v8inspect.targets.base import SegmentTarget
from v8inspect.targets.files import Files, MappedFile
from v8inspect.targets.macho import memory as memory_of
from v8inspect.targets.macho.finding import ImageFinder
from v8inspect.targets.macho.modules import ModuleList, ModuleSymbols
from v8inspect.targets.macho.notes import Notes, read_notes
from v8inspect.targets.macho.structs import (
    HEADER,
    LC_COREINFO,
    LC_NOTE,
    LC_SEGMENT_64,
    LC_THREAD,
    MACHINES,
    MAGICS,
    MH_CORE,
    OTHER_MACHINES,
    Header,
    NoteCommand,
    Segment64,
    commands,
    header,
    note,
    segment,
)
from v8inspect.targets.macho.threads import ThreadState, thread_state
from v8inspect.targets.segments import SegmentMap, disjoint, joined, with_holes
from v8inspect.targets.sniff import HEAD, describe

FORMAT = "macOS core"
_SMALLEST_HEAP = 3 << 20  # bytes; Node.js starts with a heap of 4 MB
_USER_BITS = 47  # of an address of a process on macOS, where no note says it
_COREINFO_ADDRESS = 16  # offset in LC_COREINFO


class MachoCore(SegmentTarget):
    """The target that a core of macOS is. It owns `file`, which is closed when opening fails.

    Raises NotADump, FormatUnsupported (word size, byte order, CPU, compressed segments, kernel) and
    DumpDamaged (nothing of its structure is there).
    """

    _file: MappedFile

    def __init__(
        self, file: MappedFile, name: str, files: Files, warnings: Sequence[str] = ()
    ) -> None:
        self.name = name
        self._file = file
        self._regions: Optional[list[Region]] = None
        self._modules: Optional[ModuleList] = None
        try:
            self._open(files, list(warnings))
        except BaseException:
            self.close()
            raise

    def _open(self, files: Files, warnings: list[str]) -> None:
        buffer, size = self._file.buffer, self._file.size
        head = macho_header(self.name, buffer[:HEAD])
        self.arch = MACHINES[head.cpu]
        self._segments: list[Segment64] = []
        states: list[ThreadState] = []
        hint = self._read_commands(head, states, warnings)
        if self._notes.of_kernel:
            raise FormatUnsupported(self.name, "core of the macOS kernel or of firmware")
        if any(memory_of.is_compressed(s) for s in self._segments):
            raise FormatUnsupported(self.name, "macOS core with compressed segments (gcore)")
        needed = memory_of.end_in_file(self._segments)
        if needed > size:
            warnings.append(f"truncated: {size} of {needed} bytes")
        stored = memory_of.stored(self._segments, buffer)
        if not stored:
            warnings.append("no memory in this dump")
        own = SegmentMap(stored)
        images = ImageFinder(own, [s.start for s in stored]).find(
            self._notes.images, self._notes.main, hint
        )
        self._modules = ModuleList(images, head.cpu, files, own.read_partial)
        self._symbols = ModuleSymbols(self._modules.loaded)
        partial = self._has_stacks_only(own, states)
        # What the executable holds would pass for a find where there is no heap.
        self._memory = own if partial else self._complete(stored, own)
        self._threads = self._make_threads(states)
        if not self._threads:
            warnings.append("no threads in this dump")
        self.facts = DumpFacts(
            format=FORMAT,
            signal=(self._threads[0].signal or None) if self._threads else None,
            fault_address=self._fault,
            size=size,
            stored=self._file.stored,
            lost=memory_of.lost(self._segments, size),
            warnings=(*warnings, *self._modules.warnings),
            pac_mask=_signature(self._notes.address_bits) if self.arch == "aarch64" else 0,
            platform="darwin",
            partial=partial,
        )

    def _read_commands(
        self, head: Header, states: list[ThreadState], warnings: list[str]
    ) -> Optional[int]:
        """Fills segments, notes and thread states; the address of the executable by gcore."""
        notes: list[NoteCommand] = []
        hint: Optional[int] = None
        count = 0
        for command in commands(self._file.buffer, head):
            count += 1
            if command.type == LC_SEGMENT_64 and len(self._segments) < MAX_SEGMENTS:
                found = segment(command.data)
                if found is not None:
                    self._segments.append(found)
            elif command.type == LC_THREAD and len(states) < MAX_THREADS:
                states.append(thread_state(command.data, self.arch))
            elif command.type == LC_NOTE:
                listed = note(command.data)
                if listed is not None:
                    notes.append(listed)
            elif command.type == LC_COREINFO:
                field = command.data[_COREINFO_ADDRESS : _COREINFO_ADDRESS + 8]
                hint = int.from_bytes(field, "little")
        if not count:
            raise DumpDamaged(self.name, "load commands", HEADER.size)
        if count < head.ncmds:
            warnings.append(f"damaged: {count} of {head.ncmds} load commands can be read")
        self._notes: Notes = read_notes(self._file.buffer, notes)
        return hint

    def _complete(self, stored: Sequence[Segment], own: SegmentMap) -> SegmentMap:
        """The memory of the core, and what the executable's file has of the rest."""
        assert self._modules is not None
        together = list(stored)
        file = self._modules.file
        if file is not None and self._modules.loaded[0].image is file:
            backed = memory_of.from_file(file, self._modules.loaded[0].slide, own)
            together = joined(disjoint([*stored, *backed]))
        return SegmentMap(with_holes(together, self._file.buffer, self._file.holes()))

    def _make_threads(self, states: Sequence[ThreadState]) -> list[Thread]:
        """The one that a trap ended first, if there is one. Page faults count only at addresses
        that can't be read: the state of a thread keeps those that the system has served."""
        ids = self._notes.thread_ids
        if len(ids) != len(states):
            ids = list(range(len(states)))
        self._fault: Optional[int] = None
        threads: list[Thread] = []
        for tid, state in zip(ids, states):
            trap = state.trap
            fatal = trap is not None and (trap.fault is None or not self._is_mapped(trap.fault))
            signal = trap.signal if trap is not None and fatal else 0
            if not state.registers:
                continue
            thread = Thread(tid, state.registers, None, signal)
            if signal and not (threads and threads[0].signal):
                threads.insert(0, thread)
                self._fault = trap.fault if trap is not None else None
            else:
                threads.append(thread)
        return threads

    def _is_mapped(self, address: int) -> bool:
        return any(
            region.start <= address < region.start + region.size
            for region in self.regions()
            if region.readable
        )

    @staticmethod
    def _has_stacks_only(own: SegmentMap, states: Sequence[ThreadState]) -> bool:
        """Whether what is not a thread's stack is too little to be a heap."""
        pointers = [s.registers.get("rsp", s.registers.get("sp", 0)) for s in states]
        other = sum(
            segment.size
            for segment in own.segments
            if not any(0 <= sp - segment.start < segment.size for sp in pointers)
        )
        return other < _SMALLEST_HEAP

    def regions(self) -> Sequence[Region]:
        """The mapped ranges, sorted by address."""
        if self._regions is None:
            self._regions = memory_of.regions(self._segments, self._memory, self.modules())
        return self._regions

    def threads(self) -> Sequence[Thread]:
        """The one that crashed first."""
        return self._threads

    def modules(self) -> Sequence[Module]:
        """The executable and the libraries, sorted by address."""
        return self._modules.modules if self._modules is not None else ()

    def close(self) -> None:
        """Lets go of the dump and of the file of its executable."""
        if self._modules is not None and self._modules.file is not None:
            self._modules.file.close()
        self._file.close()


def macho_header(path: str, head: bytes) -> Header:
    """The header of a core that this package reads; `head` is the start of the file.

    Raises NotADump, FormatUnsupported, DumpDamaged.
    """
    kind = MAGICS.get(head[:4])
    if kind:
        raise FormatUnsupported(path, f"{kind}{FORMAT}")
    found = header(head)
    if found is None:
        raise DumpDamaged(path, "Mach-O header", 0)
    if found.filetype != MH_CORE:
        raise NotADump(path, describe(head))
    if found.cpu not in MACHINES:
        name = OTHER_MACHINES.get(found.cpu, f"CPU type {found.cpu:#x}")
        raise FormatUnsupported(path, f"{FORMAT} of {name}")
    return found


def _signature(bits: Optional[int]) -> int:
    """The bits of a return address that may hold its signature: all above the address."""
    return (1 << 64) - (1 << (bits if bits is not None else _USER_BITS))
