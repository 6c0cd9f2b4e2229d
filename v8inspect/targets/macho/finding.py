"""Where the images of a core are: by its notes, by dyld's list in memory, by their headers.

Source: mach-o/dyld_images.h of macOS; DUMPS.md §3.3. Whatever a note says, an image is believed to
be of a kind only by its header, where the core has that.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from struct import Struct
from typing import Iterable, Iterator, Optional, Sequence

from v8inspect.limits import MAX_MODULES, MAX_PATH
from v8inspect.target import Segment
from v8inspect.targets.macho.image import Shape, shape_at
from v8inspect.targets.macho.notes import ListedImage
from v8inspect.targets.macho.structs import MAGIC, MH_DYLINKER, MH_EXECUTE, text
from v8inspect.targets.segments import SegmentMap

_PAGE = 0x1000  # images begin at pages; those of arm64 are greater
_ALL_INFOS = Struct("<IIQ")  # version, count, address of the array
_INFO = Struct("<QQQ")  # load address, address of the path, time of the file
_INFOS_SECTION = "__all_image_info"
_MAX_IMAGES = 4096  # whose headers are read; a process of Node.js has some hundreds
_MAX_SEARCHED = 512 << 20  # bytes that are searched for headers that begin no region


@dataclass(frozen=True)
class Found:
    """An image in the process. `shape` is None where its header is not in the core."""

    path: str
    load: Optional[int]
    uuid: Optional[str] = None
    segments: Sequence[tuple[str, int]] = ()
    shape: Optional[Shape] = None


@dataclass(frozen=True)
class Images:
    """All images, and which of them is the executable."""

    all: Sequence[Found]
    main: Optional[Found]


class ImageFinder:
    """Finds the images of one core in `memory`; each header is read once."""

    def __init__(self, memory: SegmentMap, starts: Iterable[int]) -> None:
        """`starts` are the addresses of regions."""
        self._memory = memory
        self._starts = starts
        self._shapes: dict[int, Optional[Shape]] = {}

    def find(
        self, listed: Sequence[ListedImage], main: Optional[ListedImage], hint: Optional[int]
    ) -> Images:
        """`listed` and `main` are as the notes have them, `hint` is an address of the main one."""
        found = [self._with_header(image) for image in listed]
        if not found:
            headers = self._headers()
            found = self._by_dyld(headers) or [
                Found(shape.name, address, shape.uuid, (), shape)
                for address, shape in headers
                if shape.filetype != MH_DYLINKER
            ]
        if main is not None:
            found = self._merged(found, main)
        executable = self._main(found, main, hint)
        if executable is None and hint is not None and self._shape(hint) is not None:
            executable = self._with_header(ListedImage("", hint))
            found.append(executable)
        return Images(found, executable)

    def _merged(self, found: list[Found], main: ListedImage) -> list[Found]:
        if any(_same(image, main) for image in found):
            return found
        return [self._with_header(main), *found]

    def _main(
        self, found: Sequence[Found], main: Optional[ListedImage], hint: Optional[int]
    ) -> Optional[Found]:
        for image in found:
            if main is not None and _same(image, main):
                return image
        for image in found:
            if hint is not None and image.load == hint:
                return image
        executables = [i for i in found if i.shape and i.shape.filetype == MH_EXECUTE]
        if executables:
            return executables[0]
        # Without headers (modified memory only) by the path: dyld lists the executable first.
        return next((i for i in found if i.shape is None and not _is_library(i.path)), None)

    def _with_header(self, image: ListedImage) -> Found:
        shape = None if image.load is None else self._shape(image.load)
        uuid = image.uuid or (shape.uuid if shape is not None else None)
        if shape is not None and shape.uuid is not None and shape.uuid != uuid:
            shape = None  # another image lies there by now, or the note is wrong
        return Found(image.path, image.load, uuid, image.segments, shape)

    def _shape(self, address: int) -> Optional[Shape]:
        if address not in self._shapes:
            if len(self._shapes) >= _MAX_IMAGES:
                return None
            self._shapes[address] = shape_at(self._memory.read_partial, address)
        return self._shapes[address]

    def _headers(self) -> list[tuple[int, Shape]]:
        """Images that begin a region; if the executable is not among them, those at any page."""
        known = dict(self._at(self._starts))
        if not any(shape.filetype == MH_EXECUTE for shape in known.values()):
            known.update(self._at(_pages_with_magic(self._memory.segments)))
        return sorted(known.items(), key=lambda item: item[0])

    def _at(self, addresses: Iterable[int]) -> Iterator[tuple[int, Shape]]:
        for address in addresses:
            if self._memory.read_partial(address, len(MAGIC)) != MAGIC:
                continue
            shape = self._shape(address)
            if shape is not None:
                yield address, shape

    def _by_dyld(self, headers: Sequence[tuple[int, Shape]]) -> list[Found]:
        """The list that dyld keeps for debuggers, and dyld itself."""
        for address, shape in headers:
            if shape.filetype != MH_DYLINKER:
                continue
            section = shape.section(_INFOS_SECTION)
            if section is None:
                continue
            infos = section.addr + address - shape.base
            images = [self._with_header(image) for image in self._listed_by_dyld(infos)]
            if images:
                return [*images, Found(shape.name, address, shape.uuid, (), shape)]
        return []

    def _listed_by_dyld(self, address: int) -> Iterator[ListedImage]:
        read = self._memory.read_partial
        head = read(address, _ALL_INFOS.size)
        if len(head) < _ALL_INFOS.size:
            return
        _, count, array = _ALL_INFOS.unpack(head)
        table = read(array, _INFO.size * min(count, MAX_MODULES)) if array else b""
        for load, path, _ in _INFO.iter_unpack(table[: len(table) // _INFO.size * _INFO.size]):
            yield ListedImage(text(read(path, MAX_PATH)), load)


def _pages_with_magic(segments: Sequence[Segment]) -> Iterator[int]:
    left = _MAX_SEARCHED
    for segment in segments:
        if segment.hole or left <= 0:
            continue
        size = min(segment.size, left)
        left -= size
        for at in range(-segment.start % _PAGE, size, _PAGE):
            begin = segment.offset + at
            if segment.buffer[begin : begin + len(MAGIC)] == MAGIC:
                yield segment.start + at


def _same(image: Found, main: ListedImage) -> bool:
    if image.load is not None and main.load is not None:
        return image.load == main.load
    return main.uuid is not None and image.uuid == main.uuid


def is_of_system(path: str) -> bool:
    """Whether it is a library of macOS itself."""
    return path.startswith(("/usr/lib/", "/System/"))


def _is_library(path: str) -> bool:
    name = posixpath.basename(path)
    return (
        not path
        or ".dylib" in name
        or name == "dyld"
        or is_of_system(path)
        or name.endswith((".node", ".so", ".bundle"))
    )
