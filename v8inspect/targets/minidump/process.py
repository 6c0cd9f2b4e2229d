"""What the streams of a minidump say of the process: system, threads, modules, exception, times."""

from __future__ import annotations

import ntpath
from dataclasses import dataclass, field
from struct import Struct
from typing import NamedTuple, Optional, Sequence

from v8inspect.limits import MAX_MODULES, MAX_THREADS
from v8inspect.target import Buffer, Module, Thread
from v8inspect.targets.minidump import pe
from v8inspect.targets.minidump.structs import (
    EXCEPTION,
    MISC_INFO,
    MODULE,
    MODULE_LIST,
    SYSTEM_INFO,
    THREAD,
    THREAD_LIST,
    THREAD_NAMES,
    Stream,
    Times,
    codeview_guid,
    counted,
    fixed_version,
    registers,
    text,
)

_SYSTEM = Struct("<HHHBBIIII")
_EXCEPTION = Struct("<IIIIQQII15QII")
_MISC = Struct("<IIIIII")
_THREAD_NAME = Struct("<IQ")
_HAS_PID, _HAS_TIMES = 1, 2  # MISC_INFO flags
_MAX_CODEVIEW = 1024
_UNKNOWN_MACHINE = -1

# Exception codes (winnt.h, ntstatus.h).
ACCESS_VIOLATION, IN_PAGE_ERROR, BREAKPOINT = 0xC0000005, 0xC0000006, 0x80000003
_WITH_ADDRESS = (ACCESS_VIOLATION, IN_PAGE_ERROR)  # the second parameter is the address
# The signals that stand for them: what Windows' own C runtime raises, and SIGTRAP.
SIGNALS = {
    BREAKPOINT: 5,
    0x80000004: 5,  # single step
    ACCESS_VIOLATION: 11,
    IN_PAGE_ERROR: 7,
    0xC000001D: 4,  # illegal instruction
    0xC0000096: 4,  # privileged instruction
    0xC000008C: 8,  # array bounds exceeded
    0xC0000094: 8,  # integer divided by zero
    0xC00000FD: 11,  # stack overflow
    0xC0000409: 6,  # fast fail, of abort() too
    0xC0000602: 6,  # fail fast exception
}


class Exception_(NamedTuple):
    """What was raised, where, in which thread; `fault` is the address of a failed access."""

    tid: int
    code: int
    address: int
    fault: Optional[int]
    registers: dict[str, int]


@dataclass
class Process:
    """The streams, decoded. None and empty: the dump does not say."""

    machine: int = _UNKNOWN_MACHINE
    arch: str = "x86_64"
    platform: int = 2
    system: tuple[int, int, int] = (0, 0, 0)  # version of Windows: major, minor, build
    pid: Optional[int] = None
    times: Optional[Times] = None
    exception: Optional[Exception_] = None
    threads: list[Thread] = field(default_factory=list)
    announced_threads: int = 0
    modules: list[Module] = field(default_factory=list)  # sorted by address
    announced_modules: int = 0


def read_system(buffer: Buffer, streams: Sequence[Stream]) -> Process:
    """The machine and the version of its system, to begin with."""
    process = Process()
    for stream in streams:
        data = buffer[stream.rva : stream.rva + min(stream.size, _SYSTEM.size)]
        if stream.type == SYSTEM_INFO and len(data) == _SYSTEM.size:
            row = _SYSTEM.unpack(data)
            process.machine, process.system, process.platform = row[0], row[5:8], row[8]
            break
    return process


def read_process(
    buffer: Buffer, streams: Sequence[Stream], process: Process, read: pe.Read
) -> None:
    """Completes `process`, whose `arch` is known; `read` reads the memory of the dump."""
    names: dict[int, str] = {}
    for stream in streams:
        if stream.type == THREAD_NAMES and not names:
            names = _thread_names(buffer, stream)
    for stream in streams:
        if stream.type == MISC_INFO and process.pid is None:
            _misc(buffer, stream, process)
        elif stream.type == THREAD_LIST and not process.threads:
            table, process.announced_threads = counted(buffer, stream, THREAD, MAX_THREADS)
            for row in THREAD.iter_unpack(table):
                values = registers(buffer, process.arch, row[8], row[9])
                if values:
                    process.threads.append(Thread(row[0], values, names.get(row[0])))
        elif stream.type == MODULE_LIST and not process.modules:
            _modules(buffer, stream, process, read)
        elif stream.type == EXCEPTION and process.exception is None:
            process.exception = _exception(buffer, stream, process.arch)
    _crashed_first(process)


def _misc(buffer: Buffer, stream: Stream, process: Process) -> None:
    data = buffer[stream.rva : stream.rva + min(stream.size, _MISC.size)]
    if len(data) < 12:
        return
    _, flags, pid, created, user, kernel = _MISC.unpack(data.ljust(_MISC.size, b"\0"))
    if flags & _HAS_PID:
        process.pid = pid
    if flags & _HAS_TIMES and len(data) == _MISC.size:
        process.times = Times(created, user, kernel)


def _thread_names(buffer: Buffer, stream: Stream) -> dict[int, str]:
    table, _ = counted(buffer, stream, _THREAD_NAME, MAX_THREADS)
    return {tid: text(buffer, rva) for tid, rva in _THREAD_NAME.iter_unpack(table)}


def _exception(buffer: Buffer, stream: Stream, arch: str) -> Optional[Exception_]:
    data = buffer[stream.rva : stream.rva + min(stream.size, _EXCEPTION.size)]
    if len(data) < _EXCEPTION.size:
        return None
    tid, _, code, _, _, address, count, _, *rest = _EXCEPTION.unpack(data)
    fault = rest[1] if code in _WITH_ADDRESS and count >= 2 else None
    return Exception_(tid, code, address, fault, registers(buffer, arch, rest[15], rest[16]))


def _modules(buffer: Buffer, stream: Stream, process: Process, read: pe.Read) -> None:
    table, process.announced_modules = counted(buffer, stream, MODULE, MAX_MODULES)
    rows = list(MODULE.iter_unpack(table))
    paths = [text(buffer, row[4]) for row in rows]
    # The loader lists the executable first; a dump by somebody else may not.
    main = next((i for i, path in enumerate(paths) if path.lower().endswith(".exe")), 0)
    for i, (row, path) in enumerate(zip(rows, paths)):
        base, size = row[0], row[1]
        version = fixed_version(row[5:18])
        record = buffer[row[19] : row[19] + min(row[18], _MAX_CODEVIEW)] if row[19] else b""
        guid = codeview_guid(record)
        if i == main:
            version = version or pe.version(read, base)
            guid = guid or pe.guid(read, base)
        process.modules.append(
            Module(
                path=path,
                start=base,
                end=base + size,
                build_id=guid,
                is_executable=i == main,
                version=None if version is None else str(version),
            )
        )
    process.modules.sort(key=lambda module: module.start)


def _crashed_first(process: Process) -> None:
    """Puts the thread of the exception first, as it was then: its own context is that of the
    handler, or of the writer of the dump."""
    exception = process.exception
    if exception is None:
        return
    if _is_injected(process, exception):
        process.exception = None
        return
    threads = process.threads
    at = next((i for i, thread in enumerate(threads) if thread.tid == exception.tid), None)
    old = threads.pop(at) if at is not None else None
    values = exception.registers or (old.registers if old is not None else {})
    if values:
        name = old.name if old is not None else None
        threads.insert(0, Thread(exception.tid, values, name))


def _is_injected(process: Process, exception: Exception_) -> bool:
    """Whether it is the breakpoint by which a debugger stops a process: in ntdll, in a thread that
    the debugger has made. It is not what the program died of."""
    return exception.code == BREAKPOINT and any(
        module.start <= exception.address < module.end
        and ntpath.basename(module.path).lower() == "ntdll.dll"
        for module in process.modules
    )
