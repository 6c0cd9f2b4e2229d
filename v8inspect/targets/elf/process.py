"""What the notes of a core say of the process: threads, signal, command, mapped files, auxv.

The layouts are the kernel's (include/linux/elfcore.h, fs/binfmt_elf.c): the same on x86-64 and
AArch64 but for the registers.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from struct import Struct
from typing import Iterable, NamedTuple, Optional

from v8inspect.limits import MAX_MODULES, MAX_PATH, MAX_SEGMENTS, MAX_THREADS
from v8inspect.target import Buffer, Thread
from v8inspect.targets.elf.structs import notes

_NT_PRSTATUS = 1
_NT_PRPSINFO = 3
_NT_AUXV = 6
_NT_SIGINFO = 0x53494749
_NT_FILE = 0x46494C45
_NT_ARM_PAC_MASK = 0x406
_DECODED = {_NT_PRSTATUS, _NT_PRPSINFO, _NT_AUXV, _NT_SIGINFO}
_DECODED_BYTES = 4096  # more than any of them has

# fmt: off
_X86_64 = (
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx",
    "rsi", "rdi", "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds",
    "es", "fs", "gs",
)
# fmt: on
_AARCH64 = tuple(f"x{i}" for i in range(31)) + ("sp", "pc", "pstate")
_ALIASES = {"aarch64": {"fp": "x29", "lr": "x30"}}
_REGISTERS = {"x86_64": _X86_64, "aarch64": _AARCH64}

_PAIR = Struct("<QQ")
_RANGE = Struct("<QQQ")
_U64 = Struct("<Q")
_I32 = Struct("<i")
_I16 = Struct("<h")
_STATUS_REGISTERS = 112  # offset of the registers in NT_PRSTATUS
# Signals whose siginfo holds an address: ILL, TRAP, BUS, FPE, SEGV.
_FAULTS = (4, 5, 7, 8, 11)
_AT_PAGESZ = 6
_SI_KERNEL = 0x80  # from the kernel, without an address


class Mapping(NamedTuple):
    """[start, end) of the address space is file `path` from `offset` on (bytes)."""

    start: int
    end: int
    offset: int
    path: str


@dataclass
class Process:
    """The notes, decoded. None and empty: the dump does not say."""

    threads: list[Thread] = field(default_factory=list)
    pid: Optional[int] = None
    name: Optional[str] = None  # at most 15 bytes
    command: Optional[str] = None  # at most 79 bytes
    signal: Optional[int] = None
    signal_code: Optional[int] = None
    fault_address: Optional[int] = None
    auxv: dict[int, int] = field(default_factory=dict)
    mappings: list[Mapping] = field(default_factory=list)
    page_size: int = 4096
    pac_mask: int = 0


def read_process(buffer: Buffer, ranges: Iterable[tuple[int, int]], arch: str) -> Process:
    """Decodes the notes in `ranges` of the core file; what is cut or senseless is left out."""
    process = Process()
    mapped = False
    for start, end in ranges:
        for note in notes(buffer, start, end):
            if note.name == b"CORE" and note.type == _NT_FILE:
                if not mapped and note.size >= 16:
                    data = buffer[note.offset : note.offset + note.size]
                    process.mappings = _mappings(data)
                mapped = True
            elif note.name == b"CORE" and note.type in _DECODED:
                data = buffer[note.offset : note.offset + min(note.size, _DECODED_BYTES)]
                _decode(process, note.type, data, arch)
            elif note.name == b"LINUX" and note.type == _NT_ARM_PAC_MASK and note.size >= 16:
                process.pac_mask = _PAIR.unpack(buffer[note.offset : note.offset + 16])[1]
    page_size = process.auxv.get(_AT_PAGESZ, 0)
    if 4096 <= page_size <= 1 << 20 and page_size & (page_size - 1) == 0:
        process.page_size = page_size
    _name_main_thread(process)
    if process.signal is None and process.threads:
        process.signal = process.threads[0].signal or None
    return process


def _decode(process: Process, kind: int, data: bytes, arch: str) -> None:
    if kind == _NT_PRSTATUS:
        if len(process.threads) < MAX_THREADS:
            thread = _thread(data, arch)
            if thread is not None:
                process.threads.append(thread)
    elif kind == _NT_PRPSINFO and len(data) >= 136:
        process.pid = _I32.unpack_from(data, 24)[0]
        process.name = _word(data[40:56]) or None
        process.command = _word(data[56:136]).strip() or process.name
    elif kind == _NT_SIGINFO and len(data) >= 24 and process.signal is None:
        process.signal = _I32.unpack_from(data, 0)[0]
        process.signal_code = _I32.unpack_from(data, 8)[0]
        if process.signal in _FAULTS and 0 < process.signal_code != _SI_KERNEL:
            process.fault_address = _U64.unpack_from(data, 16)[0]
    elif kind == _NT_AUXV and not process.auxv:
        process.auxv = _auxv(data)


def _thread(data: bytes, arch: str) -> Optional[Thread]:
    registers = registers_of(data[_STATUS_REGISTERS:], arch)
    if registers is None:
        return None
    # The kernel writes the signal twice, gdb's gcore only the second time.
    signal = _I32.unpack_from(data, 0)[0] or _I16.unpack_from(data, 12)[0]
    return Thread(_I32.unpack_from(data, 32)[0], registers, None, signal)


def registers_of(data: bytes, arch: str) -> Optional[dict[str, int]]:
    """The general registers as the kernel lays them out; None where `data` is too short."""
    names = _REGISTERS[arch]
    struct = Struct(f"<{len(names)}Q")
    if len(data) < struct.size:
        return None
    registers = dict(zip(names, struct.unpack_from(data)))
    for alias, name in _ALIASES.get(arch, {}).items():
        registers[alias] = registers[name]
    return registers


def _name_main_thread(process: Process) -> None:
    """Kernels put one thread name in a core: that of the thread that NT_PRPSINFO is of."""
    for i, thread in enumerate(process.threads):
        if thread.tid == process.pid and process.name:
            process.threads[i] = Thread(thread.tid, thread.registers, process.name, thread.signal)
            return


def _auxv(data: bytes) -> dict[int, int]:
    auxv: dict[int, int] = {}
    for key, value in _PAIR.iter_unpack(data[: len(data) & -16]):
        if key == 0:
            break
        auxv.setdefault(key, value)
    return auxv


def _mappings(data: bytes) -> list[Mapping]:
    # Offsets are in pages from the kernel, in bytes from gdb's gcore, which says "page size 1".
    count, unit = _PAIR.unpack_from(data)
    count = min(count, (len(data) - 16) // _RANGE.size, MAX_SEGMENTS)
    table = 16 + count * _RANGE.size
    paths = data[table:].split(b"\0", count)
    known: dict[bytes, str] = {}
    out = []
    for (start, end, offset), path in zip(_RANGE.iter_unpack(data[16:table]), paths):
        name = known.get(path)
        if name is None:
            if len(known) == MAX_MODULES:
                break
            name = known[path] = _text(path[:MAX_PATH])
        if start < end and name:
            out.append(Mapping(start, end, offset * unit, name))
    out.sort()
    return out


def _text(data: bytes) -> str:
    return os.fsdecode(data.split(b"\0", 1)[0])


def _word(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")
