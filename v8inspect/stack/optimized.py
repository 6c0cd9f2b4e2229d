"""A frame of optimised code as the frames of all functions that were inlined where it stands.

V8: OptimizedJSFrame::Summarize in src/execution/frames.cc, SafepointTable in src/codegen/
safepoint-table.cc, DeoptimizationData in src/objects/deoptimization-data.h; V8_FRAMES.md §5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List, NamedTuple, Optional

from v8inspect.errors import MemoryUnreadable
from v8inspect.objects.arrays import ByteArray, FixedArray
from v8inspect.objects.code import BytecodeArray
from v8inspect.objects.functions import SharedFunctionInfo
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.scripts import position_of
from v8inspect.objects.source_positions import MAX_TABLE, entries, unwrapped
from v8inspect.objects.tagged import Smi, Value, Weak
from v8inspect.stack.code import CompiledCode
from v8inspect.stack.translation import Malformed, Translated, translated_frames

if TYPE_CHECKING:
    from v8inspect.objects.reader import Reader

_MAX_SAFEPOINTS = 1 << 16
_MAX_INLINED = 256


class Inlined(NamedTuple):
    """One function of a piece of optimised code. Either `bytecode_offset` or `position` says where
    it stands; `bytecode` is its BytecodeArray; `translated` where its values are."""

    shared: Optional[SharedFunctionInfo]
    bytecode: Optional[BytecodeArray] = None
    bytecode_offset: Optional[int] = None
    position: Optional[int] = None
    is_builtin: bool = False
    construct: bool = False
    translated: Optional[Translated] = None
    arguments: Optional[Translated] = None  # the actual ones, where they are more than declared
    constructs: bool = False  # calls by `new`, the stub for it being inlined too


class OptimizedCode:
    """Optimised code and what V8 keeps beside it."""

    def __init__(self, reader: Reader, code: CompiledCode) -> None:
        self._reader = reader
        self._code = code
        self._fields = reader.layout.Deoptimization
        fields = reader.layout.Code
        self._data = reader.value_in(code.word - 1 + fields.deoptimization_data)
        self._positions = reader.value_in(code.word - 1 + fields.position_table)

    def literal(self, index: int) -> Value:
        """A literal of the code, weak references followed."""
        return self._in(self._fields.literals, index)

    def functions_at(self, pc: int) -> List[Inlined]:
        """The functions that the code is in at the return address `pc`, innermost first; from the
        translation. Empty where it has none there (calls that cannot deoptimize)."""
        index = self._deoptimization_index(pc)
        if index is None or not isinstance(self._data, FixedArray):
            return []
        at = self._word(self._fields.first_entry + 3 * index + 1)
        table = self._word(self._fields.translation)
        if not isinstance(at, Smi) or not isinstance(table, ByteArray):
            return []
        layout = self._reader.layout
        try:
            frames = translated_frames(
                table.read(MAX_TABLE),
                at.value,
                layout.translation_opcodes,
                bool(self._fields.signed_opcodes),
            )
        except Malformed:
            return []
        return self._functions(frames)

    def nearest(self, offset: int) -> List[Inlined]:
        """The functions by the table of source positions: those of the last position before the
        code offset `offset` (bytes), innermost first."""
        if not isinstance(self._positions, ByteArray):
            return []
        unsigned = bool(self._reader.layout.BytecodeArray.position_offsets_unsigned)
        best = None
        for entry in entries(self._positions.read(MAX_TABLE), unsigned):
            if entry.offset > offset:
                break
            best = entry
        if best is None:
            # Before the first call: in the code that makes the frame.
            whole = _shared(self.outermost())
            bounds = None if whole is None else position_of(whole)
            return [] if bounds is None else [Inlined(whole, position=bounds[0])]
        found = []
        position, inlining = best.position, best.inlining
        items = self._word(self._fields.inlining_positions)
        for _ in range(_MAX_INLINED):
            if inlining < 0 or not isinstance(items, ByteArray):
                break
            at = items.address + self._reader.layout.FixedArray.data + 16 * inlining
            try:
                raw = self._reader.memory.u64(at)
                literal = self._reader.memory.i32(at + 8)
            except MemoryUnreadable:
                break
            shared = self.outermost() if literal < 0 else self.literal(literal)
            found.append(Inlined(_shared(shared), position=position))
            position, inlining = (raw >> 1 & 0x3FFF_FFFF) - 1, (raw >> 31 & 0xFFFF) - 1
        found.append(Inlined(_shared(self.outermost()), position=position))
        return found

    def _functions(self, frames: List[Translated]) -> List[Inlined]:
        found: List[Inlined] = []
        construct = False
        arguments: Optional[Translated] = None
        for frame in frames:  # outermost first
            if frame.op.startswith("CONSTRUCT"):
                construct = True
            elif frame.op in ("INLINED_EXTRA_ARGUMENTS", "ARGUMENTS_ADAPTOR_FRAME"):
                arguments = frame
            elif frame.is_interpreted or frame.is_builtin:
                shared = _shared(self.literal(frame.shared))
                array = None
                if frame.bytecode is not None and self._fields.protected_literals is not None:
                    array = unwrapped(self._in(self._fields.protected_literals, frame.bytecode))
                elif shared is not None:
                    from v8inspect.objects.code import bytecode_of

                    array = bytecode_of(shared)
                found.append(
                    Inlined(
                        shared,
                        array if isinstance(array, BytecodeArray) else None,
                        None if frame.is_builtin else frame.bytecode_offset,
                        is_builtin=frame.is_builtin,
                        construct=construct,
                        translated=frame,
                        arguments=arguments,
                    )
                )
                construct, arguments = False, None
        if construct and found:
            found[-1] = found[-1]._replace(constructs=True)
        return found[::-1]

    def outermost(self) -> Value:
        """The SharedFunctionInfo of the function that was compiled."""
        value = self._word(self._fields.shared)
        if isinstance(value, HeapObject) and value.type_name == "SHARED_FUNCTION_INFO_WRAPPER":
            return value.value_at(value.layout.tagged_size)
        return value

    def _word(self, index: int) -> Value:
        data = self._data
        if not isinstance(data, FixedArray):
            return data
        return data.value(index)

    def _in(self, array: int, index: int) -> Value:
        items = self._word(array)
        if not isinstance(items, FixedArray):
            return items
        value = items.value(index)
        return value.target if isinstance(value, Weak) else value

    def _deoptimization_index(self, pc: int) -> Optional[int]:
        """The entry of DeoptimizationData that the safepoint of a return address names."""
        code = self._code
        memory = self._reader.memory
        at = code.start + code.size
        if self._fields.safepoint_has_stack_slots:
            at += 4
        try:
            count, config = memory.u32(at), memory.u32(at + 4)
        except MemoryUnreadable:
            return None
        at += 8
        extra = 0
        if code.kind == self._reader.layout.Code.kind_maglev:
            at += 4 * self._fields.maglev_safepoint_counts
            extra = 1  # how many registers were spilled
        registers, pcs, indices = config >> 1 & 7, config >> 4 & 7, config >> 7 & 7
        size = pcs + registers + extra
        if not config & 1 or not 0 < count <= _MAX_SAFEPOINTS:
            return None
        size += indices + pcs
        try:
            table = memory.bytes(at, size * count)
        except MemoryUnreadable:
            return None
        wanted = pc - code.start
        for entry in range(0, size * count, size):
            first = entry + pcs
            last = first + indices
            # Code that is to be left at its next return (one that was deoptimized while it called)
            # has the return address of a trampoline in place of its own.
            trampoline = int.from_bytes(table[last : last + pcs], "little") - 1
            if wanted in (int.from_bytes(table[entry:first], "little"), trampoline):
                index = int.from_bytes(table[first:last], "little") - 1
                return index if index >= 0 else None  # none at calls that can't deoptimize
        return None


def _shared(value: Value) -> Optional[SharedFunctionInfo]:
    return value if isinstance(value, SharedFunctionInfo) else None
