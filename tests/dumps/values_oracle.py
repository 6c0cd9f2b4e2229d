"""What `tests/scenarios/values.js` writes about a value, said of the same value read from a dump.

`describe` mirrors the function of that name in the scenario: the same tags, the same depth, so
that the two can be compared piece by piece.
"""

from __future__ import annotations

import struct
from typing import Any, Iterator, Optional

from v8inspect.objects.binary import JSTypedArray
from v8inspect.objects.builtins import JSBoundFunction, JSProxy
from v8inspect.objects.elements import Element, elements
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.js_object import JSObject, JSReceiver
from v8inspect.objects.natives import native_value
from v8inspect.objects.primitives import BigInt, HeapNumber, Hole, Oddball, Symbol
from v8inspect.objects.properties import AccessorInfo, AccessorPair, Property
from v8inspect.objects.reader import Reader
from v8inspect.objects.strings import String, read_slice, read_text
from v8inspect.objects.tagged import BigNumber, Characters, Damaged, Number, Smi, Value
from v8inspect.session import Session

ELEMENTS_SHOWN = 40
PROPERTIES_SHOWN = 60


def bits(number: float) -> str:
    """A number as the scenario writes it."""
    return struct.pack(">d", number).hex()


def describe(value: Value, depth: int = 0) -> dict[str, Any]:
    """The same as `describe` of values.js; what can't be read is {'t': 'damaged'}."""
    if isinstance(value, (Smi, Number, HeapNumber)):
        return {"t": "number", "v": bits(value.value)}
    if isinstance(value, BigInt):
        number = value.read()
        return {"t": "bigint", "v": format(number, "x") if isinstance(number, int) else "damaged"}
    if isinstance(value, BigNumber):
        return {"t": "bigint", "v": format(value.value, "x")}
    if isinstance(value, Symbol):
        return {"t": "symbol", "v": value.text}
    if isinstance(value, String):
        return _string(value)
    if isinstance(value, Characters):
        return {"t": "string", "v": value.text}
    if isinstance(value, (Oddball, Hole)):
        name = value.name
        return {"t": "boolean", "v": name == "true"} if name in ("true", "false") else {"t": name}
    if isinstance(value, JSReceiver):
        callable_ = value.map.is_callable
        out: dict[str, Any] = {"t": "function" if callable_ else "object"}
        if depth > 0 and isinstance(value, JSObject):
            out.update(contents(value, depth))
        return out
    if isinstance(value, Damaged):
        return {"t": "damaged", "why": value.why}
    return {"t": f"unexpected {value!r}"}


def _string(value: String) -> dict[str, Any]:
    text = value.read()
    assert text.problem is None, (value, text.problem)
    assert text.complete
    if value.length <= 3000:
        return {"t": "string", "v": text.text}
    tail = read_slice(value.reader, value.word, value.length - 100, 100).text
    return {"t": "string", "length": value.length, "head": text.text[:100], "tail": tail}


def contents(value: JSObject, depth: int) -> dict[str, Any]:
    """Own properties and elements; private properties are V8's own business."""
    found = []
    for item in value.properties():
        assert isinstance(item, Property), (value, item)
        if not item.is_private:
            found.append(_property(value, item, depth))
    out: dict[str, Any] = {"properties": found[:PROPERTIES_SHOWN]}
    shown: list[list[Any]] = []
    count = 0
    typed = isinstance(value, JSTypedArray)
    for element in elements(value):
        assert isinstance(element, Element), (value, element)
        count += 1
        if len(shown) < ELEMENTS_SHOWN:
            row: list[Any] = [element.index, _element(element, depth)]
            if not typed:
                writable = not element.is_accessor and not element.attributes & 1
                row += [writable, not element.attributes & 2, not element.attributes & 4]
            shown.append(row)
    out["elements"] = shown
    out["elementCount"] = count
    return out


def _element(element: Element, depth: int) -> Any:
    return "accessor" if element.is_accessor else describe(element.value, depth - 1)


def _property(owner: JSObject, item: Property, depth: int) -> list[Any]:
    value = item.value
    name: Optional[str] = item.name
    if item.is_symbol:
        symbol = item.reader.value(item.key)
        name = symbol.text if isinstance(symbol, Symbol) else None
    row: list[Any] = [name, item.is_symbol]
    if isinstance(value, AccessorInfo):
        native = native_value(owner, item)
        shown = "native" if native is None else describe(native, depth - 1)
        return [*row, item.writable, item.enumerable, item.configurable, shown]
    accessor = isinstance(value, AccessorPair)
    assert accessor == item.is_accessor
    shown = "accessor" if accessor else describe(value, depth - 1)
    return [*row, None if accessor else item.writable, item.enumerable, item.configurable, shown]


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[str]:
    """Where two descriptions differ. A native accessor that nothing resolves stands for all."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(set(expected) | set(actual)):
            if key not in actual:
                yield f"{path}.{key}: only expected: {expected[key]!r:.200}"
            elif key not in expected:
                yield f"{path}.{key}: only found: {actual[key]!r:.200}"
            else:
                yield from differences(expected[key], actual[key], f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(actual) == len(expected) == 6 and actual[5] == "native":
            expected = [*expected[:5], "native"]
        if len(expected) != len(actual):
            yield f"{path}: expected {_heads(expected)!r:.300}, found {_heads(actual)!r:.300}"
        for number, (left, right) in enumerate(zip(expected, actual)):
            yield from differences(left, right, f"{path}[{number}]")
    elif expected != actual:
        yield f"{path}: expected {expected!r:.200}, found {actual!r:.200}"


def _heads(rows: list[Any]) -> list[Any]:
    return [row[0] if isinstance(row, list) and row else row for row in rows]


def find_root(session: Session, reader: Reader, marker: str) -> JSObject:
    """The object whose first property is the string `marker`, by a search of the dump's bytes."""
    for at in _search(session, marker.encode("latin-1"), 8):
        string = at - reader.layout.String.chars + 1
        if reader.map_of(string) is None or read_text(reader, string, 1000).text != marker:
            continue
        for slot in _search(session, struct.pack("<Q", string), 8):
            candidate = reader.value(slot - reader.layout.JSObject.header_size + 1)
            if isinstance(candidate, JSObject) and candidate.property("values") is not None:
                return candidate
    raise AssertionError("no root object")


def _search(session: Session, pattern: bytes, align: int) -> Iterator[int]:
    for segment in session.target.segments():
        if segment.hole:
            continue
        buffer: Any = segment.buffer
        at, end = segment.offset, segment.offset + segment.size
        while (at := buffer.find(pattern, at, end)) >= 0:
            address = segment.start + at - segment.offset
            if address % align == 0:
                yield address
            at += 1


__all__ = [
    "JSBoundFunction",
    "JSFunction",
    "JSProxy",
    "bits",
    "describe",
    "differences",
    "find_root",
]
