"""Cores of these tests are not kept: making one takes a moment, and there are thousands."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Iterator

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder for one core, which is gone afterwards."""
    path = tmp_path / "core"
    path.mkdir()
    yield path
    shutil.rmtree(path, ignore_errors=True)
