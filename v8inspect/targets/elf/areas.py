"""The memory that a core describes: its PT_LOADs as areas, and the bytes that fill them.

Bytes come from the core itself, and where the core left them out, from the accepted file that was
mapped there: only bytes that the process had not changed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Iterable, Iterator, NamedTuple, Optional, Sequence

from v8inspect.target import Buffer, Region, Segment
from v8inspect.targets.elf.modules import Loaded
from v8inspect.targets.elf.process import Mapping
from v8inspect.targets.elf.structs import PF_R, PF_W, PF_X, PT_LOAD, ProgramHeader
from v8inspect.targets.segments import ADDRESS_END, SegmentMap, disjoint


class Area(NamedTuple):
    """[start, end) of the address space. `stored` bytes of it are in the core by its header;
    those that a truncated core lost are among them."""

    start: int
    end: int
    flags: int
    stored: int
    offset: int


class Areas:
    """The areas of a core, sorted by address, without overlaps (the first keeps its own).

    gdb's gcore writes no PT_LOAD for mapped files that the process had not changed: `mappings`
    (NT_FILE) that nothing covers are areas too, of unknown protection until `complete`.
    """

    def __init__(self, phdrs: Iterable[ProgramHeader], mappings: Sequence[Mapping]) -> None:
        self._all = _disjoint_areas(phdrs)
        self._starts = [area.start for area in self._all]
        self._unlisted = {m.start: m for m in mappings if not self._within(m.start, m.end)}
        if self._unlisted:
            self._all += [
                Area(m.start, m.end, PF_R | PF_X, 0, 0)
                for m in self._unlisted.values()
                if m.end <= ADDRESS_END
            ]
            self._all = _without_overlaps(self._all)
            self._starts = [area.start for area in self._all]
        # The kernel writes out pages that were changed, unless coredump_filter says to write no
        # anonymous memory at all: then nothing writable is in the core.
        self._has_changed_pages = any(a.stored for a in self._all if a.flags & PF_W)

    @property
    def end_in_file(self) -> int:
        """The size that the file must have to hold all of them."""
        return max((a.offset + a.stored for a in self._all if a.stored), default=0)

    def lost(self, size: int) -> int:
        """Bytes of memory that a file of `size` bytes lacks."""
        return sum(max(0, min(a.stored, a.offset + a.stored - size)) for a in self._all)

    def stored(self, buffer: Buffer) -> list[Segment]:
        """What of them is in the core file, which may be shorter than it should."""
        size = len(buffer)
        return disjoint(
            Segment(a.start, min(a.stored, size - a.offset), buffer, a.offset)
            for a in self._all
            if a.stored and a.offset < size
        )

    def complete(self, modules: Iterable[Loaded]) -> None:
        """Gives areas without a PT_LOAD the protection that their module's headers say."""
        if not self._unlisted:
            return
        flags = {
            mapping.start: _flags_at(module, mapping)
            for module in modules
            for mapping in module.mappings
            if mapping.start in self._unlisted
        }
        self._all = [
            area._replace(flags=flags.get(area.start, PF_R))
            if area.start in self._unlisted
            else area
            for area in self._all
        ]

    def is_code(self, start: int, end: int) -> bool:
        """Whether any of [start, end) is executable."""
        return any(area.flags & PF_X for area in self._within(start, end))

    def from_files(self, modules: Iterable[Loaded], memory: SegmentMap) -> Iterator[Segment]:
        """The gaps in `memory` that the accepted files fill."""
        for module in modules:
            if module.image is None:
                continue
            for load in module.image.loads:
                for start, end, shift in _file_ranges(load, module):
                    for area in self._within(start, end):
                        if (load.flags | area.flags) & PF_W and not self._is_clean(area):
                            continue
                        first = max(start, area.start)
                        for low, high in memory.gaps(first, min(end, area.end)):
                            high = min(high, module.image.file.size - shift)
                            if low < high:
                                yield Segment(low, high - low, module.image.buffer, low + shift)

    def regions(self, memory: SegmentMap, mappings: Sequence[Mapping]) -> list[Region]:
        """The areas as regions; `mappings` name their files."""
        starts = [mapping.start for mapping in mappings]
        return [
            Region(
                start=area.start,
                size=area.end - area.start,
                present=memory.present(area.start, area.end - area.start),
                readable=bool(area.flags & PF_R),
                writable=bool(area.flags & PF_W),
                executable=bool(area.flags & PF_X),
                file=_path_at(mappings, starts, area.start),
            )
            for area in self._all
        ]

    def _is_clean(self, area: Area) -> bool:
        """Whether the kernel left the area out because the process had not changed it."""
        return area.stored == 0 and self._has_changed_pages

    def _within(self, start: int, end: int) -> Sequence[Area]:
        first = max(0, bisect_right(self._starts, start) - 1)
        last = bisect_left(self._starts, end)
        if first < last and self._all[first].end <= start:
            first += 1
        return self._all[first:last]


def _disjoint_areas(phdrs: Iterable[ProgramHeader]) -> list[Area]:
    return _without_overlaps(
        Area(
            p.vaddr,
            min(p.vaddr + p.memsz, ADDRESS_END),
            p.flags,
            min(p.filesz, p.memsz, max(0, ADDRESS_END - p.vaddr)),
            p.offset,
        )
        for p in phdrs
        if p.type == PT_LOAD
    )


def _without_overlaps(areas: Iterable[Area]) -> list[Area]:
    kept: list[Area] = []
    end = 0
    for area in sorted(areas, key=lambda area: area.start):
        cut = max(0, end - area.start)
        if area.start + cut < area.end:
            if cut:
                stored = max(0, area.stored - cut)
                area = Area(end, area.end, area.flags, stored, area.offset + cut)
            kept.append(area)
            end = area.end
    return kept


def _flags_at(module: Loaded, mapping: Mapping) -> int:
    """The protection of the PT_LOAD that `mapping` is of."""
    page = module.page_size
    for load in module.phdrs:
        if load.type == PT_LOAD:
            offset = module.offsets.get(load.vaddr, load.offset)
            first = offset & -page
            if first <= mapping.offset < offset + load.filesz:
                at = mapping.offset - first + module.slide + (load.vaddr & -page)
                if at == mapping.start:
                    return load.flags
    return PF_R


def _file_ranges(load: ProgramHeader, module: Loaded) -> Iterator[tuple[int, int, int]]:
    """(start, end, file offset - address) where the pages of `load` are mapped: as linked, and
    those that are not writable anywhere else too."""
    page = module.page_size
    low = load.offset & -page
    high = load.offset + load.filesz
    high += -high % page
    moved = load.offset - module.offsets.get(load.vaddr, load.offset)
    linked = low - (module.slide + (load.vaddr & -page))
    for mapping in module.mappings:
        shift = mapping.offset + moved - mapping.start
        start, end = max(low - shift, mapping.start), min(high - shift, mapping.end)
        if start < end and (shift == linked or not load.flags & PF_W):
            yield start, end, shift


def _path_at(mappings: Sequence[Mapping], starts: Sequence[int], address: int) -> Optional[str]:
    i = bisect_right(starts, address) - 1
    return mappings[i].path if i >= 0 and address < mappings[i].end else None
