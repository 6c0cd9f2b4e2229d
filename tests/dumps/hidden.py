"""Dumps of versions that v8inspect has no table of, made by hiding the table that it has."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Iterator

import pytest

from tests.dumps.support import PRIMARY
from tests.provision.cores import Run
from v8inspect.layout import tables

ODD = ("19.8.1", "21.7.3", "23.11.1", "25.9.0")
VERSIONS = tuple(sorted((*PRIMARY, *ODD), key=lambda version: int(version.split(".")[0])))

_TEXT = re.compile(rb"(?<![0-9.])(\d+\.\d+)\.\d+\.\d+-node\.\d+")
_OWN = tables.TABLES


@functools.cache
def v8_of(node: Path) -> str:
    """The major.minor of the V8 in a Node.js executable, as its bytes say."""
    found = {match.group(1).decode() for match in _TEXT.finditer(node.read_bytes())}
    assert len(found) == 1, found
    return found.pop()


def hide(folder: Path, *versions: str) -> Path:
    """A folder with all tables but those of these V8 versions."""
    for table in _OWN.glob("v8-*.json"):
        if table.stem not in {f"v8-{version}" for version in versions}:
            (folder / table.name).symlink_to(table)
    return folder


def only(folder: Path, version: str) -> Path:
    """A folder with the table of one version."""
    (folder / f"v8-{version}.json").symlink_to(_OWN / f"v8-{version}.json")
    return folder


def hidden_from(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Hides the table of the V8 of `run`, in this process and those that it starts; returns its
    version."""
    version = v8_of(run.node)
    monkeypatch.setattr(tables, "TABLES", hide(folder, version))
    monkeypatch.setenv("V8INSPECT_TABLES", str(folder))
    assert version not in tables.known()
    return version


def names_of_truth(run: Run) -> Iterator[str]:
    """The names that the program made a known number of."""
    yield from run.truth["counts"]
