"""Readers of dump files. `open_dump` finds the one that a file needs by what is in it."""

from __future__ import annotations

from typing import Optional

from v8inspect.errors import FormatUnsupported, NotADump
from v8inspect.target import Progress, Target
from v8inspect.targets.elf.core import ElfCore, core_header
from v8inspect.targets.elf.modules import Files
from v8inspect.targets.elf.structs import MAGIC
from v8inspect.targets.files import MappedFile
from v8inspect.targets.sniff import HEAD, compression, describe, foreign_dump

__all__ = ["open_dump"]


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
        if kind is None:
            _require_core(path, head)
    except BaseException:
        file.close()
        raise
    if kind is None:
        return ElfCore(file, path, files)
    file.close()
    return _open_compressed(path, kind, files, progress)


def _open_compressed(path: str, kind: str, files: Files, progress: Optional[Progress]) -> Target:
    from v8inspect.targets.compressed import Unpacker

    unpacker = Unpacker(path, kind, progress)
    try:
        head = unpacker.peek()
        if compression(head) is not None:
            raise NotADump(path, f"{kind} data, compressed twice")
        try:
            _require_core(path, head)
        except NotADump as error:
            raise NotADump(path, f"{error.found}, compressed with {kind}") from None
        unpacked = unpacker.unpack()
    finally:
        unpacker.close()
    return ElfCore(unpacked.file, path, files, unpacked.warnings)


def _require_core(path: str, head: bytes) -> None:
    """Raises what is wrong with a file that begins with `head` as an ELF core."""
    foreign = foreign_dump(head)
    if foreign is not None:
        raise FormatUnsupported(path, foreign)
    if not head.startswith(MAGIC):
        raise NotADump(path, describe(head))
    core_header(path, head)
