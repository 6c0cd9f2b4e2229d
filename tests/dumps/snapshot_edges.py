"""The edges of V8's heap snapshots, and what our views give beside them.

Names are as V8 writes them: `<symbol description>`, `get NAME` and `set NAME` for the halves of an
accessor, `__proto__`, `prototype` of a function.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Union

from v8inspect.objects.contexts import Context
from v8inspect.objects.elements import Element
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSObject, JSReceiver
from v8inspect.objects.properties import AccessorPair, Property
from v8inspect.objects.tagged import Value

CHECKED = ("property", "element", "context")
NAME_LIMIT = 1024  # characters; V8: StringsStorage keeps no more
Found = set[tuple[str, Union[str, int], int]]


class Edge(NamedTuple):
    """An edge of the snapshot; ends are snapshot ids."""

    source: int
    type: str
    name: Union[str, int]
    target: int


def edges(path: Path) -> Iterator[Edge]:
    """The edges of the checked types."""
    data = json.loads(path.read_text())
    meta = data["snapshot"]["meta"]
    fields, kinds = meta["node_fields"], meta["edge_types"][0]
    id_at, count_at, step = fields.index("id"), fields.index("edge_count"), len(fields)
    nodes, flat, strings = data["nodes"], data["edges"], data["strings"]
    at = 0
    for node in range(0, len(nodes), step):
        for _ in range(nodes[node + count_at]):
            kind = kinds[flat[at]]
            if kind in CHECKED:
                name = flat[at + 1] if kind == "element" else strings[flat[at + 1]]
                yield Edge(nodes[node + id_at], kind, name, nodes[flat[at + 2] + id_at])
            at += 3


def given(value: Value) -> Found:
    """(type, name, untagged address of the target) of all that a view gives."""
    found: Found = set()
    if isinstance(value, Context):
        for variable in value.variables():
            _add(found, "context", variable.name, variable.value)
            # V8 14 has the edge to the ContextCell, which the views look through.
            _add(found, "context", variable.name, value.reader.value_in(variable.slot))
    if isinstance(value, JSReceiver):
        _add(found, "property", "__proto__", value.prototype)
    if isinstance(value, JSObject):
        for item in value.properties():
            assert isinstance(item, Property), (value, item)
            _property(found, item)
        for element in value.elements():
            assert isinstance(element, Element), (value, element)
            _add(found, "element", element.index, element.value)
    if isinstance(value, JSFunction):
        _add(found, "property", "prototype", value.prototype_property)
        # Where `prototype` was set to what is no object, V8's edge is to what stood there before.
        _add(found, "property", "prototype", value.prototype_or_initial_map)
    return found


def name_in_snapshot(name: str) -> str:
    """A property's name as a snapshot has it."""
    return name.replace("\0", " ")[:NAME_LIMIT]


def _property(found: Found, item: Property) -> None:
    name = name_in_snapshot(item.name)
    if item.is_symbol and not item.is_private_name:
        name = f"<symbol {name}>" if name else "<symbol>"
    value = item.value
    _add(found, "property", name, value)
    if isinstance(value, AccessorPair):
        _add(found, "property", name if item.is_symbol else "get " + name, value.getter)
        _add(found, "property", name if item.is_symbol else "set " + name, value.setter)


def _add(found: Found, kind: str, name: Union[str, int], value: Any) -> None:
    if isinstance(value, HeapObject):
        found.add((kind, name, value.address))
