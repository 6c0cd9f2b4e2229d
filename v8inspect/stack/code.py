"""From a pc to the machine code that it is in: baseline, Maglev, TurboFan.

Code lies on pages of its own, each object behind a header whose Map tells it apart. V8: src/objects
/code.h, instruction-stream.h; V8_FRAMES.md §4.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, Dict, Optional

from v8inspect.errors import MemoryUnreadable
from v8inspect.objects.reader import Reader, reader_of

if TYPE_CHECKING:
    from v8inspect.session import Session

_MAX_CODE = 1 << 22  # bytes that one function's code may have
_STEP = 1 << 16
_PAGE = 1 << 12
_WORD = Struct("<Q")


@dataclass(frozen=True)
class CompiledCode:
    """Machine code of one function. `word` is the tagged Code; `start` raw, `size` in bytes."""

    word: int
    start: int
    size: int
    kind: int  # V8: CodeKind


class CodeFinder:
    """Finds code by pc, in the memory of one session."""

    def __init__(self, session: Session) -> None:
        self.reader: Reader = reader_of(session)
        layout = session.layout
        name = "CODE" if layout.Code.instruction_stream_code is None else "INSTRUCTION_STREAM"
        self._type = layout.types.get(name, -1)
        self._instructions = layout.Code.instructions or 0
        if session.target.arch == "aarch64" and layout.Code.instructions_arm64 is not None:
            self._instructions = layout.Code.instructions_arm64
        self._map: Optional[int] = None
        self._found: Dict[int, Optional[CompiledCode]] = {}

    def at(self, pc: int) -> Optional[CompiledCode]:
        """The code that holds `pc` (or ends there: a call may be its last instruction)."""
        if pc not in self._found:
            self._found[pc] = self._search(pc)
        return self._found[pc]

    def _search(self, pc: int) -> Optional[CompiledCode]:
        end = pc & ~7
        stop = max(end - _MAX_CODE, 0)
        step = _STEP
        while end > stop:
            start = max((end - 1) & -step, stop)
            try:
                data = self.reader.memory.target.read(start, end - start)
            except MemoryUnreadable:
                if step == _PAGE:
                    return None
                step //= 2
                continue
            if self._map is None:
                self._map = self._find_map(data)
            if self._map is not None:
                found = self._in(data, start, pc)
                if found is not None:
                    return found
            end = start
        return None

    def _find_map(self, data: bytes) -> Optional[int]:
        words = array("Q")
        words.frombytes(data[: len(data) & ~7])
        for word in set(words):
            if word & 7 == 1:
                map = self.reader.map_at(word)
                if map is not None and map.instance_type == self._type:
                    return word
        return None

    def _in(self, data: bytes, start: int, pc: int) -> Optional[CompiledCode]:
        mark = _WORD.pack(self._map or 0)
        at = data.rfind(mark)
        while at >= 0:
            if not at & 7:
                code = self._header(start + at)
                if code is not None and code.start <= pc <= code.start + code.size:
                    return code
            at = data.rfind(mark, 0, at + len(mark) - 1)
        return None

    def _header(self, address: int) -> Optional[CompiledCode]:
        fields = self.reader.layout.Code
        memory = self.reader.memory
        try:
            word = address + 1
            if fields.instruction_stream_code is not None:
                word = memory.u64(address + fields.instruction_stream_code)
                if self.reader.type_of(word) != self.reader.layout.types["CODE"]:
                    return None
            if fields.instruction_start is not None:
                start = memory.u64(word - 1 + fields.instruction_start)
            else:
                start = word - 1 + self._instructions
            size = memory.u32(word - 1 + fields.instruction_size)
            kind = memory.u32(word - 1 + fields.flags) & fields.kind_mask
        except MemoryUnreadable:
            return None
        return CompiledCode(word, start, size, kind) if size <= _MAX_CODE else None
