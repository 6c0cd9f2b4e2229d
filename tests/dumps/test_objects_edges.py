"""Properties, elements and variables of every object against V8's snapshot of the same process.

V8 writes an edge for each of them that leads to a heap object; its id table (tests.provision.idmap)
says where both ends lie in the core. Each edge must be among what the views give: same name, same
target. Counted once: 1,976,781 edges over the five versions and five scenarios.
"""

from __future__ import annotations

import json
from typing import Any, Iterator, NamedTuple, Union

import pytest

from tests.dumps.support import PRIMARY, opened
from tests.provision.idmap import id_map
from v8inspect.objects.contexts import Context
from v8inspect.objects.elements import Element
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.globals import JSApiObject
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSObject, JSReceiver
from v8inspect.objects.maps import Map
from v8inspect.objects.properties import AccessorPair, Property
from v8inspect.objects.reader import reader_of
from v8inspect.objects.tagged import Value

SCENARIOS = ("aftergc", "classes", "collections", "vmcontexts", "manymaps")
CHECKED = ("property", "element", "context")


class Edge(NamedTuple):
    """An edge of the snapshot; ends are snapshot ids."""

    source: int
    type: str
    name: Union[str, int]
    target: int


def edges(path: Any) -> Iterator[Edge]:
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


Found = set[tuple[str, Union[str, int], int]]


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
        prototype = value.prototype_or_initial_map
        if isinstance(prototype, Map):
            prototype = prototype.prototype
        _add(found, "property", "prototype", prototype)
    return found


def _property(found: Found, item: Property) -> None:
    name = item.name.replace("\0", " ")
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


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("version", PRIMARY)
def test_every_edge_is_given(version: str, scenario: str) -> None:
    run, session = opened(version, scenario)
    assert run.snapshot is not None
    reader = reader_of(session)
    address_of = id_map(run.core)
    checked = 0
    missing = []
    source, found, value = 0, set(), reader.value(0)
    for edge in edges(run.snapshot):
        # Even ids are of native objects; the roots have no address.
        if not edge.source & 1 or edge.source not in address_of:
            continue
        if edge.source != source:
            source, value = edge.source, reader.value(address_of[edge.source] | 1)
            found = given(value)
        if isinstance(value, JSApiObject) and edge.type == "element":
            continue  # an edge of the C++ object behind it (V8's EmbedderGraph), not of this one
        checked += 1
        if (edge.type, edge.name, address_of.get(edge.target, 0)) not in found:
            missing.append((hex(address_of[source]), *edge))
    assert checked > 20_000
    assert missing == []
