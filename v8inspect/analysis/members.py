"""Members of a value by path, as mdb_v8's jsprint takes them: `a.b[3].c`, `#private`, `["a.b"]`."""

from __future__ import annotations

import re
from typing import List, Optional, Sequence, Union

from v8inspect.errors import UsageError
from v8inspect.objects.binary import JSTypedArray
from v8inspect.objects.elements import Element, elements
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSObject, JSReceiver
from v8inspect.objects.natives import native_value
from v8inspect.objects.properties import AccessorInfo, Property, own_property, prototype_chain
from v8inspect.objects.strings import String, read_slice
from v8inspect.objects.tagged import Characters, Damaged, Smi, Value

Step = Union[str, int]
_MAX_STEPS = 256
_STEP = re.compile(
    r"""\[(?P<index>\d+)\]
    | \[(?P<quote>["'])(?P<quoted>.*?)(?P=quote)\]
    | (?:^|\.)(?P<name>[^.\[\]]+)""",
    re.VERBOSE,
)


def steps_of(path: str) -> List[Step]:
    """The names and indices of a path; raises UsageError."""
    steps: List[Step] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None or len(steps) >= _MAX_STEPS:
            raise UsageError("jsprint", f"`{path}` is no member path like a.b[3].c")
        if match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            steps.append(match["name"] if match["name"] is not None else match["quoted"])
        at = match.end()
    return steps


def member(value: Value, steps: Sequence[Step]) -> Optional[Value]:
    """What is at the end of a path; None where JavaScript would not find anything either.

    Inherited properties count. An accessor is given as it is: nobody is there to run it.
    """
    found: Optional[Value] = value
    for step in steps:
        if found is None or isinstance(found, Damaged):
            return found
        found = _index(found, step) if isinstance(step, int) else _named(found, step)
    return found


def _index(value: Value, index: int) -> Optional[Value]:
    if isinstance(value, String):
        text = read_slice(value.reader, value.word, index, 1)
        return Characters(text.text) if text.text else None
    if isinstance(value, JSTypedArray):
        return next((item for _, item in value.numbers(index)), None)
    if not isinstance(value, JSObject):
        return None
    for item in elements(value, index):
        if isinstance(item, Damaged):
            return item
        assert isinstance(item, Element)
        return item.value if item.index == index else None
    return None


def _named(value: Value, name: str) -> Optional[Value]:
    if isinstance(value, String):
        return Smi(value.length) if name == "length" else None
    if isinstance(value, JSTypedArray) and name in ("length", "byteLength", "byteOffset"):
        numbers = (value.length, value.byte_length, value.byte_offset)
        return Smi(numbers[("length", "byteLength", "byteOffset").index(name)])
    if not isinstance(value, JSReceiver):
        return None
    if name.startswith("#"):
        for item in value.properties():
            if isinstance(item, Property) and item.is_private_name and item.name == name:
                return item.value
        return None
    for word in prototype_chain(value.reader, value.address):
        found = own_property(value.reader, word, name)
        if found is None:
            continue
        owner = value.reader.value(word)
        if isinstance(found.value, AccessorInfo) and isinstance(owner, JSObject):
            native = native_value(owner, found)
            return found.value if native is None else native
        return found.value
    return None


def word_of(value: Value) -> Optional[int]:
    """The tagged word of a value, also of a Smi; None for what lies untagged in an array."""
    if isinstance(value, HeapObject):
        return value.word
    if isinstance(value, Smi):
        return (value.value & 0xFFFF_FFFF) << 32
    return None
