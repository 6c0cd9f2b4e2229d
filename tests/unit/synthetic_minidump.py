"""Small Windows minidumps, built field by field, for tests of `v8inspect.targets.minidump`.

Streams are laid out as MiniDumpWriteDump does: descriptions first, the memory of a full dump last.
Nothing here uses the code under test.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

PAGE = 4096
MACHINES = {"x86_64": 9, "aarch64": 12}
# fmt: off
X86_64 = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
    "r13", "r14", "r15", "rip",
]
# fmt: on
AARCH64 = [f"x{i}" for i in range(31)] + ["sp", "pc"]
GUID = bytes.fromhex("0ca8f6eb14df574ea991358c73d3d147")
GUID_TEXT = "EBF6A80C-DF14-4E57-A991-358C73D3D147"
COMMIT, RESERVE, FREE = 0x1000, 0x2000, 0x10000
PRIVATE, IMAGE = 0x20000, 0x1000000
READONLY, READWRITE, EXECUTE_READ, NOACCESS, GUARD = 2, 4, 0x20, 1, 0x104


def context(machine: str, registers: dict[str, int]) -> bytes:
    """A CONTEXT; registers that are not given hold 1000 + their place."""
    if machine == "aarch64":
        values = [registers.get(name, 1000 + i) for i, name in enumerate(AARCH64)]
        return struct.pack("<II33Q", 0x400007, 0x60000000, *values).ljust(912, b"\0")
    values = [registers.get(name, 1000 + i) for i, name in enumerate(X86_64)]
    head = bytes(0x30) + struct.pack(
        "<II6HI", 0x10000F, 0, 0x33, 0x2B, 0x2B, 0x53, 0x2B, 0x2B, 0x246
    )
    return (head.ljust(0x78, b"\0") + struct.pack("<17Q", *values)).ljust(1232, b"\0")


def text(value: str) -> bytes:
    """A MINIDUMP_STRING."""
    data = value.encode("utf-16-le")
    return struct.pack("<I", len(data)) + data + b"\0\0"


def fixed_info(version: Optional[tuple[int, int, int, int]]) -> bytes:
    """A VS_FIXEDFILEINFO of a file version; zeros without one."""
    if version is None:
        return bytes(52)
    a, b, c, d = version
    high, low = a << 16 | b, c << 16 | d
    return struct.pack("<13I", 0xFEEF04BD, 0x10000, high, low, high, low, 0, 0, 0, 0, 0, 0, 0)


def rsds(guid: bytes = GUID) -> bytes:
    """A CodeView record of a PDB."""
    return b"RSDS" + guid + struct.pack("<I", 1) + b"c:\\ws\\out\\Release\\node.pdb\0"


def image(version: tuple[int, int, int, int], guid: bytes = GUID) -> bytes:
    """The first pages of a mapped executable: headers, a debug directory, a version resource."""
    data = bytearray(2 * PAGE)
    data[:2] = b"MZ"
    struct.pack_into("<I", data, 0x3C, 0x80)
    data[0x80:0x84] = b"PE\0\0"
    directories = 0x80 + 24 + 112
    record = rsds(guid)
    struct.pack_into("<II", data, directories + 8 * 2, PAGE, 0x200)
    struct.pack_into("<II", data, directories + 8 * 6, PAGE + 0x400, 28)
    data[PAGE + 0x40 : PAGE + 0x40 + 52] = fixed_info(version)
    struct.pack_into("<IIHHIIII", data, PAGE + 0x400, 0, 0, 0, 0, 2, len(record), PAGE + 0x500, 0)
    data[PAGE + 0x500 : PAGE + 0x500 + len(record)] = record
    return bytes(data)


@dataclass
class Minidump:
    """A minidump under construction; `bytes()` or `write()` makes it."""

    machine: str = "x86_64"
    machine_number: Optional[int] = None
    full: bool = True  # Memory64List, else MemoryList
    padded: bool = False  # 4 bytes behind the counts of lists
    ranges: list[tuple[int, bytes]] = field(default_factory=list)
    regions: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    threads: list[tuple[int, dict[str, int]]] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    modules: list[tuple[int, int, str, Optional[tuple[int, int, int, int]], bytes]] = field(
        default_factory=list
    )
    raised: Optional[tuple[int, int, int, list[int], Optional[dict[str, int]]]] = None
    pid: Optional[int] = 100
    extra: list[tuple[int, bytes]] = field(default_factory=list)
    offsets: dict[int, int] = field(default_factory=dict)  # start -> file offset, once built

    def memory(self, start: int, data: bytes) -> Minidump:
        """Adds a range of memory."""
        self.ranges.append((start, data))
        return self

    def region(
        self, start: int, size: int, protect: int, state: int = COMMIT, kind: int = PRIVATE
    ) -> Minidump:
        """Adds an entry of MemoryInfoList."""
        self.regions.append((start, size, protect, state, kind))
        return self

    def thread(self, tid: int, name: str = "", **registers: int) -> Minidump:
        """Adds a thread."""
        self.threads.append((tid, registers))
        if name:
            self.names[tid] = name
        return self

    def module(
        self,
        base: int,
        size: int,
        path: str,
        version: Optional[tuple[int, int, int, int]] = None,
        codeview: bytes = b"",
    ) -> Minidump:
        """Adds a module."""
        self.modules.append((base, size, path, version, codeview))
        return self

    def exception(
        self, tid: int, code: int, address: int, *parameters: int, **registers: int
    ) -> Minidump:
        """Adds the Exception stream; with registers it has a context of its own."""
        self.raised = (tid, code, address, list(parameters), registers or None)
        return self

    def bytes(self) -> bytes:
        """The whole file."""
        streams = 1 + sum(
            map(
                bool,
                (self.ranges, self.regions, self.threads, self.names, self.modules, self.raised,
                 self.pid is not None),
            )
        ) + len(self.extra)  # fmt: skip
        out = bytearray(32 + 12 * streams)
        directory: list[tuple[int, int, int]] = []

        def add(kind: int, data: bytes) -> None:
            directory.append((kind, len(data), len(out)))
            out.extend(data)

        def put(data: bytes) -> int:
            out.extend(data)
            return len(out) - len(data)

        number = MACHINES[self.machine] if self.machine_number is None else self.machine_number
        add(7, struct.pack("<HHHBBIIIII", number, 6, 0, 2, 1, 10, 0, 19045, 2, 0).ljust(56, b"\0"))
        for kind, data in self.extra:
            add(kind, data)
        if self.pid is not None:
            add(15, struct.pack("<6I", 24, 3, self.pid, 1_700_000_000, 2, 1))
        if self.threads:
            rows = b""
            for tid, registers in self.threads:
                data = context(self.machine, registers)
                at = put(data)
                rows += struct.pack("<IIIIQQIIII", tid, 0, 32, 0, 0, 0, 0, 0, len(data), at)
            add(3, self._list(len(self.threads), rows))
        if self.names:
            rows = b"".join(
                struct.pack("<IQ", tid, put(text(name))) for tid, name in self.names.items()
            )
            add(24, struct.pack("<I", len(self.names)) + rows)
        if self.modules:
            rows = b""
            for base, size, path, version, codeview in self.modules:
                name, record = put(text(path)), put(codeview)
                rows += struct.pack("<QIIII", base, size, 0, 0, name) + fixed_info(version)
                rows += struct.pack("<IIIIQQ", len(codeview), record if codeview else 0, 0, 0, 0, 0)
            add(4, self._list(len(self.modules), rows))
        if self.raised is not None:
            tid, code, address, parameters, values = self.raised
            data = context(self.machine, values) if values else b""
            at = put(data) if data else 0
            words = (parameters + [0] * 15)[:15]
            head = struct.pack("<IIIIQQII", tid, 0, code, 0, 0, address, len(parameters), 0)
            add(6, head + struct.pack("<15QII", *words, len(data), at))
        if self.regions:
            rows = b"".join(
                struct.pack("<QQIIQIII4x", start, start, protect, 0, size, state, protect, kind)
                for start, size, protect, state, kind in self.regions
            )
            add(16, struct.pack("<IIQ", 16, 48, len(self.regions)) + rows)
        if self.ranges:
            self._memory(out, add)
        out[:32] = struct.pack(
            "<4sIIIIIQ", b"MDMP", 0xA793, len(directory), 32, 0, 0, 2 if self.full else 0
        )
        for i, entry in enumerate(directory):
            struct.pack_into("<III", out, 32 + 12 * i, *entry)
        return bytes(out)

    def _list(self, count: int, rows: bytes) -> bytes:
        return struct.pack("<I", count) + (bytes(4) if self.padded else b"") + rows

    def _memory(self, out: bytearray, add: object) -> None:
        assert callable(add)
        if self.full:
            rows = b"".join(struct.pack("<QQ", start, len(data)) for start, data in self.ranges)
            base = len(out) + 16 + len(rows)
            add(9, struct.pack("<QQ", len(self.ranges), base) + rows)
            for start, data in self.ranges:
                self.offsets[start] = len(out)
                out += data
            return
        rows = []
        for start, data in self.ranges:
            self.offsets[start] = len(out)
            rows.append(struct.pack("<QII", start, len(data), len(out)))
            out += data
        add(5, self._list(len(self.ranges), b"".join(rows)))

    def write(self, path: Path) -> str:
        """Writes the file; returns its path."""
        path.write_bytes(self.bytes())
        return str(path)
