"""The oracles themselves, on real cores: what the program, V8's snapshot and V8's id table say of
one process must agree before anything is measured by them. Nothing of v8inspect is in here."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Optional

import pytest

from tests.dumps.support import FIRST_LTS, PRIMARY
from tests.provision.cores import GCORE, core
from tests.provision.idmap import id_map, segments
from tests.provision.snapshot import Snapshot

pytestmark = pytest.mark.dumps

SCENARIOS = (
    "aftergc",
    "classes",
    "collections",
    "vmcontexts",
    "bigarrays",
    "manymaps",
    "worker",
    "empty",
)
EVERYWHERE = [(version, name) for version in PRIMARY for name in SCENARIOS] + [
    (version, name) for version in FIRST_LTS for name in ("aftergc", "classes")
]
# V8's snapshot is of one isolate, and has proxies as hidden nodes.
NOT_IN_SNAPSHOT = {"WorkerThing", "Proxy"}


@pytest.mark.parametrize(("version", "scenario"), EVERYWHERE)
def test_the_program_counts_as_v8_does(version: str, scenario: str) -> None:
    run = core(version, scenario)
    assert run.snapshot is not None
    assert run.truth["version"] == f"v{version}"
    census = Snapshot.load(run.snapshot).census()

    def found(name: str) -> int:
        return census.get(name, (0, 0))[0]

    counts = {n: c for n, c in run.truth["counts"].items() if n not in NOT_IN_SNAPSHOT}
    assert {name: found(name) for name in counts} == counts
    least = {n: c for n, c in run.truth.get("atLeast", {}).items() if n not in NOT_IN_SNAPSHOT}
    assert {name: found(name) for name in least if found(name) < least[name]} == {}


@pytest.mark.parametrize("version", PRIMARY + FIRST_LTS)
def test_every_heap_object_of_the_snapshot_has_an_address(version: str) -> None:
    run = core(version, "aftergc")
    check_ids(run.core, run.snapshot)


def test_a_core_of_gcore_has_the_table_too() -> None:
    run = core(PRIMARY[2], "empty", how=GCORE)
    assert run.how == GCORE
    check_ids(run.core, run.snapshot)


def check_ids(path: Path, snapshot: Optional[Path]) -> None:
    assert snapshot is not None
    nodes = Snapshot.load(snapshot).nodes
    addresses = id_map(path)
    odd = {node.id: node for node in nodes if node.id % 2 and node.type != "synthetic"}
    assert len(odd) > 30000
    assert {ident for ident in addresses if ident % 2} == odd.keys()
    assert addresses.keys() <= {node.id for node in nodes}
    on_heap = [i for i, node in odd.items() if node.name != "system / JSArrayBufferData"]
    assert len({addresses[i] for i in on_heap}) == len(on_heap)
    # A heap object begins with the tagged address of its Map: 1 modulo 8 in these builds.
    unlike = [odd[i] for i, word in first_words(path, addresses, on_heap) if word % 8 != 1]
    assert unlike == []


def first_words(path: Path, addresses: dict[int, int], ids: list[int]) -> list[tuple[int, int]]:
    """(id, word at its address) of those whose memory is in the core."""
    words = []
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        pieces = sorted(segments(data))
        at = 0
        for ident in sorted(ids, key=lambda ident: addresses[ident]):
            address = addresses[ident]
            while at < len(pieces) and pieces[at].address + pieces[at].size <= address:
                at += 1
            if at < len(pieces) and pieces[at].address <= address:
                offset = pieces[at].offset + address - pieces[at].address
                words.append((ident, struct.unpack_from("<Q", data, offset)[0]))
    assert len(words) >= 0.99 * len(ids)
    return words
