"""A live process as a target: a picture of its memory, its threads, its modules.

The picture is taken when the target is made; afterwards the process is not touched any more, except
for the files of its modules.
"""

from __future__ import annotations

import os
import platform
import time
from typing import Callable, Optional, Sequence

from v8inspect.errors import FormatUnsupported, Unsupported
from v8inspect.target import DumpFacts, Module, Progress, Region, Thread
from v8inspect.targets.base import SegmentTarget
from v8inspect.targets.elf import process as elf
from v8inspect.targets.elf.areas import Areas
from v8inspect.targets.elf.image import Image
from v8inspect.targets.elf.lookup import ModuleSymbols
from v8inspect.targets.elf.modules import ModuleFinder
from v8inspect.targets.elf.structs import MACHINES, PF_R, PF_W, PT_LOAD, ProgramHeader
from v8inspect.targets.files import Files
from v8inspect.targets.live import proc
from v8inspect.targets.live.picture import Picture, wanted
from v8inspect.targets.live.tracer import Stopped
from v8inspect.targets.segments import SegmentMap, disjoint, joined

STOP, NO_STOP = "stop", "no-stop"

ReadThreads = Callable[[], Sequence[Thread]]

_ARCHES = {"x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
_AT_PAGESZ = 6


def _no_progress(what: str, done: int, total: int) -> None:
    return None


class LiveProcess(SegmentTarget):
    """The target that process `pid` is.

    Raises ProcessNotFound, ProcessRefused, NoRoom, FormatUnsupported; Unsupported where this is no
    Linux.
    """

    def __init__(
        self,
        pid: int,
        files: Files,
        stop: bool = True,
        held: Optional[ReadThreads] = None,
        progress: Optional[Progress] = None,
    ) -> None:
        """`stop` False: it runs on while it is read. `held`: a debugger has it stopped, and this
        gives the registers."""
        self.name = f"pid {pid}"
        self._pid = pid
        self._images: Sequence[Image] = ()
        self._regions: Optional[list[Region]] = None
        self._warnings: list[str] = []
        self._notes: list[str] = []
        self._pac_mask = 0
        self._text = b""  # of /proc/PID/maps, when room was made
        _check_here(pid)
        self.arch = _arch(pid)
        self._picture = Picture(pid, progress or _no_progress)
        try:
            if held is not None:
                self._threads = sorted(held(), key=lambda t: (t.tid != pid, t.tid))
                self._take()
            elif stop:
                self._take_stopped()
            else:
                self._take_running()
            self._open(files)
        except BaseException:
            self.close()
            raise

    def _take_stopped(self) -> None:
        self._prepare()
        with Stopped(self._pid, self.arch) as stopped:
            self._take()
        self._threads = stopped.threads
        self._pac_mask = stopped.pac_mask
        milliseconds = (stopped.micros + 999) // 1000
        self._notes.append(f"the process was stopped for {milliseconds} ms")
        if not stopped.in_time:
            self._warnings.append(
                "the process was let go before all was copied: what is shown may not fit together"
            )
        if stopped.running:
            self._warnings.append(
                f"{len(stopped.running)} threads did not stop: what they change may not fit"
            )

    def _take_running(self) -> None:
        began = time.monotonic()
        tids = proc.thread_ids(self._pid)
        self._threads = [Thread(tid, {}, proc.thread_name(self._pid, tid)) for tid in tids]
        self._prepare()
        self._take()
        milliseconds = int((time.monotonic() - began) * 1000) + 1
        self._warnings.append(
            f"the process ran on for the {milliseconds} ms of copying: counts may be off, and "
            "stacks have no registers"
        )

    def _prepare(self) -> None:
        """All that can be done before."""
        self._text = proc.maps(self._pid)
        self._mappings = proc.mappings(self._text)
        self._picture.prepare(wanted(self._mappings))

    def _take(self) -> None:
        """All that has to be of one moment."""
        text = proc.maps(self._pid)
        if text == self._text:
            self._picture.copy(None)
        else:
            self._mappings = proc.mappings(text)
            self._picture.copy(wanted(self._mappings))

    def _open(self, files: Files) -> None:
        pid = self._pid
        auxv = proc.auxv(pid)
        process = elf.Process(
            threads=list(self._threads),
            pid=pid,
            command=proc.command(pid),
            auxv=auxv,
            mappings=[
                elf.Mapping(m.start, m.end, m.offset, m.path) for m in self._mappings if m.of_file
            ],
            page_size=auxv.get(_AT_PAGESZ, 4096),
        )
        copied = self._picture.segments()
        memory = SegmentMap(copied)
        self._areas = Areas(map(_as_header, self._mappings), ())
        files = Files(files.exe or proc.executable(pid), files.sysroot or proc.root(pid))
        machine = next(number for number, name in MACHINES.items() if name == self.arch)
        finder = ModuleFinder(process, self._areas.is_code, machine, files)
        self._images = finder.images
        finder.find(memory)
        backed = [s for s in disjoint(self._areas.from_files(finder.found, memory))]
        self._memory = SegmentMap(sorted([*copied, *joined(backed)], key=lambda s: s.start))
        self._modules = [loaded.module for loaded in finder.found]
        self._symbols = ModuleSymbols(finder.found)
        self._process = process
        self.facts = DumpFacts(
            format="live process",
            pid=pid,
            command=process.command,
            auxv=auxv,
            size=self._picture.copied,
            stored=self._picture.copied,
            lost=self._picture.lost,
            warnings=(*self._warnings, *finder.warnings),
            notes=tuple(self._notes),
            pac_mask=self._pac_mask,
        )

    def regions(self) -> Sequence[Region]:
        """The mapped ranges, sorted by address."""
        if self._regions is None:
            self._regions = self._areas.regions(self._memory, self._process.mappings)
        return self._regions

    def threads(self) -> Sequence[Thread]:
        """The main thread first."""
        return self._threads

    def modules(self) -> Sequence[Module]:
        """The executable and the libraries, sorted by address."""
        return self._modules

    def close(self) -> None:
        """Lets go of the files of its modules, and of the picture."""
        self._picture.close()
        for image in self._images:
            image.close()


def _check_here(pid: int) -> None:
    if platform.system() != "Linux":
        raise Unsupported("live processes are looked at on Linux only; take a dump of it")
    proc.check_exists(pid)


def _arch(pid: int) -> str:
    """Of the executable: 32-bit programs run on 64-bit systems too."""
    try:
        with open(f"/proc/{pid}/exe", "rb") as file:
            head = file.read(20)
    except OSError as error:
        if isinstance(error, PermissionError):
            raise proc.refusal(pid, error.strerror or str(error)) from None
        head = b""
    arch = MACHINES.get(int.from_bytes(head[18:20], "little"), "")
    if head and (head[4] != 2 or arch != _ARCHES.get(os.uname().machine)):
        raise FormatUnsupported(f"pid {pid}", f"a program that is not {os.uname().machine}")
    return arch or _ARCHES.get(os.uname().machine, "x86_64")


def _as_header(mapped: proc.Mapped) -> ProgramHeader:
    """The mapping as a core would describe it: of a file's pages that are not to be written, it is
    left to the file."""
    size = mapped.end - mapped.start
    stored = 0 if (mapped.of_file and not mapped.flags & PF_W) or not mapped.flags & PF_R else size
    return ProgramHeader(PT_LOAD, mapped.flags, 0, mapped.start, 0, stored, size, 1)
