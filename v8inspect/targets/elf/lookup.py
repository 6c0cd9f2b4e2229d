"""Symbols of all loaded modules, by name and prefix, at their addresses in the process.

The executable comes first, then the libraries by address (Debian's Node.js has V8 in a library).
The exported tables (.dynsym) of all of them are asked before any full one (.symtab).
"""

from __future__ import annotations

from typing import Iterator, Mapping, Optional, Sequence

from v8inspect.targets.elf.image import Image
from v8inspect.targets.elf.modules import Loaded
from v8inspect.targets.elf.structs import SHT_DYNSYM, SHT_SYMTAB
from v8inspect.targets.elf.symbols import Symbol


class ModuleSymbols:
    """Looks symbols up in `modules`; each answer about one name is kept."""

    def __init__(self, modules: Sequence[Loaded]) -> None:
        with_files = [m for m in modules if m.image is not None]
        self._modules = sorted(with_files, key=lambda m: not m.module.is_executable)
        self._known: dict[str, Optional[int]] = {}

    def address(self, name: str) -> Optional[int]:
        """The address of the symbol `name`, or None."""
        if name not in self._known:
            found = next(self._named(name), None)
            self._known[name] = None if found is None else _address(found[1], found[0])
        return self._known[name]

    def addresses(self, prefix: str) -> Mapping[str, int]:
        """The symbols whose name starts with `prefix`: those of the exported tables, or if there
        are none those of the full tables."""
        return {
            symbol.name: _address(symbol, module) for module, _, symbol in self._starting(prefix)
        }

    def ints(self, prefix: str) -> Mapping[str, int]:
        """The signed 32-bit integers that the linker put at these symbols."""
        out = {}
        for _, image, symbol in self._starting(prefix):
            value = image.int_at(symbol)
            if value is not None:
                out[symbol.name] = value
        return out

    def at(self, address: int) -> Optional[tuple[str, int]]:
        """(name, bytes from its start) of the function that holds `address`; also where a file
        is mapped a second time, as V8 does with its builtins."""
        for module in self._modules:
            for mapping in module.mappings:
                if mapping.start <= address < mapping.end and module.image is not None:
                    offset = address - mapping.start + mapping.offset
                    return _function_at(module.image, offset)
        return None

    def _named(self, name: str) -> Iterator[tuple[Loaded, Symbol]]:
        for kind in (SHT_DYNSYM, SHT_SYMTAB):
            for module in self._modules:
                table = module.image.table(kind) if module.image else None
                symbol = table.named(name) if table else None
                if symbol is not None:
                    yield module, symbol

    def _starting(self, prefix: str) -> Iterator[tuple[Loaded, Image, Symbol]]:
        """The first module that defines a name wins."""
        seen: set[str] = set()
        for kind in (SHT_DYNSYM, SHT_SYMTAB):
            for module in self._modules:
                table = module.image.table(kind) if module.image else None
                if table is None or module.image is None:
                    continue
                for symbol in table.starting(prefix):
                    if symbol.name not in seen:
                        seen.add(symbol.name)
                        yield module, module.image, symbol
            if seen:
                return


def _address(symbol: Symbol, module: Loaded) -> int:
    return symbol.value if symbol.absolute else symbol.value + module.slide


def _function_at(image: Image, offset: int) -> Optional[tuple[str, int]]:
    """The function at an offset in the file of `image`."""
    table = image.table(SHT_SYMTAB) or image.table(SHT_DYNSYM)
    for load in image.loads:
        if table is not None and load.offset <= offset < load.offset + load.filesz:
            linked = offset - load.offset + load.vaddr
            symbol = table.covering(linked)
            return None if symbol is None else (symbol.name, linked - symbol.value)
    return None
