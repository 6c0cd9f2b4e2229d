"""The memory that a core describes: its LC_SEGMENT_64s, of which the start may be in the file."""

from __future__ import annotations

from bisect import bisect_right
from typing import Iterable, Iterator, Optional, Sequence

from v8inspect.target import Buffer, Module, Region, Segment
from v8inspect.targets.macho.image import FileImage
from v8inspect.targets.macho.structs import PROT_R, PROT_W, PROT_X, Segment64
from v8inspect.targets.segments import ADDRESS_END, SegmentMap, disjoint, joined

_COMPRESSION = 0x70  # bits of the flags, of Apple's gcore


def is_compressed(segment: Segment64) -> bool:
    """Whether gcore has compressed its bytes. Full ones are as they are, whatever the flags."""
    return bool(segment.flags & _COMPRESSION) and 0 < segment.filesize < segment.vmsize


def end_in_file(segments: Iterable[Segment64]) -> int:
    """The size that the file must have to hold all of them."""
    return max((s.fileoff + _stored(s) for s in segments if _stored(s)), default=0)


def lost(segments: Iterable[Segment64], size: int) -> int:
    """Bytes of memory that a file of `size` bytes lacks."""
    return sum(max(0, min(_stored(s), s.fileoff + _stored(s) - size)) for s in segments)


def stored(segments: Iterable[Segment64], buffer: Buffer) -> list[Segment]:
    """What of them is in the file. The rest of a segment is absent, not zero."""
    size = len(buffer)
    return joined(
        disjoint(
            Segment(s.vmaddr, min(_stored(s), size - s.fileoff), buffer, s.fileoff)
            for s in segments
            if _stored(s) and s.fileoff < size
        )
    )


def from_file(image: FileImage, slide: int, memory: SegmentMap) -> Iterator[Segment]:
    """The gaps in `memory` that the file of an image fills, with what no process writes to."""
    for address, size, offset in image.unchanged():
        start = address + slide
        limit = min(start + min(size, max(0, image.file.size - offset)), ADDRESS_END)
        if not 0 <= start < limit:
            continue
        for low, high in memory.gaps(start, limit):
            yield Segment(low, high - low, image.file.buffer, offset + low - start)


def regions(
    segments: Iterable[Segment64], memory: SegmentMap, modules: Sequence[Module]
) -> list[Region]:
    """The segments as regions, sorted, without overlaps; `modules` are sorted by address."""
    out: list[Region] = []
    starts = [module.start for module in modules]
    end = 0
    for segment in sorted(segments, key=lambda s: s.vmaddr):
        start = max(segment.vmaddr, end)
        end = max(end, min(segment.vmaddr + segment.vmsize, ADDRESS_END))
        if start >= end:
            continue
        protection = segment.protection
        out.append(
            Region(
                start=start,
                size=end - start,
                present=memory.present(start, end - start),
                readable=bool(protection & PROT_R),
                writable=bool(protection & PROT_W),
                executable=bool(protection & PROT_X),
                file=_path_at(modules, starts, start),
            )
        )
    return out


def _path_at(modules: Sequence[Module], starts: Sequence[int], address: int) -> Optional[str]:
    i = bisect_right(starts, address) - 1
    return modules[i].path if i >= 0 and address < modules[i].end else None


def _stored(segment: Segment64) -> int:
    return min(segment.filesize, segment.vmsize, max(0, ADDRESS_END - segment.vmaddr))
