"""What the core needs from a dump file or a live process, and nothing more.

A target is bytes, regions, threads, modules and symbols. It knows nothing of V8.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Mapping, Optional, Protocol, Sequence

Progress = Callable[[str, int, int], None]
"""Called between slices of long work with (what, done, total); raises to stop the work."""


@dataclass(frozen=True)
class Region:
    """A mapped range of the address space: `size` bytes from `start`, of which the first `present`
    can be read here (from the dump or from the mapped file `file`, if any)."""

    start: int
    size: int
    present: int
    readable: bool
    writable: bool
    executable: bool
    file: Optional[str] = None


@dataclass(frozen=True)
class Segment:
    """Bytes of the target that lie side by side in one buffer: `size` bytes at target address
    `start` are `buffer[offset:offset + size]`. A `hole` is a run of zeros that the file does not
    store (a sparse file): right to read, useless to search."""

    start: int
    size: int
    buffer: Buffer
    offset: int
    hole: bool = False


@dataclass(frozen=True)
class Thread:
    """One thread. `registers` has the architecture's own names: rip, rsp, rbp, …; x0 …, fp, lr, sp,
    pc."""

    tid: int
    registers: Mapping[str, int]
    name: Optional[str] = None
    signal: int = 0


@dataclass(frozen=True)
class Module:
    """An executable or library in the target. `start`/`end` span its mappings, `path` is as the
    dump says, `file` what we opened for it (None: not found or refused, `problem` says why)."""

    path: str
    start: int
    end: int
    build_id: Optional[str] = None
    file: Optional[str] = None
    problem: Optional[str] = None
    is_executable: bool = False
    version: Optional[str] = None  # of the file, where the dump says: '20.20.2.0'


@dataclass(frozen=True)
class DumpFacts:
    """What the dump says of the process as a whole; None where it does not say."""

    format: str  # 'ELF core', 'Windows minidump', 'macOS core'
    pid: Optional[int] = None
    signal: Optional[int] = None
    signal_code: Optional[int] = None
    fault_address: Optional[int] = None
    command: Optional[str] = None
    auxv: Mapping[int, int] = field(default_factory=dict)
    size: int = 0  # bytes of the file as its size says
    stored: int = 0  # bytes that are really on disk
    lost: int = 0  # bytes of memory that its headers promise and the file lacks (truncated)
    warnings: Sequence[str] = ()  # one line each: truncated, wrong build id, no executable, …
    notes: Sequence[str] = ()  # one line each, of what is as it should be: how long it was stopped
    pac_mask: int = 0  # aarch64: the bits of a return address that hold its signature
    platform: str = "linux"  # 'linux', 'windows', 'darwin': whose calling convention
    exception_code: Optional[int] = None  # Windows: of the exception that ended the process
    partial: bool = False  # of a kind that leaves most memory out: stacks and little else, mostly


class Buffer(Protocol):
    """A read-only buffer (mmap or bytes)."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: slice) -> bytes: ...


class Target(Protocol):
    """The seam between a dump (or process) and everything that knows V8."""

    name: str
    """Path of the dump, or `pid N`."""
    arch: str
    """'x86_64' or 'aarch64'."""
    facts: DumpFacts

    def regions(self) -> Sequence[Region]: ...

    def segments(self) -> Sequence[Segment]:
        """All readable bytes, sorted by address, not overlapping."""
        ...

    def read(self, address: int, size: int) -> bytes:
        """Exactly `size` bytes; raises MemoryUnreadable that names the first missing address."""
        ...

    def read_partial(self, address: int, size: int) -> bytes:
        """As many of `size` bytes from `address` on as are there without a gap; may be empty."""
        ...

    def threads(self) -> Sequence[Thread]:
        """The one that crashed first."""
        ...

    def modules(self) -> Sequence[Module]: ...

    def symbol(self, name: str) -> Optional[int]:
        """Address of a symbol in the target's address space, or None."""
        ...

    def symbols(self, prefix: str) -> Mapping[str, int]:
        """All symbols whose name starts with `prefix`, with their addresses."""
        ...

    def symbol_ints(self, prefix: str) -> Mapping[str, int]:
        """The 32-bit signed integers at these symbols, as the linker put them there: constants.
        Those in .bss are 0, whether or not the dump holds that memory."""
        ...

    def symbol_at(self, address: int) -> Optional[tuple[str, int]]:
        """(name as linked, bytes from its start) of the function that holds `address`, or None."""
        ...

    def check_unchanged(self) -> None:
        """Raises DumpChanged when the file is not what it was when it was opened."""
        ...

    def close(self) -> None: ...
