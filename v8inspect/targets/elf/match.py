"""Whether a file here is the one that was mapped in the process, and where it was loaded.

Equal build ids settle it, different ones refuse the file: a wrong binary gives wrong answers, not
missing ones. Where the dump has no build id, the headers, the mapped ranges and the entry point
must agree.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence

from v8inspect.targets.elf.image import Image, image_build_id, linked_headers
from v8inspect.targets.elf.process import Mapping, Process
from v8inspect.targets.elf.structs import (
    ET_DYN,
    ET_EXEC,
    MACHINES,
    PT_LOAD,
    ProgramHeader,
    header,
    program_headers,
)
from v8inspect.targets.segments import SegmentMap

AT_PHDR, AT_PHNUM, AT_ENTRY, AT_EXECFN = 3, 5, 9, 31
_HEAD = 1 << 16  # bytes at the start of an image that are looked at in memory


class InMemory(NamedTuple):
    """What the dump holds of an image's own headers."""

    entry: int
    phdrs: tuple[ProgramHeader, ...]
    build_id: Optional[str]


def in_memory(memory: SegmentMap, base: int) -> Optional[InMemory]:
    """The headers of the image whose file begins at `base` (kernels dump its first page)."""
    data = memory.read_partial(base, _HEAD)
    head = header(data)
    if head is None or head.type not in (ET_EXEC, ET_DYN):
        return None
    phdrs, count = program_headers(data, head)
    if len(phdrs) != count:
        return None
    return InMemory(head.entry, tuple(phdrs), image_build_id(data, phdrs))


def judge(
    image: Image,
    known: Optional[InMemory],
    mappings: Sequence[Mapping],
    process: Process,
    machine: int,
    is_main: bool,
) -> tuple[int, Optional[str]]:
    """(slide, None), or (0, why the file is not the one that was mapped)."""
    if image.header.machine != machine:
        name = MACHINES.get(image.header.machine, f"machine {image.header.machine}")
        return 0, f"is for {name}"
    if known is not None:
        if known.build_id and image.build_id:
            if known.build_id != image.build_id:
                return 0, f"build id {image.build_id}, the dump has {known.build_id}"
        elif known.entry != image.header.entry or list(known.phdrs) != [*image.program_headers]:
            return 0, "its program headers differ from those in the dump"
    page = process.page_size
    if mappings:
        slide = slide_by_mappings(image.program_headers, mappings, page)
        if not _fits(image, mappings, page):
            slide = None
        if known is not None and moved_offsets(image, known):
            slide = slide_by_mappings(known.phdrs, mappings, page)
    else:
        slide = slide_by_auxv(
            image.program_headers, process.auxv.get(AT_PHDR, 0), image.header.phoff
        )
    if slide is None:
        return 0, "its segments are not those that the dump has mapped"
    entry = process.auxv.get(AT_ENTRY)
    if is_main and entry and image.header.entry + slide != entry:
        return 0, "its entry point differs from that in the dump"
    count = process.auxv.get(AT_PHNUM)
    if is_main and count and len(image.program_headers) != count:
        return 0, "its program headers are not as many as the dump says"
    return slide, None


def moved_offsets(image: Image, known: Optional[InMemory]) -> dict[int, int]:
    """Where the segments were in the file that was mapped, by linked address, if they are elsewhere
    in this file of the same build: `strip` closes gaps. Empty where nothing moved."""
    if known is None or not known.build_id or known.build_id != image.build_id:
        return {}
    there = [phdr for phdr in known.phdrs if phdr.type == PT_LOAD]
    if [p._replace(offset=0) for p in there] != [p._replace(offset=0) for p in image.loads]:
        return {}
    moved = any(a.offset != b.offset for a, b in zip(there, image.loads))
    return {phdr.vaddr: phdr.offset for phdr in there} if moved else {}


def slide_by_mappings(
    phdrs: Sequence[ProgramHeader], mappings: Sequence[Mapping], page: int
) -> Optional[int]:
    """The slide by where the file's pages are; None where no mapping begins a segment."""
    # That of the file's start first: another one may be a second map, elsewhere.
    for mapping in sorted(mappings, key=lambda m: m.offset != 0):
        for phdr in phdrs:
            if phdr.type == PT_LOAD and phdr.offset & -page == mapping.offset:
                return mapping.start - (phdr.vaddr & -page)
    return None


def slide_by_auxv(phdrs: Sequence[ProgramHeader], address: int, phoff: int = 64) -> Optional[int]:
    """The slide by AT_PHDR, the address of the program headers; None where it is not known."""
    linked = linked_headers(phdrs, phoff)
    return None if linked is None or not address else address - linked


def _fits(image: Image, mappings: Sequence[Mapping], page: int) -> bool:
    """Whether every mapping lies within the segments, and those within the file."""
    ends = [load.offset + load.filesz for load in image.loads]
    if not ends or max(ends) > image.file.size:
        return False
    limit = max(ends) + -max(ends) % page
    return all(m.offset + (m.end - m.start) <= limit for m in mappings)


def mappings_of(phdrs: Sequence[ProgramHeader], slide: int, page: int, path: str) -> list[Mapping]:
    """What the loader maps of an image's file."""
    out = []
    for load in phdrs:
        if load.type == PT_LOAD and load.filesz:
            start = slide + (load.vaddr & -page)
            end = slide + load.vaddr + load.filesz
            out.append(Mapping(start, end + -end % page, load.offset & -page, path))
    return sorted(out)
