"""Damaged copies of cores of macOS through the command line: one clear line or a marked answer, no
traceback, no hang.

$V8INSPECT_FUZZ_SEED chooses other damage; a failure prints its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from tests.fuzz.fixtures import COPIES, statuses_of_damaged
from tests.fuzz.program import Forked

DATA = Path(__file__).resolve().parent.parent / "data" / "macos"
_HEADER = 32
_NOTES = 1024  # bytes behind the commands, where LLDB puts the notes


@pytest.fixture(scope="module")
def forked() -> Iterator[Forked]:
    with Forked() as server:
        yield server


def _structures(data: bytes) -> int:
    """Bytes of a core before its memory."""
    return _HEADER + int.from_bytes(data[20:24], "little") + _NOTES


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("x64-20.20.2-lldb-dirty", COPIES),
        ("arm64-26.10.0-lldb-dirty", COPIES // 4),
        ("x64-26.10.0-stack", COPIES),
    ],
)
def test_damaged_copies(name: str, count: int, tmp_path: Path, forked: Forked) -> None:
    packed = DATA / f"macos-{name}.core.xz"
    statuses = statuses_of_damaged(packed, count, _structures, tmp_path, forked)
    assert len(statuses) > 1 or name.endswith("stack")
