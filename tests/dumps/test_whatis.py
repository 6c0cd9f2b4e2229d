"""`v8whatis` against V8's own table of objects and their sizes."""

from __future__ import annotations

import random

import pytest

from tests.dumps.support import PRIMARY, opened
from tests.provision.idmap import id_map
from tests.provision.snapshot import Snapshot
from v8inspect.analysis.whatis import whatis


@pytest.mark.parametrize("version", PRIMARY)
def test_any_address_inside_of_an_object_leads_to_its_start(version: str) -> None:
    run, session = opened(version, "aftergc")
    assert run.snapshot is not None
    addresses = id_map(run.core)
    nodes = [
        n for n in Snapshot.load(run.snapshot).js_objects() if n.self_size and n.id in addresses
    ]
    for node in random.Random(7).sample(nodes, 300):
        start = addresses[node.id]
        inside = start + 8 * random.Random(node.id).randrange(node.self_size // 8)
        (row,) = whatis(session, inside)
        assert (row.object, row.offset) == (start + 1, inside - start)


def test_what_is_no_heap_memory_is_said_to_be_none() -> None:
    _, session = opened(PRIMARY[-1], "aftergc")
    (row,) = whatis(session, 16)
    assert (row.object, row.where) == (None, "not mapped")
    (row,) = whatis(session, session.target.threads()[0].registers["rsp"])
    assert row.object is None
    assert row.where.endswith("(rw-)")
