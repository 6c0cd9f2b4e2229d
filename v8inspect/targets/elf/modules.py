"""Which executable and libraries were mapped, where, and whether a file here is the same.

The mappings come from NT_FILE; a core without it (qemu's) has the executable only, found through
the auxiliary vector. Files are looked for where the user says and where the dump says; `match`
decides whether one is used.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Callable, Optional, Sequence

from v8inspect.target import Module
from v8inspect.targets.elf.image import Image, NotAnImage
from v8inspect.targets.elf.match import (
    AT_ENTRY,
    AT_EXECFN,
    AT_PHDR,
    InMemory,
    in_memory,
    judge,
    mappings_of,
    moved_offsets,
    slide_by_auxv,
    slide_by_mappings,
)
from v8inspect.targets.elf.process import Mapping, Process
from v8inspect.targets.elf.structs import MAGIC, PT_LOAD, ProgramHeader
from v8inspect.targets.files import Files
from v8inspect.targets.segments import SegmentMap

_MAX_FILES = 256  # images mapped at a time: each costs a file descriptor

_MAX_SPREAD = 32 << 20  # bytes that the loader may leave between segments


@dataclass
class Loaded:
    """A module with its file, if one was accepted. A linked address + `slide` is a real one.

    `mappings` are all of that file: V8 maps the pages of its builtins a second time elsewhere.
    `offsets` has those of the segments in the file that was mapped, by linked address, where the
    file here has them elsewhere."""

    module: Module
    mappings: Sequence[Mapping]
    phdrs: Sequence[ProgramHeader]  # of the file, else those in the dump, else none
    page_size: int
    image: Optional[Image] = None
    slide: int = 0
    offsets: dict[int, int] = field(default_factory=dict)


class ModuleFinder:
    """Finds the modules of one core; `found` and `warnings` are the result."""

    def __init__(
        self,
        process: Process,
        is_code: Callable[[int, int], bool],
        machine: int,
        files: Files,
    ) -> None:
        self._process = process
        self._is_code = is_code
        self._machine = machine
        self._files = files
        self._by_path: dict[str, Image] = {}
        self.images: list[Image] = []  # every image that is open, to be closed by the caller
        self.found: list[Loaded] = []
        self.warnings: list[str] = []

    def find(self, memory: SegmentMap) -> None:
        """Fills `found`, sorted by address, `images` and `warnings`; `memory` is the core's own."""
        self._memory = memory
        groups = [g for g in _groups(self._process.mappings) if self._may_be_module(g)]
        main = self._main(groups)
        if main is None:
            self._add_main_by_auxv()
        for group in groups:
            self._add(group, group is main)
        self.found.sort(key=lambda item: item.module.start)
        self._warn_of_libraries()

    def _may_be_module(self, group: Sequence[Mapping]) -> bool:
        """Whether it has code and is no device, shared memory or other file but ELF."""
        if not group[0].path.startswith("/") or not any(
            self._is_code(m.start, m.end) for m in group
        ):
            return False
        begins = (self._memory.read_partial(m.start, 4) for m in group if m.offset == 0)
        return next(begins, b"") in (b"", MAGIC)

    def _main(self, groups: Sequence[list[Mapping]]) -> Optional[list[Mapping]]:
        for key in (AT_PHDR, AT_ENTRY):
            address = self._process.auxv.get(key, 0)
            for group in groups:
                if any(m.start <= address < m.end for m in group):
                    return group
        name = self._execfn()
        by_name = [g for g in groups if name and g[0].path == name]
        return next(iter(by_name or groups), None)

    def _execfn(self) -> str:
        address = self._process.auxv.get(AT_EXECFN, 0)
        data = self._memory.read_partial(address, 4096) if address else b""
        return os.fsdecode(data.split(b"\0", 1)[0])

    def _add(self, mappings: Sequence[Mapping], is_main: bool) -> None:
        path = mappings[0].path
        base = next((m for m in mappings if m.offset == 0), None)
        known = in_memory(self._memory, base.start) if base else None
        image, slide, problems = self._choose(path, known, mappings, is_main)
        phdrs = image.program_headers if image else known.phdrs if known else ()
        if image is None:
            slide = slide_by_mappings(phdrs, mappings, self._process.page_size) or 0
        start, end = _span(mappings, base or mappings[0], phdrs)
        module = self._module(path, start, end, known, image, problems, is_main)
        offsets = moved_offsets(image, known) if image else {}
        self.found.append(
            Loaded(module, mappings, phdrs, self._process.page_size, image, slide, offsets)
        )

    def _add_main_by_auxv(self) -> None:
        """The executable of a core without NT_FILE; nothing where auxv is missing too."""
        phdr_address = self._process.auxv.get(AT_PHDR, 0)
        path = self._execfn() or self._process.name or ""
        if not phdr_address and not self._files.exe:
            return
        base = phdr_address & -self._process.page_size
        known = in_memory(self._memory, base)
        image, slide, problems = self._choose(path, known, (), True)
        phdrs = image.program_headers if image else known.phdrs if known else ()
        if image is None:
            slide = slide_by_auxv(phdrs, phdr_address) or 0
        mappings = mappings_of(phdrs, slide, self._process.page_size, path)
        start, end = (mappings[0].start, mappings[-1].end) if mappings else (base, base)
        module = self._module(path, start, end, known, image, problems, True)
        self.found.append(Loaded(module, mappings, phdrs, self._process.page_size, image, slide))

    def _choose(
        self,
        path: str,
        known: Optional[InMemory],
        mappings: Sequence[Mapping],
        is_main: bool,
    ) -> tuple[Optional[Image], int, list[str]]:
        """The first file that is accepted, its slide, and what was wrong with those before it."""
        problems = []
        for candidate in self._files.candidates(path, is_main):
            image = self._by_path.get(candidate)
            if image is None and len(self.images) >= _MAX_FILES:
                problems.append(f"{_shown(candidate)}: too many files are open")
                break
            try:
                image = image or Image.open(candidate)
            except NotAnImage as error:
                problems.append(f"{_shown(candidate)}: {error}")
                continue
            slide, refusal = judge(image, known, mappings, self._process, self._machine, is_main)
            if refusal is None:
                if candidate not in self._by_path:
                    self._by_path[candidate] = image
                    self.images.append(image)
                return image, slide, problems
            if candidate not in self._by_path:
                image.close()
            problems.append(f"{_shown(candidate)}: {refusal}")
        return None, 0, problems

    def _module(
        self,
        path: str,
        start: int,
        end: int,
        known: Optional[InMemory],
        image: Optional[Image],
        problems: Sequence[str],
        is_main: bool,
    ) -> Module:
        """The module with its problem, which is a warning too if it is the executable's."""
        build_id = known.build_id if known else None
        problem = None
        if image is None:
            problem = "; ".join(problems) or "no file is known for it"
            if is_main:
                self.warnings.append(f"the executable is not used: {problem}")
        elif build_id is None and image.build_id is not None:
            problem = f"{_shown(image.file.path)} is used unchecked: no build id in the dump"
        if is_main and image is not None:
            if self._files.exe and problems:
                self.warnings.append(f"{problems[0]}; {_shown(image.file.path)} is used instead")
            if problem:
                self.warnings.append(problem)
        return Module(
            path=path,
            start=start,
            end=end,
            build_id=build_id,
            file=image.file.path if image else None,
            problem=problem,
            is_executable=is_main,
        )

    def _warn_of_libraries(self) -> None:
        """One line for all libraries that are here in another build; absent ones are usual."""
        other = [
            os.path.basename(item.module.path)
            for item in self.found
            if not item.module.is_executable
            and "build id" in (item.module.problem or "")
            and item.image is None
        ]
        if other:
            more = f" and {len(other) - 3} more" if len(other) > 3 else ""
            self.warnings.append(
                f"libraries here are of another build, not used: {', '.join(other[:3])}{more}"
            )


def _groups(mappings: Sequence[Mapping]) -> list[list[Mapping]]:
    """Mappings by load: the same path mapped again from its start is another module."""
    by_path: dict[str, list[list[Mapping]]] = {}
    for mapping in mappings:
        groups = by_path.setdefault(mapping.path, [])
        if not groups or (mapping.offset == 0 and any(m.offset == 0 for m in groups[-1])):
            groups.append([])
        groups[-1].append(mapping)
    return sorted(group for groups in by_path.values() for group in groups)


def _span(
    mappings: Sequence[Mapping], base: Mapping, phdrs: Sequence[ProgramHeader]
) -> tuple[int, int]:
    """[start, end) of the mappings that the loader made, from `base` (file offset 0) on."""
    ends = [p.vaddr + p.memsz for p in phdrs if p.type == PT_LOAD]
    size = max(ends) - min(p.vaddr for p in phdrs if p.type == PT_LOAD) if ends else None
    end = base.end
    for mapping in mappings:
        away = mapping.start - base.start
        if 0 <= away <= (mapping.offset + _MAX_SPREAD if size is None else size):
            end = max(end, mapping.end)
    return base.start, end


def _shown(path: str) -> str:
    """A path for a message: undecodable bytes of it as '?'."""
    return path.encode("utf-8", "replace").decode("utf-8")
