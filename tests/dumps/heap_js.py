"""What heap.js (`tests/data/windows/heap.js`) has made and called, looked for in a dump of it."""

from __future__ import annotations

from typing import Any

from tests.dumps.inspected import as_json, as_text
from tests.stacks.compared import compare
from tests.stacks.printed import uncaught
from tests.stacks.test_stacks import check
from v8inspect.api import Object
from v8inspect.heap.finding import property_keys, with_property
from v8inspect.session import Session

_MARKER = "UNIQUE_MARKER_v8pm_0123456789_ABCDEF"
_KINDS = (
    "Map size=2",
    "Set size=3",
    "length=25",
    "length=1048576",
    "Uint32Array",
    "length=4",
    "1700000000123 2023-11-14T22:13:20.123Z",
    "/ab+c/gi",
    '"known error message"',
    "Symbol: 'known-symbol'",
    r"function: inner at Z:\srv\app\heap.js:16:60",
    'bound="inner"',
    "Promise state=fulfilled",
)
_FRAMES = (
    ("innermost(this=", '<String: "3">, '),
    ("middle(this=", "<Smi: 3>, "),
    ("outer(this=", "<Smi: 1>, <Smi: 2>)"),
)


def root_of(session: Session) -> Object:
    """Its globalThis.__root."""
    keys = property_keys(session, "legacies")
    (address,) = [address for address, _ in with_property(session, keys)]
    return session.at(address)


def maps_of(session: Session) -> tuple[int, int, int]:
    """Where the Maps of Foo, Bar and Legacy are, untagged."""
    root = root_of(session)
    foo, bar, legacy = (
        session.memory.u64(root[key][0].address - 1) - 1 for key in ("foos", "bars", "legacies")
    )
    return foo, bar, legacy


def check_counts(session: Session) -> None:
    """The census; Bar.prototype bears the name Foo."""
    tallies = session.census.tallies()
    found = {key: tallies[key].count for key in ("Foo", "Bar", "Legacy")}
    assert found == {"Foo": 10001, "Bar": 500, "Legacy": 300}


def check_bytes(session: Session) -> None:
    """Every byte of the heap is explained."""
    for row in as_json(session, "doctor"):
        assert row["ok"], row
    assert ", 0 bytes unexplained" in "\n".join(as_text(session, "doctor"))


def check_objects(session: Session) -> None:
    """Every object of its three classes."""
    root = root_of(session)
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


def check_kinds(session: Session, pid: int) -> None:
    """A value of every kind that it made."""
    root = root_of(session)
    assert root["marker"] == _MARKER
    assert root["wide"] == "широкий-UNIQUE-☃"
    assert root["cons"] == f"cons-left-part-{pid}-right-part-of-cons-string"
    assert root["sliced"] == _MARKER[3:30]
    assert root["bigint"] == 123456789012345678901234567890
    assert list(root["dbl"].elements()) == [1.5, 2.5, 3.5]
    assert (root["holey"][0], root["holey"][2], len(root["holey"])) == (1, 3, 3)
    assert (len(root["sparse"]), root["sparse"][100000]) == (100001, "far")
    expected = {f"dyn_key_{i}": i for i in range(200) if i != 7}
    assert root["dict"].properties == expected
    text = "\n".join(as_text(session, f"inspect -F {root.address:#x}"))
    for part in _KINDS:
        assert part in text


def check_commands(session: Session) -> None:
    """Lists, findrefs and strings."""
    assert len(as_json(session, "findjsinstances -n 0 Legacy")) == 300
    (row,) = [row for row in as_json(session, "findjsobjects") if row["name"] == "Bar"]
    assert row["count"] == 500
    foo = root_of(session)["foos"][41]
    holders = "\n".join(as_text(session, f"findrefs {foo.address:#x}"))
    assert "Foo.next=" in holders
    assert "[41]=" in holders
    assert any(_MARKER in line for line in as_text(session, f"strings --contains {_MARKER}"))


def check_process(session: Session, version: str, pid: int) -> None:
    """What Node.js knows of itself."""
    text = "\n".join(as_text(session, "nodeinfo"))
    assert f"Information for process id {pid} " in text
    assert f"Platform = win32, Architecture = x64, Node Version = v{version}" in text
    assert rf"Executable Path = Z:\srv\app\node-{version}\node.exe" in text
    assert r"] = Z:\srv\app\heap.js" in text


def check_stack(session: Session, stderr: str) -> None:
    """The stack that V8 printed, with its arguments."""
    check(compare(session, uncaught(stderr)), 1.0)
    lines = as_text(session, "bt")
    ours = [line for line in lines if r"Z:\srv\app\heap.js" in line]
    for line, parts in zip(ours, _FRAMES):
        for part in parts:
            assert part in line
    assert len(ours) == 4
    assert not any("damaged" in line for line in lines)


def check_exception(session: Session) -> None:
    """The error that nobody caught."""
    text = as_text(session, "error")
    # The thread that threw is the first.
    assert text[0].startswith("Uncaught exception (thread #1, tid ")
    assert "exception 0x80000003 (brea" in text[0]
    assert any(line.startswith("Error: uncaught 3 ") for line in text)


def check_idle(session: Session) -> None:
    """It waits: nothing stale stands on its stack, and its timer is due within its second."""
    rows = as_json(session, "bt")
    assert [row["kind"] for row in rows if "kind" in row] == ["native"]
    assert rows[-1]["module"].endswith("ntdll.dll")
    threads = as_json(session, "threads")
    assert [row["frames"] for row in threads] == [0] * len(threads)
    assert threads[0]["state"] == "idle"
    (timers,) = [row for row in as_json(session, "getactivehandles") if row["kind"] == "timers"]
    assert 0 < timers["due_in"] <= 1000
