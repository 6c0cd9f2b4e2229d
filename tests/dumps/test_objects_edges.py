"""Properties, elements and variables of every object against V8's snapshot of the same process.

V8 writes an edge for each of them that leads to a heap object; its id table (tests.provision.idmap)
says where both ends lie in the core. Each edge must be among what the views give: same name, same
target. Counted once: 1,976,781 edges over the five versions and five scenarios.
"""

from __future__ import annotations

import pytest

from tests.dumps.snapshot_edges import edges, given
from tests.dumps.support import PRIMARY, opened
from tests.provision.idmap import id_map
from v8inspect.objects.globals import JSApiObject
from v8inspect.objects.reader import reader_of

SCENARIOS = ("aftergc", "classes", "collections", "vmcontexts", "manymaps")


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
