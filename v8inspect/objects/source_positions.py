"""Source position tables: from an offset in bytecode to a position in the source.

V8: src/codegen/source-position-table.cc, source-position.h; V8_FRAMES.md §5. A table is a byte
string of pairs of variable-length numbers: how far the code offset moves on, and how far the
position moves. The first code offset is -1, that of the function's entry.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple, Optional

from v8inspect.objects.arrays import ByteArray
from v8inspect.objects.code import BytecodeArray
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.tagged import Value

MAX_TABLE = 1 << 24  # bytes


class Entry(NamedTuple):
    """From code `offset` on the source `position` (UTF-16 units) holds. `inlining` is the index
    of the function in optimised code that it belongs to, -1 for the outermost."""

    offset: int
    position: int
    inlining: int
    is_statement: bool


def entries(table: bytes, unsigned_offsets: bool) -> Iterator[Entry]:
    """The entries of a table. `unsigned_offsets`: how V8 14 writes the first number of a pair."""
    at = 0
    offset, raw = -1, 0
    size = len(table)
    while at < size:
        value, at = _number(table, at)
        if unsigned_offsets:
            offset += value >> 2
            statement = bool(value & 1)
        else:
            delta = value >> 1 ^ -(value & 1)
            statement = delta >= 0
            offset += delta if statement else -delta - 1
        if at >= size:
            return
        value, at = _number(table, at)
        raw += value >> 1 ^ -(value & 1)
        # SourcePosition: bit 0 external, 30 bits of position + 1, then inlining id + 1.
        yield Entry(offset, (raw >> 1 & 0x3FFF_FFFF) - 1, (raw >> 31) - 1, statement)


def _number(table: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(table):
        byte = table[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80 or shift > 63:
            break
        shift += 7
    return value, at


def unwrapped(code: Value) -> Value:
    """The BytecodeArray behind a BytecodeWrapper; any other value as it is."""
    if isinstance(code, HeapObject) and code.type_name == "BYTECODE_WRAPPER":
        offset = code.layout.BytecodeArray.wrapped_array
        if offset is not None:
            return code.value_at(offset)
    return code


def position_at(code: Value, offset: int) -> Optional[int]:
    """The source position of a bytecode offset; None for what is no BytecodeArray with a table."""
    array = unwrapped(code)
    if not isinstance(array, BytecodeArray):
        return None
    table = array.reader.value_in(array.address + array.layout.BytecodeArray.source_position_table)
    if not isinstance(table, ByteArray) or table.length <= 0:
        return None
    unsigned = bool(array.layout.BytecodeArray.position_offsets_unsigned)
    position = None
    for entry in entries(table.read(MAX_TABLE), unsigned):
        if entry.offset > offset:
            break
        position = entry.position
    return position
