"""Small cores and executables of macOS, built field by field, for tests of `v8inspect.targets`.

`Image` makes an executable of three pages, `Core` a core of any segments, notes and threads.
Nothing here uses the code under test.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping, Optional, Sequence

PAGE = 0x4000
CPUS = {"x86_64": 0x01000007, "aarch64": 0x0100000C}
R, W, X = 1, 2, 4
EXECUTE, CORE, DYLIB, DYLINKER = 2, 4, 6, 7
UUID = bytes(range(0x10, 0x20))
UUID_TEXT = "10111213-1415-1617-1819-1A1B1C1D1E1F"
# fmt: off
X86_64 = [
    "rax", "rbx", "rcx", "rdx", "rdi", "rsi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
    "r13", "r14", "r15", "rip", "eflags", "cs", "fs", "gs",
]
# fmt: on
AARCH64 = [f"x{i}" for i in range(31)] + ["sp", "pc"]


def header(kind: int, arch: str, commands: Sequence[bytes], magic: int = 0xFEEDFACF) -> bytes:
    """A mach_header_64 with its load commands."""
    body = b"".join(commands)
    cpu = CPUS.get(arch, 0x12)
    return struct.pack("<8I", magic, cpu, 3, kind, len(commands), len(body), 0, 0) + body


def command(kind: int, data: bytes) -> bytes:
    """A load command, padded to 8 bytes."""
    data += bytes(-len(data) % 8)
    return struct.pack("<II", kind, 8 + len(data)) + data


def segment(
    start: int,
    size: int,
    offset: int,
    filesize: int,
    protection: int = R | W,
    name: bytes = b"",
    sections: Sequence[bytes] = (),
    flags: int = 0,
) -> bytes:
    """An LC_SEGMENT_64."""
    fields = (name, start, size, offset, filesize, 7, protection, len(sections), flags)
    return command(0x19, struct.pack("<16sQQQQIIII", *fields) + b"".join(sections))


def section(name: bytes, group: bytes, start: int, size: int, offset: int, kind: int = 0) -> bytes:
    """A section_64; kind 1 has no bytes in the file."""
    return struct.pack("<16s16sQQ8I", name, group, start, size, offset, 4, 0, 0, kind, 0, 0, 0)


def thread(*states: tuple[int, bytes]) -> bytes:
    """An LC_THREAD of states: (flavor, bytes)."""
    parts = [struct.pack("<II", flavor, len(state) // 4) + state for flavor, state in states]
    return struct.pack("<II", 4, 8 + sum(map(len, parts))) + b"".join(parts)


def wrapped(flavor: int, state: bytes) -> bytes:
    """A state as the kernel wraps those of x86-64."""
    return struct.pack("<II", flavor, len(state) // 4) + state


def registers(arch: str, values: Mapping[str, int]) -> bytes:
    """The general registers of a thread; those that are not given are zero."""
    names = X86_64 if arch == "x86_64" else AARCH64
    state = struct.pack(f"<{len(names)}Q", *(values.get(name, 0) for name in names))
    return state if arch == "x86_64" else state + bytes(8)


@dataclass
class Image:
    """An executable or library: __TEXT (R X), __DATA (RW), __LINKEDIT (R), a page each.

    `functions` are at offsets of __TEXT, `ints` 32-bit variables of __DATA, those of `zeros` in a
    section without bytes. Names are given without their underscore. `infos` makes it a dyld whose
    list of images is at the start of __DATA.
    """

    arch: str = "x86_64"
    kind: int = EXECUTE
    uuid: Optional[bytes] = UUID
    base: int = 0x100000000
    functions: dict[str, int] = field(default_factory=lambda: {"main": 0x1000, "other": 0x1100})
    ints: dict[str, int] = field(default_factory=lambda: {"v8dbg_one": 1, "v8dbg_two": -2})
    zeros: tuple[str, ...] = ("v8dbg_zero",)
    data: bytes = b""
    name: bytes = b""

    def parts(self) -> list[tuple[int, bytes, int]]:
        """(linked address, bytes, protection) of its segments."""
        data = bytearray(self.data.ljust(PAGE, b"\0"))
        names, symbols = b"\0", b""
        for i, (name, value) in enumerate(self.ints.items()):
            at = 0x2000 + 4 * i
            struct.pack_into("<i", data, at, value)
            symbols += struct.pack("<IBBHQ", len(names), 0xF, 2, 0, self.base + PAGE + at)
            names += b"_" + name.encode() + b"\0"
        for i, name in enumerate(self.zeros):
            symbols += struct.pack(
                "<IBBHQ", len(names), 0xF, 3, 0, self.base + PAGE + 0x3000 + 4 * i
            )
            names += b"_" + name.encode() + b"\0"
        for name, at in self.functions.items():
            symbols += struct.pack("<IBBHQ", len(names), 0xF, 1, 0, self.base + at)
            names += b"_" + name.encode() + b"\0"
        link = (symbols.ljust(0x2000, b"\0") + names).ljust(PAGE, b"\0")
        base, count = self.base, len(symbols) // 16
        text_sections = [section(b"__text", b"__TEXT", base + 0x1000, 0x2000, 0x1000)]
        data_sections = [
            section(b"__data", b"__DATA", base + PAGE + 0x2000, 0x1000, PAGE + 0x2000),
            section(b"__bss", b"__DATA", base + PAGE + 0x3000, 0x1000, 0, 1),
        ]
        if self.kind == DYLINKER:
            data_sections.append(section(b"__all_image_info", b"__DATA", base + PAGE, 0x100, PAGE))
        commands = [
            segment(base, PAGE, 0, PAGE, R | X, b"__TEXT", text_sections),
            segment(base + PAGE, PAGE, PAGE, PAGE, R | W, b"__DATA", data_sections),
            segment(base + 2 * PAGE, PAGE, 2 * PAGE, PAGE, R, b"__LINKEDIT"),
            command(2, struct.pack("<4I", 2 * PAGE, count, 2 * PAGE + 0x2000, len(names))),
        ]
        if self.uuid is not None:
            commands.append(command(0x1B, self.uuid))
        if self.name:
            commands.append(command(0xF, struct.pack("<I", 12) + self.name + b"\0"))
        head = header(self.kind, self.arch, commands)
        return [
            (base, head.ljust(PAGE, b"\xcc"), R | X),
            (base + PAGE, bytes(data), R | W),
            (base + 2 * PAGE, link, R),
        ]

    def bytes(self) -> bytes:
        """The file."""
        return b"".join(data for _, data, _ in self.parts())

    def write(self, path: Path) -> str:
        """Writes the file; its path."""
        path.write_bytes(self.bytes())
        return str(path)


def fat(images: Sequence[Image], wide: bool = False) -> bytes:
    """A universal file."""
    out, places = b"", []
    for image in images:
        data = image.bytes()
        places.append((CPUS[image.arch], 3, PAGE + len(out), len(data), 14))
        out += data
    head = struct.pack(">II", 0xCAFEBABF if wide else 0xCAFEBABE, len(images))
    for place in places:
        head += struct.pack(">IIQQII", *place, 0) if wide else struct.pack(">IIIII", *place)
    return head.ljust(PAGE, b"\0") + out


def all_image_infos(images: Sequence[tuple[int, str]], at: int) -> bytes:
    """dyld's list of (load address, path), to be put at address `at`."""
    array, paths = at + 0x400, b""
    rows = b""
    for load, path in images:
        rows += struct.pack("<QQQ", load, at + 0x1000 + len(paths), 0)
        paths += path.encode() + b"\0"
    head = struct.pack("<IIQ", 17, len(images), array)
    return (head.ljust(0x400, b"\0") + rows).ljust(0x1000, b"\0") + paths


@dataclass
class Core:
    """A core. `order` is that of the kernel: segments, notes, threads; LLDB's puts them last."""

    arch: str = "x86_64"
    lldb: bool = False
    segments: list[tuple[int, bytes, int, int]] = field(default_factory=list)
    notes: list[tuple[bytes, bytes]] = field(default_factory=list)
    threads: list[bytes] = field(default_factory=list)
    more: list[bytes] = field(default_factory=list)
    flags: int = 0

    def memory(
        self, start: int, data: bytes, size: Optional[int] = None, protection: int = R | W
    ) -> Core:
        """A segment of `size` bytes that begins with `data`."""
        self.segments.append((start, data, len(data) if size is None else size, protection))
        return self

    def image(self, image: Image, slide: int = 0) -> Core:
        """The segments of an image, slid."""
        for start, data, protection in image.parts():
            self.memory(start + slide, data, None, protection)
        return self

    def note(self, owner: bytes, data: bytes) -> Core:
        """A note; `list_images` makes one that has file offsets in it."""
        self.notes.append((owner, data))
        return self

    def list_images(self, images: Sequence[tuple[str, bytes, int, Sequence[int]]]) -> Core:
        """LLDB's "all image infos": (path, UUID, load address, starts of segments)."""
        return self.note(b"all image infos", _Listed(images))

    def thread(self, **values: int) -> Core:
        """A thread as LLDB writes them, without a trap."""
        flavor = 4 if self.arch == "x86_64" else 6
        self.threads.append(thread((flavor, registers(self.arch, values))))
        return self

    def bytes(self) -> bytes:
        """The file."""
        size = 32 + 72 * len(self.segments) + 40 * len(self.notes)
        size += sum(map(len, self.threads)) + sum(map(len, self.more))
        at, notes, body = size, [], []
        for owner, data in self.notes:
            data = data.at(at) if isinstance(data, _Listed) else data
            notes.append(command(0x31, struct.pack("<16sQQ", owner, at, len(data))))
            body.append(data)
            at += len(data)
        segments = []
        for start, data, length, protection in self.segments:
            segments.append(segment(start, length, at, len(data), protection, flags=self.flags))
            body.append(data)
            at += len(data)
        order = [notes, self.threads, segments] if self.lldb else [segments, notes, self.threads]
        head = header(CORE, self.arch, [c for part in order for c in part] + self.more)
        return b"".join([head, *body])

    def write(self, path: Path) -> str:
        """Writes the file; its path."""
        path.write_bytes(self.bytes())
        return str(path)


class _Listed(bytes):
    """The payload of "all image infos", which is made when its place in the file is known."""

    def __new__(cls, images: Sequence[tuple[str, bytes, int, Sequence[int]]]) -> _Listed:
        made = super().__new__(cls, _listed(images, 0))
        made.images = images
        return made

    images: Sequence[tuple[str, bytes, int, Sequence[int]]]

    def at(self, offset: int) -> bytes:
        """As it is at an offset of the file."""
        return _listed(self.images, offset)


def _listed(images: Sequence[tuple[str, bytes, int, Sequence[int]]], at: int) -> bytes:
    entries = at + 24
    segments = entries + 48 * len(images)
    paths = segments + 32 * sum(len(image[3]) for image in images)
    rows = groups = texts = b""
    for path, uuid, load, starts in images:
        place = (paths + len(texts), uuid, load, segments + len(groups), len(starts), 0)
        rows += struct.pack("<Q16sQQII", *place)
        last = len(starts) - 1
        for number, start in enumerate(starts):
            name = b"__TEXT" if number == 0 else b"__DATA" if number < last else b"__LINKEDIT"
            groups += struct.pack("<16sQQ", name, start, 0)
        texts += path.encode() + b"\0"
    return struct.pack("<IIQII", 1, len(images), entries, 48, 0) + rows + groups + texts
