"""Targets for the tests of the layout: memory made of bytes, and ELF files read the simple way."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass, field
from typing import Mapping, Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.target import DumpFacts, Module, Region, Segment, Thread

VERSIONS = ("10.2", "10.8", "11.3", "11.8", "12.4", "12.9", "13.6", "14.1", "14.6")
NODES = {
    "10.2": ("18.20.8", "10.2.154.26-node.39"),
    "10.8": ("19.8.1", "10.8.168.25-node.12"),
    "11.3": ("20.20.2", "11.3.244.8-node.38"),
    "11.8": ("21.7.3", "11.8.172.17-node.20"),
    "12.4": ("22.23.3", "12.4.254.21-node.57"),
    "12.9": ("23.11.1", "12.9.202.28-node.14"),
    "13.6": ("24.21.0", "13.6.233.17-node.53"),
    "14.1": ("25.9.0", "14.1.146.11-node.25"),
    "14.6": ("26.10.0", "14.6.202.34-node.34"),
}
"""V8 to (Node.js, the whole version of V8)."""


@dataclass
class FakeTarget:
    """A Target whose memory is the `segments` given; unlisted parts of the Protocol are empty."""

    segments_: Sequence[Segment]
    symbols_: Mapping[str, int] = field(default_factory=dict)
    modules_: Sequence[Module] = ()
    read_only: Sequence[int] = ()  # starts of segments that are not writable
    name: str = "fake"
    arch: str = "x86_64"
    facts: DumpFacts = field(default_factory=lambda: DumpFacts("fake"))

    def regions(self) -> Sequence[Region]:
        return [
            Region(s.start, s.size, s.size, True, s.start not in self.read_only, False)
            for s in self.segments_
        ]

    def segments(self) -> Sequence[Segment]:
        return self.segments_

    def read_partial(self, address: int, size: int) -> bytes:
        for s in self.segments_:
            if s.start <= address < s.start + s.size:
                at = s.offset + address - s.start
                return bytes(s.buffer[at : min(at + size, s.offset + s.size)])
        return b""

    def read(self, address: int, size: int) -> bytes:
        data = self.read_partial(address, size)
        if len(data) < size:
            raise MemoryUnreadable(address, size, address + len(data))
        return data

    def threads(self) -> Sequence[Thread]:
        return ()

    def modules(self) -> Sequence[Module]:
        return self.modules_

    def symbol(self, name: str) -> Optional[int]:
        return self.symbols_.get(name)

    def symbols(self, prefix: str) -> Mapping[str, int]:
        return {name: at for name, at in self.symbols_.items() if name.startswith(prefix)}

    def check_unchanged(self) -> None:
        return None

    def close(self) -> None:
        return None


def memory(*blocks: tuple[int, bytes]) -> list[Segment]:
    """Segments of (address, bytes)."""
    return [Segment(start, len(data), data, 0) for start, data in blocks]


def with_ints(ints: Mapping[str, int], text: bytes = b"") -> FakeTarget:
    """A target with these v8dbg symbols (names without the prefix) and `text` in its memory."""
    base, symbols, data = 0x1000, {}, b""
    for name, value in ints.items():
        symbols["v8dbg_" + name] = base + len(data)
        data += struct.pack("<i", value)
    return FakeTarget(memory((base, data), (0x100000, text)), symbols)


def elf(path: str, symbols: bool = True) -> FakeTarget:
    """An ELF file as a target: a core, or a binary at the addresses of its own PT_LOADs."""
    with open(path, "rb") as file:
        image = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    table, count = struct.unpack_from("<Q", image, 32)[0], struct.unpack_from("<H", image, 56)[0]
    segments, read_only = [], []
    for i in range(count):
        kind, flags, offset, start, _, size, whole, _ = struct.unpack_from(
            "<IIQQQQQQ", image, table + 56 * i
        )
        if kind != 1:
            continue
        size = min(size, len(image) - offset)
        segments.append(Segment(start, size, image, offset))
        if not flags & 2:
            read_only.append(start)
        if symbols and whole > size:  # .bss of a binary; of a core it was never dumped
            segments.append(Segment(start + size, whole - size, bytes(whole - size), 0))
    segments.sort(key=lambda segment: segment.start)
    found = _dynamic_symbols(image) if symbols else {}
    return FakeTarget([s for s in segments if s.size], found, read_only=read_only, name=path)


def _dynamic_symbols(image: mmap.mmap) -> dict[str, int]:
    sections, size, count = (
        struct.unpack_from("<Q", image, 40)[0],
        *struct.unpack_from("<HH", image, 58),
    )
    headers = [struct.unpack_from("<IIQQQQIIQQ", image, sections + size * i) for i in range(count)]
    found = {}
    for header in headers:
        if header[1] != 11:  # SHT_DYNSYM
            continue
        names = headers[header[6]][4]
        for at in range(header[4], header[4] + header[5], 24):
            name, _, _, section, value = struct.unpack_from("<IBBHQ", image, at)
            if section:
                end = image.find(b"\0", names + name)
                found[image[names + name : end].decode("latin-1")] = value
    return found


def test_memory_reads_across_what_is_there() -> None:
    target = FakeTarget(memory((0x1000, b"abcd")))
    assert target.read(0x1001, 3) == b"bcd"
    assert target.read_partial(0x1001, 9) == b"bcd"
