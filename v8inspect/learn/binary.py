"""Tables that stand in the executable itself: found by its symbols, which say their sizes too."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.layout import v8dbg
from v8inspect.target import Target
from v8inspect.targets.elf.image import Image, NotAnImage
from v8inspect.targets.elf.structs import SHT_SYMTAB

_SIZES = "_ZN2v88internal11interpreter9Bytecodes14kBytecodeSizesE"
_COUNTS = "_ZZN2v88internal29TranslationOpcodeOperandCountENS0_17TranslationOpcodeEE6counts"
_NAMES = "_ZZN2v88internal25TranslationOpcodeToStringENS0_17TranslationOpcodeEE5names"
_FRAME = "frametype_"
_SCALES = 3
_MAX_NAME = 96


class Array(NamedTuple):
    """An array that the linker placed."""

    data: bytes
    symbol: str


class Binary:
    """The executable `path` of the process `target`."""

    def __init__(self, path: str, target: Target) -> None:
        self._target = target
        try:
            self._image: Optional[Image] = Image.open(path)
        except NotAnImage:
            self._image = None
        self.ints: Mapping[str, int] = v8dbg.read_ints(target)

    def close(self) -> None:
        """Lets go of the file."""
        if self._image is not None:
            self._image.close()

    def bytecode_sizes(self) -> Sequence[bytes]:
        """Bytes of each bytecode, at the three operand scales; empty where they are not found."""
        data = self._array(_SIZES)
        count = len(data) // _SCALES
        return (
            [data[scale * count : (scale + 1) * count] for scale in range(_SCALES)] if count else []
        )

    def operand_counts(self) -> Sequence[int]:
        """Operands of each translation opcode."""
        data = self._array(_COUNTS)
        return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]

    def opcode_names(self) -> Sequence[str]:
        """Names of the translation opcodes, where the binary has them as an array."""
        data = self._array(_NAMES)
        names = []
        for at in range(0, len(data), 8):
            text = self._target.read_partial(int.from_bytes(data[at : at + 8], "little"), _MAX_NAME)
            names.append(text.partition(b"\0")[0].decode("ascii", "replace"))
        return names

    def frame_types(self) -> Mapping[str, int]:
        """V8's stack frame types."""
        found = {n[len(_FRAME) :]: i for n, i in self.ints.items() if n.startswith(_FRAME)}
        return dict(sorted(found.items(), key=lambda item: item[1]))

    def _array(self, name: str) -> bytes:
        table = self._image.table(SHT_SYMTAB) if self._image is not None else None
        symbol = table.named(name) if table is not None else None
        at = self._target.symbol(name)
        if symbol is None or at is None:
            return b""
        try:
            return self._target.read(at, symbol.size)
        except MemoryUnreadable:
            return b""
