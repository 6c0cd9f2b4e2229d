"""ArrayBuffers, typed arrays and DataViews: their bytes and where they are."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from v8inspect.analysis.kinds import NOTHING, Internal, Plain, kind
from v8inspect.analysis.values import json_number
from v8inspect.objects import binary
from v8inspect.objects.tagged import BigNumber, Damaged, Number
from v8inspect.rows import Address

if TYPE_CHECKING:
    from v8inspect.analysis.describe import Describer

_MOST_BYTES = 1 << 26


def _put_bytes(
    d: Describer, value: binary.JSArrayBuffer | binary.JSDataView, internal: Internal
) -> None:
    limit = min(d.options.elements or _MOST_BYTES, _MOST_BYTES)
    data = value.read(limit)
    if isinstance(data, Damaged):
        internal["bytes"] = d.damaged(data)
        return
    internal["bytes"] = data.hex()
    if value.byte_length > len(data):
        internal["bytes_more"] = value.byte_length - len(data)


@kind("bytes", binary.JSArrayBuffer)
def _buffer(d: Describer, value: binary.JSArrayBuffer, depth: int, internal: Internal) -> Plain:
    internal["backing_store"] = Address(value.backing_store)
    internal["byte_length"] = value.byte_length
    internal["shared"] = value.is_shared
    internal["detached"] = value.is_detached
    internal["resizable"] = value.is_resizable
    if value.is_resizable:
        internal["max_byte_length"] = value.max_byte_length
    if depth:
        _put_bytes(d, value, internal)
    return NOTHING


def _put_view(
    d: Describer, value: binary.JSArrayBufferView, depth: int, internal: Internal
) -> None:
    internal["data"] = Address(value.data_pointer)
    internal["byte_offset"] = value.byte_offset
    internal["byte_length"] = value.byte_length
    if value.is_length_tracking:
        internal["length_tracking"] = True
    if depth:
        buffer = value.buffer
        internal["buffer"] = d.value(buffer, 0)
        if isinstance(buffer, binary.JSArrayBuffer) and buffer.is_detached:
            internal["detached"] = True


@kind("bytes", binary.JSDataView)
def _data_view(d: Describer, value: binary.JSDataView, depth: int, internal: Internal) -> Plain:
    _put_view(d, value, depth, internal)
    if depth:
        _put_bytes(d, value, internal)
    return NOTHING


@kind("numbers", binary.JSTypedArray)
def _typed(d: Describer, value: binary.JSTypedArray, depth: int, internal: Internal) -> Plain:
    internal["kind"] = value.class_name
    _put_view(d, value, depth, internal)
    if not depth:
        return NOTHING
    limit = d.options.elements or value.length
    numbers: list[object] = []
    last = 0
    for index, item in islice(value.numbers(), limit):
        if isinstance(item, Number):
            numbers.append(json_number(item.value))
        elif isinstance(item, BigNumber):
            numbers.append(str(item.value))
        elif isinstance(item, Damaged):
            numbers.append(d.damaged(item))
        last = index + 1
    internal["numbers"] = numbers
    if value.length > last:
        internal["numbers_more"] = value.length - last
    return NOTHING
