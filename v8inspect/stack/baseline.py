"""From a pc in baseline code to the bytecode that it stands for.

V8: src/baseline/bytecode-offset-iterator.h; V8_FRAMES.md §5. The table has the length of machine
code of the prologue, then of every bytecode in turn; how long those are, a table of ours knows.
"""

from __future__ import annotations

from typing import Iterator, Optional, Sequence

from v8inspect.objects.arrays import ByteArray
from v8inspect.objects.code import BytecodeArray

_MAX_BYTECODE = 1 << 24  # bytes
_WIDE, _EXTRA_WIDE, _DEBUG_WIDE, _DEBUG_EXTRA_WIDE = range(4)  # V8: the first four Bytecodes


def bytecode_offset(
    array: BytecodeArray, table: ByteArray, pc_offset: int, sizes: Sequence[bytes]
) -> Optional[int]:
    """The offset of the bytecode whose code ends at or behind `pc_offset`, in bytes; -1 for the
    prologue. None where the tables end before it."""
    following_offsets = offsets(code_of(array), sizes)
    current = -1
    end = 0
    for delta in _numbers(table.read(_MAX_BYTECODE)):
        end += delta
        if end >= pc_offset:
            return current
        following = next(following_offsets, None)
        if following is None:
            return None
        current = following
    return None


def code_of(array: BytecodeArray) -> bytes:
    """The bytecodes themselves; raises MemoryUnreadable."""
    length = min(max(array.length, 0), _MAX_BYTECODE)
    return array.memory.bytes(array.address + header_size(array), length)


def header_size(array: BytecodeArray) -> int:
    """Bytes of a BytecodeArray before its first bytecode."""
    return array.layout.size_rules[array.layout.types["BYTECODE_ARRAY"]].header


def offsets(code: bytes, sizes: Sequence[bytes]) -> Iterator[int]:
    """Where each bytecode begins, prefix included; ends at one that is unknown. Without `sizes`, as
    of a V8 that is unknown itself, there are none."""
    if not sizes:
        return
    at = 0
    while at < len(code):
        yield at
        opcode = code[at]
        scale = 0
        if opcode <= _DEBUG_EXTRA_WIDE and at + 1 < len(code):
            scale = 1 if opcode in (_WIDE, _DEBUG_WIDE) else 2
            at += 1
            opcode = code[at]
        if opcode >= len(sizes[scale]):
            return
        at += sizes[scale][opcode]


def _numbers(table: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in table:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            yield value
            value = shift = 0
        elif shift > 35:
            return
