"""Windows dumps: the same text in the shell, in GDB (by `v8 open`) and in LLDB (both ways)."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Iterator, List

import pytest

from tests.frontends.run import Said, in_gdb, in_lldb, in_shell

pytestmark = pytest.mark.debugger

DATA = Path(__file__).resolve().parent.parent / "data" / "windows"
LINES = [
    "findjsobjects -n 12",
    "findjsobjects --json -n 400",
    "findjsinstances -n 3 Legacy",
    "nodeinfo",
    "heap",
    "threads",
    "bt",
    "error",
    "timers",
    "strings -n 4",
]
NAMES = ["20.20.2-crash", "22.23.3-live"]


@pytest.fixture(scope="module", params=NAMES)
def dump(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("windows") / f"{request.param}.dmp"
    path.write_bytes(lzma.decompress((DATA / f"win-x64-{request.param}.dmp.xz").read_bytes()))
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def expected(dump: Path) -> List[Said]:
    """What the shell says."""
    said = in_shell(dump, None, LINES)
    rows = [json.loads(line) for line in said[1].answer.splitlines()]
    counts = {row["name"]: row["count"] for row in rows if row["name"] in ("Foo", "Bar", "Legacy")}
    assert counts == {"Foo": 10001, "Bar": 500, "Legacy": 300}
    return said


def _same(said: List[Said], expected: List[Said]) -> None:
    for line, got, want in zip(LINES, said, expected):
        assert (line, got.answer) == (line, want.answer)
        assert (line, got.succeeded) == (line, want.succeeded)
        assert (line, got.remarks.strip()) == (line, want.remarks.strip())


def test_gdb_opens_it(dump: Path, gdb: str, expected: List[Said]) -> None:
    said = in_gdb(gdb, None, None, [f"open {dump}", *LINES])
    assert "Windows minidump, x86_64" in said[0].answer
    _same(said[1:], expected)


def test_lldb_loads_it(dump: Path, any_lldb: str, expected: List[Said]) -> None:
    _same(in_lldb(any_lldb, dump, None, LINES), expected)


def test_lldb_opens_it(dump: Path, lldb: str, expected: List[Said]) -> None:
    _same(in_lldb(lldb, None, None, [f"open {dump}", *LINES])[1:], expected)
