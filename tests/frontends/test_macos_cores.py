"""Cores of macOS in each front end: the same text. LLDB loads them itself, GDB by `v8 open`."""

from __future__ import annotations

import lzma
from pathlib import Path
from typing import List

import pytest

from tests.frontends.run import Said, in_gdb, in_lldb, in_shell

pytestmark = pytest.mark.dumps

DATA = Path(__file__).resolve().parent.parent / "data" / "macos"
NAMES = ("x64-22.23.3-modified-memory", "arm64-26.10.0-lldb-dirty")
LINES = [
    "findjsobjects", "findjsinstances -n 3 Walrus", "findjsinstances -n 1 Zebra | inspect",
    "findrefs -n stripe", "strings -n 3", "nodeinfo", "heap", "threads", "bt", "error", "doctor",
]  # fmt: skip


@pytest.fixture(params=NAMES)
def core(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """One of them, unpacked: LLDB can't do that."""
    path = tmp_path / "node.core"
    path.write_bytes(lzma.decompress((DATA / f"macos-{request.param}.core.xz").read_bytes()))
    return path


def answers(said: List[Said]) -> List[str]:
    """Without the line on the scanner: which binding is used depends on the Python."""
    assert all(entry.succeeded for entry in said), said
    return ["".join(_kept(entry.answer)) for entry in said]


def _kept(answer: str) -> List[str]:
    return [line for line in answer.splitlines(True) if not line.startswith("ok   scanner")]


def test_lldb_says_what_the_shell_says(core: Path, lldb: str) -> None:
    expected = answers(in_shell(core, None, LINES))
    assert "       1234      59232 Zebra\n" in expected[0]
    assert answers(in_lldb(lldb, core, None, LINES)) == expected


def test_gdb_opens_them_by_command(core: Path, gdb: str) -> None:
    said = answers(in_gdb(gdb, None, None, [f"open {core}", *LINES]))
    assert "macOS core" in said[0]
    assert said[1:] == answers(in_shell(core, None, LINES))
