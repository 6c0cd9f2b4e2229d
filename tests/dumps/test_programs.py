"""Five real programs (tests/programs) against V8's snapshot of the same process.

Of each program and version 10,000 JS objects are drawn at random, and 1,000 contexts. Every
property, element and context edge that V8 gives of them must be among what our views give and what
`inspect --json` shows, by name and target. What is shown beyond V8's edges must be of a class that
V8 leaves out: `_left_out` names them. The census must be V8's, every byte explained.
"""

from __future__ import annotations

import gc
import os
import random
from dataclasses import dataclass
from typing import Iterator, Optional

import pytest

from tests.dumps.json_edges import Inspector, Shown
from tests.dumps.snapshot_edges import Found, edges, given
from tests.dumps.support import PRIMARY, share_equal
from tests.programs.provision import NAMES, core
from tests.provision.cores import Run
from tests.provision.idmap import id_map
from tests.provision.snapshot import Snapshot
from v8inspect.heap.naming import PROXY
from v8inspect.objects.contexts import Context, ContextCell
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.globals import JSApiObject
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.reader import Reader, reader_of

# V8INSPECT_SAMPLE=1000000 takes all.
OBJECTS = int(os.environ.get("V8INSPECT_SAMPLE", "10000"))
MATRIX = [
    # One small sample is for the gate.
    pytest.param(("22.23.3", "express", 1000), id="22.23.3-express-1000"),
    *(
        pytest.param((version, name, OBJECTS), id=f"{version}-{name}", marks=pytest.mark.slow)
        for version in PRIMARY
        for name in NAMES
    ),
]
# V8: IsObjectElementsKind and dictionaries; of other kinds it lists no element.
LISTED_ELEMENTS = ("PACKED", "HOLEY", "DICTIONARY", "FAST_SLOPPY_ARGUMENTS")


@dataclass
class Case:
    """A program's core, V8's census of it, and the sample: address to V8's edges from there."""

    run: Run
    inspector: Inspector
    theirs: dict[str, int]
    sample: dict[int, Found]

    @property
    def reader(self) -> Reader:
        """Of the session that the commands use too."""
        return reader_of(self.inspector.host.session())

    def view(self, address: int) -> HeapObject:
        """The object at an untagged address."""
        value = self.reader.value(address | 1)
        assert isinstance(value, HeapObject), (hex(address), value)
        return value


@pytest.fixture(scope="module", params=MATRIX)
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    version, name, size = request.param
    run = core(version, name)
    assert run.snapshot is not None
    address_of = id_map(run.core)
    snapshot = Snapshot.load(run.snapshot)
    objects = [node.id for node in snapshot.js_objects() if node.id in address_of]
    contexts = [
        node.id
        for node in snapshot.nodes
        if node.name == "system / Context" and node.id in address_of
    ]
    pick = random.Random(f"{version} {name}")
    chosen: set[int] = set()
    for ids, number in ((objects, size), (contexts, size // 10)):
        chosen.update(pick.sample(ids, min(number, len(ids))))
    theirs = {name: count for name, (count, _) in snapshot.census().items()}
    sample: dict[int, Found] = {address_of[ident]: set() for ident in chosen}
    for edge in edges(run.snapshot):
        if edge.source in chosen:
            at = address_of[edge.source]
            sample[at].add((edge.type, edge.name, address_of.get(edge.target, 0)))
    del snapshot
    gc.collect()
    inspector = Inspector(str(run.core), str(run.node))
    yield Case(run, inspector, theirs, sample)
    inspector.host.close()


def test_the_census_is_v8s(case: Case) -> None:
    tallies = case.inspector.host.session().census.tallies()
    ours = {name: tally.count for name, tally in tallies.items()}
    share = share_equal(ours, case.theirs)
    print(f"{sum(case.theirs.values())} objects of {len(case.theirs)} names, {share:.5%} equal")
    assert share >= 0.9995
    beyond = {name: n for name, n in ours.items() if name not in case.theirs and name != PROXY}
    assert sum(beyond.values()) <= 0.0005 * sum(case.theirs.values()), beyond
    counts = case.run.truth.get("counts", {})
    assert {name: ours.get(name, 0) for name in counts} == counts
    for name, least in case.run.truth.get("atLeast", {}).items():
        assert ours.get(name, 0) >= least, name


def test_every_byte_outside_code_space_is_explained(case: Case) -> None:
    heap = case.inspector.host.session().heap
    unexplained = {
        heap.space_name(page): stats.unexplained
        for walked in heap.walked()
        for page, stats in zip(walked.pages, walked.stats)
        if stats.unexplained
    }
    assert unexplained == {}


def test_every_edge_is_given_by_the_views(case: Case) -> None:
    checked = 0
    missing = []
    for address, theirs in case.sample.items():
        value = case.view(address)
        wanted = _of_javascript(value, theirs)
        checked += len(wanted)
        missing += [(hex(address), value, *edge) for edge in wanted - given(value)]
    print(f"{checked} edges of {len(case.sample)} objects")
    assert checked > 3 * len(case.sample)
    assert missing == []


def test_inspect_shows_every_edge_and_nothing_wrong(case: Case) -> None:
    checked = 0
    missing, beyond = [], []
    for address, theirs in case.sample.items():
        value = case.view(address)
        shown = case.inspector.shown(address)
        ours = {(item.type, item.name, item.target) for item in shown}
        wanted = _of_javascript(value, theirs) - _former_prototype(value)
        checked += len(wanted)
        for kind, name, target in wanted:
            if (kind, name, _without_cell(case, kind, target)) not in ours:
                missing.append((hex(address), value, kind, name, hex(target)))
        listed = {(kind, name, _without_cell(case, kind, target)) for kind, name, target in theirs}
        beyond += [
            (hex(address), value, item)
            for item in shown
            if item.target is not None
            and (item.type, item.name, item.target) not in listed
            and not _left_out(case, value, item)
        ]
    print(f"{checked} edges of {len(case.sample)} objects in JSON")
    assert case.inspector.said == []  # damage, failures, warnings: none of them
    assert checked > 3 * len(case.sample)
    assert missing == []
    assert beyond == []


def _of_javascript(value: HeapObject, edges: Found) -> Found:
    """Without the elements that a C++ object behind `value` adds (V8's EmbedderGraph)."""
    if isinstance(value, JSApiObject):
        return {edge for edge in edges if edge[0] != "element"}
    return edges


def _former_prototype(value: HeapObject) -> Found:
    """The edge that V8 gives of a function whose `prototype` was set to what is no object: to the
    object that stood there before. (Ten hooks of webpack's tapable are such functions.)"""
    if isinstance(value, JSFunction) and value.map.non_instance_prototype() is not None:
        former = value.prototype_or_initial_map
        if isinstance(former, JSObject):
            return {("property", "prototype", former.address)}
    return set()


def _without_cell(case: Case, kind: str, target: int) -> Optional[int]:
    """From V8 14 on an edge may lead to a variable's ContextCell, which we look through. None is
    what is in no object: a number in a cell."""
    if kind == "context":
        found = case.reader.value(target | 1)
        if isinstance(found, ContextCell):
            return found.value.address if isinstance(found.value, HeapObject) else None
    return target


def _left_out(case: Case, value: HeapObject, item: Shown) -> bool:
    """Whether V8 gives no edge for what `item` shows; each line is a class of such references."""
    # In what V8 copies object literals from, fields that are not constant are not written.
    if item.value_type in ("HOLE", "hole", "uninitialized"):
        return True
    if item.type == "property":
        # Boxes of numbers in fields of double representation.
        if item.value_type == "HEAP_NUMBER":
            return True
        # name, prototype, stack, …: what C++ computes on request.
        if item.kind == "native":
            return True
        # The same symbol's other name: see json_edges.
        if item.kind == "internal":
            return True
        # V8 lists of an ArrayBuffer its memory only, of a global proxy the global object.
        if item.kind == "prototype":
            return value.type_name in ("JS_ARRAY_BUFFER", "JS_GLOBAL_PROXY")
        # A property whose name is the empty string is an internal edge.
        return item.name == ""
    if item.type == "element" and isinstance(value, JSObject):
        # Frozen, sealed, non-extensible arrays; characters of String objects.
        return value.map.elements_kind_name not in LISTED_ELEMENTS
    # Variables of blocks, and of scripts: V8 lists them as plain slots.
    return item.type == "context" and isinstance(value, Context) and value.kind != "function"
