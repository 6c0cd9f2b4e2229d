"""Readers of dump files and of live processes. `open_dump` finds the one that a file needs by what
is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional, Sequence

from v8inspect.errors import NotADump
from v8inspect.target import Progress, Target
from v8inspect.targets.elf.core import ElfCore, core_header
from v8inspect.targets.elf.structs import MAGIC
from v8inspect.targets.files import Files, MappedFile
from v8inspect.targets.sniff import HEAD, compression, describe, is_macho_core, is_minidump

if TYPE_CHECKING:
    from v8inspect.targets.live.process import ReadThreads

__all__ = ["open_dump", "open_process"]


def open_dump(
    path: str,
    exe: Optional[str] = None,
    sysroot: Optional[str] = None,
    progress: Optional[Progress] = None,
) -> Target:
    """The target in the dump file `path`, mapped; a compressed one is unpacked first (`progress`
    is told of the compressed bytes).

    `exe` is the executable that made the dump, `sysroot` a folder that holds the files of its
    machine under their paths. Raises DumpNotFound, NotADump, DumpDamaged, FormatUnsupported; for
    compressed files also ModuleNeeded and NoSpace.
    """
    files = Files(exe, sysroot)
    file = MappedFile.open(path)
    try:
        head = file.buffer[:HEAD]
        kind = compression(head)
        make = None if kind is not None else _reader(path, head)
    except BaseException:
        file.close()
        raise
    if make is not None:
        return make(file, path, files, ())
    assert kind is not None
    file.close()
    return _open_compressed(path, kind, files, progress)


def open_process(
    pid: int,
    exe: Optional[str] = None,
    sysroot: Optional[str] = None,
    stop: bool = True,
    held: Optional[ReadThreads] = None,
    progress: Optional[Progress] = None,
) -> Target:
    """A picture of the memory of process `pid`, which is stopped for it (not if `stop` is False,
    and not if a debugger holds it: `held` gives its threads then).

    `exe` and `sysroot` as in `open_dump`, found by themselves where the process says them. Raises
    ProcessNotFound, ProcessRefused, NoRoom, FormatUnsupported, Unsupported (no Linux).
    """
    from v8inspect.targets.live.process import LiveProcess

    return LiveProcess(pid, Files(exe, sysroot), stop, held, progress)


def _open_compressed(path: str, kind: str, files: Files, progress: Optional[Progress]) -> Target:
    from v8inspect.targets.compressed import Unpacker

    unpacker = Unpacker(path, kind, progress)
    try:
        head = unpacker.peek()
        if compression(head) is not None:
            raise NotADump(path, f"{kind} data, compressed twice")
        try:
            make = _reader(path, head)
        except NotADump as error:
            raise NotADump(path, f"{error.found}, compressed with {kind}") from None
        unpacked = unpacker.unpack()
    finally:
        unpacker.close()
    return make(unpacked.file, path, files, unpacked.warnings)


_Maker = Callable[[MappedFile, str, Files, Sequence[str]], Target]
"""Makes a target of a mapped file: (file, name of the dump, files that it may use, warnings)."""


def _reader(path: str, head: bytes) -> _Maker:
    """What reads a file that begins with `head`. Raises NotADump, FormatUnsupported, DumpDamaged:
    known before a compressed one is unpacked."""
    if is_minidump(head):
        return _minidump(path, head)
    if is_macho_core(head):
        from v8inspect.targets.macho.core import MachoCore, macho_header

        macho_header(path, head)
        return MachoCore
    if not head.startswith(MAGIC):
        raise NotADump(path, describe(head))
    core_header(path, head)
    return ElfCore


def _minidump(path: str, head: bytes) -> _Maker:
    from v8inspect.targets.minidump.dump import Minidump, minidump_header

    def make(file: MappedFile, name: str, files: Files, warnings: Sequence[str]) -> Target:
        return Minidump(file, name, warnings, files.exe)

    minidump_header(path, head)
    return make
