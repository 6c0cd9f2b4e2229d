"""The tables against the v8dbg constants of real Node.js binaries: every one that is trusted."""

from __future__ import annotations

import subprocess
import time
from functools import cache

import pytest

from tests.provision.nodes import IntegrityError, node
from tests.unit.test_layout_fakes import NODES, FakeTarget, elf, memory
from v8inspect.layout import resolve, tables, v8dbg
from v8inspect.layout.version import find_version

RELEASES = {version: release for version, (release, _) in NODES.items()}
FIRST_LTS = {"10.2": "18.12.0", "11.3": "20.9.0", "12.4": "22.11.0", "13.6": "24.11.0"}
BINARIES = [*RELEASES.items(), *FIRST_LTS.items()]


@cache
def binary(release: str) -> FakeTarget:
    try:
        path = node(release)
    except (OSError, subprocess.CalledProcessError, ValueError, IntegrityError) as error:
        pytest.skip(f"no node {release} here, and it can't be fetched: {error}")
    return elf(str(path))


@pytest.mark.parametrize(("version", "release"), BINARIES)
def test_every_trusted_symbol_is_as_the_table_says(version: str, release: str) -> None:
    target = binary(release)
    found = resolve(target)
    assert found.table == version
    assert not found.warnings
    assert found.version.startswith(version + ".")
    confirmed = [c for c in found.constants if "this binary agrees" in c.source]
    assert len([c for c in confirmed if not c.name.startswith("type ")]) > 80
    assert len([c for c in confirmed if c.name.startswith("type ")]) > 170
    assert not [c for c in found.constants if "not in the table" in c.source]


@pytest.mark.parametrize(("version", "release"), RELEASES.items())
def test_table_says_v8dbg_where_it_is_so_and_only_there(version: str, release: str) -> None:
    ints = v8dbg.read_ints(binary(release))
    table = tables.load(version)
    exported = {reading.constant: reading.symbol for reading in v8dbg.constants(ints)}
    for name, (_, source) in table.constants.items():
        if source.startswith("v8dbg "):
            stem = source.split()[1]
            assert exported[name].startswith(v8dbg.PREFIX + stem), name
        else:
            assert name not in exported, f"{name}: {source}, but it is exported"
    types = {reading.constant for reading in v8dbg.types(ints)}
    said = {name for name, (_, source) in table.instance_types.items() if source == "v8dbg"}
    assert types == said


@pytest.mark.parametrize("release", [release for _, release in BINARIES])
def test_all_symbols_are_read_and_sane(release: str) -> None:
    target = binary(release)
    ints = v8dbg.read_ints(target)
    assert len(ints) == len(target.symbols(v8dbg.PREFIX)) > 450
    assert not v8dbg.insane(ints)
    assert set(v8dbg.SANE) <= set(ints)


@pytest.mark.parametrize("stem", sorted(v8dbg.UNTRUSTED))
def test_untrusted_symbols_are_real_ones(stem: str) -> None:
    assert any(v8dbg.by_stem(v8dbg.read_ints(binary(r))).get(stem) for r in RELEASES.values())


@pytest.mark.parametrize(("version", "release"), RELEASES.items())
def test_version_with_and_without_symbols(version: str, release: str) -> None:
    whole = NODES[version][1]
    target = binary(release)
    found = find_version(target)
    assert (found.v8, found.binary) == (whole, whole)
    assert not found.warnings
    stripped = FakeTarget(target.segments_, read_only=target.read_only)
    assert find_version(stripped).v8 == whole


def test_it_is_quick() -> None:
    """20 ms without symbols, 60 ms with them, on a quiet machine; here only against hangs."""
    target = binary(RELEASES["14.6"])
    stripped = FakeTarget(memory((0x1000, NODES["14.6"][1].encode() + b"\0")))
    assert min(_seconds(target) for _ in range(5)) < 1
    assert min(_seconds(stripped) for _ in range(5)) < 1


def _seconds(target: FakeTarget) -> float:
    started = time.perf_counter()
    resolve(target)
    return time.perf_counter() - started
