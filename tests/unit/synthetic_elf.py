"""Small ELF cores and executables, built field by field, for tests of `v8inspect.targets`.

`Image` makes an executable of five pages, `Core` a core of any segments and notes. Nothing here
uses the code under test.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, Sequence

PAGE = 4096
MACHINES = {"x86_64": 62, "aarch64": 183}
R, W, X = 4, 2, 1
# fmt: off
X86_64 = [
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx",
    "rsi", "rdi", "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds",
    "es", "fs", "gs",
]
# fmt: on
AARCH64 = [f"x{i}" for i in range(31)] + ["sp", "pc", "pstate"]


def pattern(size: int, seed: int = 1) -> bytes:
    """`size` bytes in which every 8-byte word differs and none is zero."""
    words = (size + 7) // 8
    return struct.pack(f"<{words}Q", *(((seed << 40) + i) * 2 + 1 for i in range(words)))[:size]


def note(name: bytes, kind: int, data: bytes) -> bytes:
    """One note, padded to 4 bytes."""
    name += b"\0"
    head = struct.pack("<III", len(name), len(data), kind)
    return head + name + bytes(-len(name) % 4) + data + bytes(-len(data) % 4)


def elf_header(
    kind: int,
    machine: int,
    phnum: int,
    *,
    phoff: int = 64,
    entry: int = 0,
    shoff: int = 0,
    shnum: int = 0,
    ident: bytes = b"\x7fELF\x02\x01\x01",
) -> bytes:
    """An ELF64 header."""
    return struct.pack(
        "<16sHHIQQQIHHHHHH",
        ident,
        kind,
        machine,
        1,
        entry,
        phoff,
        shoff,
        0,
        64,
        56,
        phnum,
        64,
        shnum,
        0,
    )


def program_header(
    kind: int, flags: int, offset: int, vaddr: int, filesz: int, memsz: int, align: int = PAGE
) -> bytes:
    """An ELF64 program header."""
    return struct.pack("<IIQQQQQQ", kind, flags, offset, vaddr, 0, filesz, memsz, align)


def section_header(kind: int, addr: int, offset: int, size: int, link: int = 0) -> bytes:
    """An ELF64 section header."""
    return struct.pack("<IIQQQQIIQQ", 0, kind, 0, addr, offset, size, link, 0, 8, 0)


@dataclass
class Image:
    """An executable: headers and symbols (R, 2 pages), text (RX, 2), data (RW, 1 + 2 of .bss).

    `ints` are 32-bit variables in .data, those of `zeros` are in .bss; `hidden` ones in .symtab
    only, with the `functions` (address from the base, size). `base` is the linked address: 0 makes
    it position-independent.
    """

    machine: str = "x86_64"
    build_id: Optional[bytes] = bytes(range(20))
    base: int = 0x400000
    ints: dict[str, int] = field(default_factory=lambda: {"v8dbg_one": 1, "v8dbg_two": -2})
    zeros: tuple[str, ...] = ("v8dbg_zero",)
    hidden: dict[str, int] = field(default_factory=lambda: {"secret": 77})
    functions: dict[str, tuple[int, int]] = field(default_factory=dict)
    text: bytes = pattern(2 * PAGE, 7)

    ENTRY = 0x2010

    def bytes(self) -> bytes:
        """The file."""
        data = bytearray(pattern(PAGE, 9))
        places: dict[str, tuple[int, int]] = {}  # name -> (section, address)
        for i, (name, value) in enumerate({**self.ints, **self.hidden}.items()):
            struct.pack_into("<i", data, 16 + 4 * i, value)
            places[name] = (4, self.base + 0x4000 + 16 + 4 * i)
        for i, name in enumerate(self.zeros):
            places[name] = (5, self.base + 0x5000 + 4 * i)
        dynamic, dynamic_names = _symbols({n: p for n, p in places.items() if n not in self.hidden})
        full, full_names = _symbols({n: p for n, p in places.items() if n in self.hidden})
        for name, (start, size) in self.functions.items():
            full += struct.pack("<IBBHQQ", len(full_names), 2, 0, 3, self.base + start, size)
            full_names += name.encode() + b"\0"
        notes = note(b"GNU", 3, self.build_id) if self.build_id is not None else b""
        phdrs = self._phdrs(len(notes))
        head = bytearray(2 * PAGE)
        sections = [
            section_header(0, 0, 0, 0),
            section_header(11, self.base + 0x1000, 0x1000, len(dynamic), 2),
            section_header(3, self.base + 0x1800, 0x1800, len(dynamic_names)),
            section_header(1, self.base + 0x2000, 0x2000, 2 * PAGE),
            section_header(1, self.base + 0x4000, 0x4000, PAGE),
            section_header(8, self.base + 0x5000, 0x5000, 2 * PAGE),
            section_header(2, 0, 0x5000, len(full), 7),
            section_header(3, 0, 0x5000 + len(full), len(full_names)),
        ]
        shoff = 0x5000 + len(full) + len(full_names)
        head[: 64 + len(phdrs)] = (
            elf_header(
                2 if self.base else 3,
                MACHINES[self.machine],
                len(phdrs) // 56,
                entry=self.base + self.ENTRY,
                shoff=shoff,
                shnum=len(sections),
            )
            + phdrs
        )
        head[0x400 : 0x400 + len(notes)] = notes
        head[0x1000 : 0x1000 + len(dynamic)] = dynamic
        head[0x1800 : 0x1800 + len(dynamic_names)] = dynamic_names
        return bytes(head) + self.text + bytes(data) + full + full_names + b"".join(sections)

    def _phdrs(self, notes: int) -> bytes:
        base = self.base
        return b"".join(
            (
                program_header(6, R, 64, base + 64, 5 * 56, 5 * 56, 8),
                program_header(1, R, 0, base, 2 * PAGE, 2 * PAGE),
                program_header(1, R | X, 0x2000, base + 0x2000, 2 * PAGE, 2 * PAGE),
                program_header(1, R | W, 0x4000, base + 0x4000, PAGE, 3 * PAGE),
                program_header(4, R, 0x400, base + 0x400, notes, notes, 4),
            )
        )


def _symbols(places: dict[str, tuple[int, int]]) -> tuple[bytes, bytes]:
    table, names = bytes(24), b"\0"
    for name, (section, address) in places.items():
        table += struct.pack("<IBBHQQ", len(names), 0x11, 0, section, address, 4)
        names += name.encode() + b"\0"
    return table, names


@dataclass
class Load:
    """A PT_LOAD: `data` is stored, the rest of `size` is absent."""

    start: int
    data: bytes
    size: int
    flags: int = R | W
    align: int = PAGE  # of the file offset; 1: just behind the one before
    offset: int = 0


@dataclass
class Core:
    """A core under construction; `bytes()` or `write()` makes it."""

    machine: str = "x86_64"
    loads: list[Load] = field(default_factory=list)
    notes: bytes = b""
    kind: int = 4
    extended_phnum: bool = False
    offsets: dict[int, int] = field(default_factory=dict)  # start -> file offset, once built

    def load(
        self, start: int, data: bytes, size: int = 0, flags: int = R | W, align: int = PAGE
    ) -> Core:
        """Adds a segment of `size` bytes (default: those of `data`)."""
        self.loads.append(Load(start, data, size or len(data), flags, align))
        return self

    def thread(self, tid: int = 100, signal: int = 6, cursig: int = -1, **registers: int) -> Core:
        """Adds NT_PRSTATUS; registers that are not given hold 1000 + their place."""
        names = X86_64 if self.machine == "x86_64" else AARCH64
        values = [registers.get(name, 1000 + i) for i, name in enumerate(names)]
        head = bytearray(112)
        struct.pack_into("<i", head, 0, signal)
        struct.pack_into("<h", head, 12, signal if cursig < 0 else cursig)
        struct.pack_into("<i", head, 32, tid)
        body = struct.pack(f"<{len(values)}Q", *values)
        return self.note(b"CORE", 1, bytes(head) + body + bytes(8))

    def process(
        self, pid: int = 100, name: bytes = b"node", command: bytes = b"node app.js "
    ) -> Core:
        """Adds NT_PRPSINFO."""
        data = bytes(24) + struct.pack("<i", pid) + bytes(12)
        return self.note(b"CORE", 3, data + name.ljust(16, b"\0") + command.ljust(80, b"\0"))

    def siginfo(self, signal: int, code: int, address: int = 0) -> Core:
        """Adds NT_SIGINFO."""
        data = struct.pack("<iiiiQ", signal, 0, code, 0, address)
        return self.note(b"CORE", 0x53494749, data.ljust(128, b"\0"))

    def auxv(self, values: dict[int, int]) -> Core:
        """Adds NT_AUXV."""
        pairs = [*values.items(), (0, 0)]
        return self.note(b"CORE", 6, b"".join(struct.pack("<QQ", *pair) for pair in pairs))

    def files(self, mappings: list[tuple[int, int, int, str]], unit: int = PAGE) -> Core:
        """Adds NT_FILE: (start, end, offset in bytes, path)."""
        data = struct.pack("<QQ", len(mappings), unit)
        for start, end, offset, _ in mappings:
            data += struct.pack("<QQQ", start, end, offset // unit)
        for *_, path in mappings:
            data += path.encode() + b"\0"
        return self.note(b"CORE", 0x46494C45, data)

    def note(self, name: bytes, kind: int, data: bytes) -> Core:
        """Adds any note."""
        self.notes += note(name, kind, data)
        return self

    def bytes(self) -> bytes:
        """The whole file."""
        count = len(self.loads) + 1
        at = 64 + 56 * count + (64 if self.extended_phnum else 0)
        out = bytearray(at)
        out += self.notes
        phdrs = [program_header(4, 0, at, 0, len(self.notes), 0, 4)]
        for load in self.loads:
            out += bytes(-len(out) % load.align)
            load.offset = self.offsets[load.start] = len(out)
            out += load.data
            stored = len(load.data)
            phdrs.append(program_header(1, load.flags, load.offset, load.start, stored, load.size))
        if not self.extended_phnum:
            header = elf_header(self.kind, MACHINES[self.machine], count)
        else:
            section = bytearray(section_header(0, 0, 0, 0))
            struct.pack_into("<I", section, 44, count)
            shoff = 64 + 56 * count
            header = elf_header(self.kind, MACHINES[self.machine], 0xFFFF, shoff=shoff, shnum=1)
            out[shoff : shoff + 64] = section
        out[:64] = header
        out[64 : 64 + 56 * count] = b"".join(phdrs)
        return bytes(out)

    def write(self, path: Path) -> str:
        """Writes the file with a hole for each page of zeros; returns its path."""
        data = self.bytes()
        with path.open("wb") as out:
            for at in range(0, len(data), PAGE):
                if data[at : at + PAGE].strip(b"\0"):
                    out.seek(at)
                    out.write(data[at : at + PAGE])
            out.truncate(len(data))
        return str(path)


def mappings_of(image: Image, path: str, slide: int = 0) -> list[tuple[int, int, int, str]]:
    """What NT_FILE says of a loaded `image`."""
    base = image.base + slide
    return [
        (base, base + 0x2000, 0, path),
        (base + 0x2000, base + 0x4000, 0x2000, path),
        (base + 0x4000, base + 0x5000, 0x4000, path),
    ]


def process_core(
    image: Image,
    path: str,
    slide: int = 0,
    whole: bool = False,
    more: Sequence[tuple[int, int, int, str]] = (),
) -> Core:
    """A core of a process that runs `image` under `path`, as the kernel writes it: the first page
    of the file, changed data; with `whole` its text too. `more` mappings are in NT_FILE."""
    file = image.bytes()
    base = image.base + slide
    bss = bytes(2 * PAGE)
    core = Core(image.machine)
    core.load(base, file[: 2 * PAGE if whole else PAGE], 2 * PAGE, R)
    core.load(base + 0x2000, file[0x2000:0x4000] if whole else b"", 2 * PAGE, R | X)
    core.load(base + 0x4000, file[0x4000:0x5000], flags=R | W)
    core.load(base + 0x5000, bss, flags=R | W)
    core.thread(100).process(100)
    core.auxv({3: base + 64, 4: 56, 5: 5, 6: PAGE, 9: base + image.ENTRY})
    return core.files([*mappings_of(image, path, slide), *more])
