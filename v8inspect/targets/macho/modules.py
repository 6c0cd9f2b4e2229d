"""The images of a core as modules: which file here is the executable, and everybody's symbols.

Only the executable is looked for here: libraries of macOS are in a shared cache that only its own
machine has. A file is used if its UUID is the one in the dump.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Mapping, Optional, Sequence

from v8inspect.target import Module
from v8inspect.targets.files import Files
from v8inspect.targets.macho.finding import Found, Images, is_of_system
from v8inspect.targets.macho.image import FileImage, Image, MemoryImage, NotAnImage, Read, Shape
from v8inspect.targets.macho.symbols import Symbol

_MASK = (1 << 64) - 1  # addresses wrap around, as those of a hostile file may


@dataclass(frozen=True)
class Loaded:
    """A module with its symbols, if there are any. A linked address + `slide` is a real one."""

    module: Module
    image: Optional[Image] = None
    slide: int = 0


class ModuleList:
    """The modules of one core; `loaded` (the executable first), `file` and `warnings` result."""

    def __init__(self, images: Images, cpu: int, files: Files, read: Read) -> None:
        self.file: Optional[FileImage] = None  # of the executable, to be closed by the caller
        self.warnings: list[str] = []
        self.loaded: list[Loaded] = []
        self._cpu = cpu
        self._files = files
        self._read = read
        self._starts = sorted(
            {(at, image.load or 0) for image in images.all for _, at in image.segments}
        )
        for image in images.all:
            if image.load is not None and image is not images.main:
                self.loaded.append(self._library(image))
        main = images.main
        if main is not None:
            self.loaded.insert(0, self._executable(main))
        elif files.exe:
            self.warnings.append(
                f"the executable is not used: nothing in the dump says which one it was: "
                f"{_shown(files.exe)}"
            )

    @property
    def modules(self) -> list[Module]:
        """Sorted by address."""
        return sorted((item.module for item in self.loaded), key=lambda module: module.start)

    def _library(self, image: Found) -> Loaded:
        assert image.load is not None
        module = Module(
            path=image.path or (image.shape.name if image.shape else ""),
            start=image.load,
            end=self._end(image, image.shape),
            build_id=image.uuid,
        )
        if image.shape is None or is_of_system(image.path):
            return Loaded(module)  # those of the shared cache share one table of 200 MB
        slide = image.load - image.shape.base
        return Loaded(module, MemoryImage(image.shape, self._read, slide), slide)

    def _executable(self, main: Found) -> Loaded:
        problems = self._open(main)
        shape = self.file.shape if self.file is not None else main.shape
        problem = None
        if self.file is None and (self._files.exe or not self._has_symbols(main)):
            problem = "; ".join(problems) or "no file is known for it"
            self.warnings.append(f"the executable is not used: {problem}")
        elif self.file is not None and problems and self._files.exe:
            used = _shown(self.file.file.path)
            self.warnings.append(f"{problems[0]}; {used} is used instead")
        load = main.load if main.load is not None else 0
        module = Module(
            path=main.path,
            start=load,
            end=self._end(main, shape),
            build_id=main.uuid,
            file=self.file.file.path if self.file is not None else None,
            problem=problem,
            is_executable=True,
        )
        if shape is None or main.load is None:
            return Loaded(module)
        slide = main.load - shape.base
        image: Image = self.file or MemoryImage(shape, self._read, slide)
        return Loaded(module, image, slide)

    def _has_symbols(self, main: Found) -> bool:
        """Whether the dump has those of the executable (full cores do): no file is needed then."""
        if main.shape is None or main.shape.symtab is None or main.load is None:
            return False
        return MemoryImage(main.shape, self._read, main.load - main.shape.base).has_symbols

    def _end(self, image: Found, shape: Optional[Shape]) -> int:
        """Where the mappings that follow each other end. In the shared cache the segments of a
        library lie among those of others: there it is the end of the first."""
        load = image.load or 0
        if shape is not None:
            end = shape.base
            for item in sorted(shape.segments, key=lambda s: s.vmaddr):
                if item.vmaddr == end:
                    end += item.vmsize
            return load + end - shape.base
        # Only the starts of segments are known: up to the last before another image's.
        end = load
        for at, owner in self._starts[bisect_left(self._starts, (load, 0)) :]:
            if owner != load:
                return at if end == load else end
            end = at
        return end

    def _open(self, main: Found) -> list[str]:
        """Opens the first file that is the executable; what was wrong with those before it."""
        problems = []
        for path in self._files.candidates(main.path, True):
            try:
                image = FileImage.open(path, self._cpu)
            except NotAnImage as error:
                problems.append(f"{_shown(path)}: {error}")
                continue
            if main.uuid is not None and image.shape.uuid == main.uuid:
                self.file = image
                break
            image.close()
            if main.uuid is None:
                problems.append(f"{_shown(path)}: the dump has no UUID to check it by")
            else:
                problems.append(
                    f"{_shown(path)}: UUID {image.shape.uuid}, the dump has {main.uuid}"
                )
        return problems


class ModuleSymbols:
    """Looks symbols up in the modules, the executable first; each answer about a name is kept."""

    def __init__(self, loaded: Sequence[Loaded]) -> None:
        self._loaded = loaded
        self._known: dict[str, Optional[int]] = {}

    def address(self, name: str) -> Optional[int]:
        """The address of the symbol `name`, or None."""
        if name not in self._known:
            self._known[name] = None
            for item, image in self._with_symbols():
                symbol = image.table.named(name)
                if symbol is not None:
                    self._known[name] = symbol.value + item.slide & _MASK
                    break
        return self._known[name]

    def addresses(self, prefix: str) -> Mapping[str, int]:
        """The symbols whose name starts with `prefix`, of the first module that has any."""
        for item, image in self._with_symbols():
            found = {s.name: s.value + item.slide & _MASK for s in image.table.starting(prefix)}
            if found:
                return found
        return {}

    def ints(self, prefix: str) -> Mapping[str, int]:
        """The signed 32-bit integers that the linker put at these symbols."""
        for _, image in self._with_symbols():
            found = {s.name: image.int_at(s) for s in image.table.starting(prefix)}
            if found:
                return {name: value for name, value in found.items() if value is not None}
        return {}

    def at(self, address: int) -> Optional[tuple[str, int]]:
        """(name, bytes from its start) of the function that holds `address`."""
        for item, image in self._with_symbols():
            linked = address - item.slide
            section = image.shape.section("__text")
            if section is not None and 0 <= linked - section.addr < section.size:
                symbol: Optional[Symbol] = image.table.covering(linked)
                return None if symbol is None else (symbol.name, linked - symbol.value)
        return None

    def _with_symbols(self) -> list[tuple[Loaded, Image]]:
        return [(item, item.image) for item in self._loaded if item.image is not None]


def _shown(path: str) -> str:
    """A path for a message: undecodable bytes of it as '?'."""
    return path.encode("utf-8", "replace").decode("utf-8")
