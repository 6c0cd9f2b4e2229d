"""Damaged copies of Windows dumps through the command line: one clear line or a marked answer, no
traceback, no hang.

$V8INSPECT_FUZZ_SEED chooses other damage; a failure prints its own.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Iterator

import pytest

from tests.fuzz.fixtures import COPIES, statuses_of_damaged
from tests.fuzz.program import Forked

DATA = Path(__file__).resolve().parent.parent / "data" / "windows"
_MEMORY64_LIST = 9


@pytest.fixture(scope="module")
def forked() -> Iterator[Forked]:
    with Forked() as server:
        yield server


def _structures(data: bytes) -> int:
    """Bytes of a full dump before its memory; of a small one all."""
    count, directory = struct.unpack_from("<II", data, 8)
    for i in range(count):
        kind, _, rva = struct.unpack_from("<III", data, directory + 12 * i)
        if kind == _MEMORY64_LIST:
            return int.from_bytes(data[rva + 8 : rva + 16], "little")
    return len(data)


@pytest.mark.parametrize(
    ("name", "count"),
    [("24.21.0-crash", COPIES), ("22.23.3-live", COPIES // 4), ("22.23.3-mini", COPIES)],
)
def test_damaged_copies(name: str, count: int, tmp_path: Path, forked: Forked) -> None:
    packed = DATA / f"win-x64-{name}.dmp.xz"
    statuses = statuses_of_damaged(packed, count, _structures, tmp_path, forked)
    assert len(statuses) > 1 or name.endswith("mini")
