"""The same census whether the executable is there, gone, stripped, or of another build.

A core says by itself where its executable was, and that file is still there: so the path in a copy
of the core is changed to one that leads nowhere, where a test wants it gone.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

from tests.dumps.support import PRIMARY, opened
from tests.fuzz.copies import Copy
from tests.fuzz.ground import ground
from tests.fuzz.program import ANSWERED, Census, Forked, Said, census, check_manners, v8inspect
from tests.provision.cores import Run
from tests.provision.nodes import node

OTHER = {
    "18.20.8": "18.12.0",
    "20.20.2": "20.9.0",
    "22.23.3": "22.11.0",
    "24.21.0": "24.11.0",
    "26.10.0": "24.21.0",
}
_SECTIONS = (40, 8), (60, 2), (62, 2)  # e_shoff, e_shnum, e_shstrndx


class Homeless(NamedTuple):
    """A core that calls its executable `path`, where nothing is. `good` is what the core whose
    executable is there says."""

    run: Run
    core: Path
    path: str
    good: Census


@pytest.fixture(scope="module")
def forked() -> Iterator[Forked]:
    with Forked() as server:
        yield server


@pytest.fixture(scope="module", params=PRIMARY)
def homeless(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Homeless]:
    run, _ = opened(request.param, "classes")
    with_it = census(run.core, "-e", str(run.node))
    assert (with_it.status, with_it.err) == (ANSWERED, "")
    assert with_it.census["Level3"][0] == run.truth["counts"]["Level3"]
    copy = Copy(run.core, tmp_path_factory.mktemp("homeless") / "core")
    old = os.fsencode(str(run.node)) + b"\0"
    path = "/nowhere" + str(run.node)[8:]
    at = ground(request.param, "classes")
    found = copy.pristine.find(old, at.header_end, at.first_load)
    assert found >= 0
    while found >= 0:
        copy.write(found, os.fsencode(path))
        found = copy.pristine.find(old, found + 1, at.first_load)
    yield Homeless(run, copy.path, path, with_it.census)
    copy.close()


def _same(said: Said, home: Homeless, err: str = "") -> None:
    check_manners(said)
    assert said.err == err
    assert said.status == ANSWERED
    assert said.census == home.good


def _used(core: Path, *words: str) -> str:
    """What `doctor` says of the executable."""
    said = v8inspect("-c", str(core), *words, "--json", "doctor")
    rows = [json.loads(line) for line in said.out.splitlines()]
    return next(row["detail"] for row in rows if row["check"] == "executable")


def _build_id(path: Path) -> str:
    notes = subprocess.run(
        ["readelf", "-n", path], capture_output=True, text=True, errors="replace"
    )
    found = re.search(r"Build ID: ([0-9a-f]+)", notes.stdout)
    assert found is not None
    return found.group(1)


def test_found_where_the_core_says(homeless: Homeless) -> None:
    _same(census(homeless.run.core), homeless)
    assert _used(homeless.run.core).startswith(f"{homeless.run.node}, build id ")


def test_gone(homeless: Homeless) -> None:
    why = f"the executable is not used: {homeless.path}: No such file or directory"
    _same(census(homeless.core), homeless, f"warning: {why}\n")


@pytest.mark.parametrize("command", ["nodeinfo", "findjsobjects -d", "heap", "timers"])
def test_gone_other_commands(homeless: Homeless, command: str, forked: Forked) -> None:
    with_it = forked.run("-c", str(homeless.run.core), *command.split())
    without = forked.run("-c", str(homeless.core), *command.split())
    assert without.err.startswith("warning: the executable is not used: ")
    assert (without.status, without.out) == (with_it.status, with_it.out)
    assert without.status == ANSWERED


def test_stripped(homeless: Homeless, tmp_path: Path) -> None:
    """`strip` leaves .dynsym, and closes gaps between the segments in the file."""
    bare = tmp_path / "node"
    subprocess.run(["strip", "-o", bare, homeless.run.node], check=True)
    _same(census(homeless.core, "-e", str(bare)), homeless)
    assert _used(homeless.core, "-e", str(bare)).startswith(f"{bare}, build id ")


def test_without_any_symbols(homeless: Homeless, tmp_path: Path) -> None:
    bare = tmp_path / "node"
    shutil.copy(homeless.run.node, bare)
    with open(bare, "r+b") as file:
        for offset, size in _SECTIONS:
            file.seek(offset)
            file.write(bytes(size))
    _same(census(homeless.core, "-e", str(bare)), homeless)
    assert _used(homeless.core, "-e", str(bare)).startswith(f"{bare}, build id ")


def test_of_another_build(homeless: Homeless) -> None:
    run = homeless.run
    wrong = node(OTHER[run.version])
    why = f"{wrong}: build id {_build_id(wrong)}, the dump has {_build_id(run.node)}"
    instead = f"warning: {why}; {run.node} is used instead\n"
    _same(census(run.core, "-e", str(wrong)), homeless, instead)
    gone = f"{homeless.path}: No such file or directory"
    refused = f"warning: the executable is not used: {why}; {gone}\n"
    _same(census(homeless.core, "-e", str(wrong)), homeless, refused)


def test_in_a_sysroot(homeless: Homeless, tmp_path: Path) -> None:
    for place in (homeless.path.lstrip("/"), "node"):
        root = tmp_path / f"root-{len(place)}"
        file = root / place
        file.parent.mkdir(parents=True)
        file.symlink_to(homeless.run.node)
        words = ("--sysroot", str(root))
        _same(census(homeless.core, *words), homeless)
        assert _used(homeless.core, *words).startswith(f"{file}, build id ")


@pytest.mark.parametrize("what", ["text", "fifo", "directory", "missing", "core"])
def test_what_is_no_executable(what: str, forked: Forked, tmp_path: Path) -> None:
    run, _ = opened("22.23.3", "classes")
    path = run.core if what == "core" else tmp_path / what
    if what == "text":
        path.write_text("text")
    elif what == "fifo":
        os.mkfifo(path)
    elif what == "directory":
        path.mkdir()
    why = {
        "text": "is text",
        "fifo": "is a pipe",
        "directory": "is a directory",
        "missing": "No such file or directory",
        "core": "is no executable or library",
    }
    said = forked.census(run.core, "-e", str(path))
    assert said.err == f"warning: {path}: {why[what]}; {run.node} is used instead\n"
    assert said.status == ANSWERED
    assert said.census == forked.census(run.core).census


def _sections(path: Path) -> dict[str, tuple[int, int]]:
    """Name to (offset, bytes), as readelf says."""
    listed = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=True)
    rows = re.findall(r"\] (\.\S+) +\S+ +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+)", listed.stdout)
    return {name: (int(offset, 16), int(size, 16)) for name, offset, size in rows}


def test_a_damaged_executable(forked: Forked, tmp_path: Path) -> None:
    """Noise in its headers and tables: the census is the same or refused, never another one."""
    run, _ = opened("22.23.3", "classes")
    copy = Copy(run.node, tmp_path / "node")
    good = forked.census(run.core, "-e", str(run.node)).census
    headers = int.from_bytes(copy.pristine[40:48], "little")
    sections = _sections(run.node)
    places = [(0, 1024), (headers, copy.size - headers), sections[".dynsym"], sections[".dynstr"]]
    dice = random.Random(7)
    for i in range(24):
        start, size = places[i % len(places)]
        for _ in range(1 << dice.randrange(12)):
            word = dice.choice((0, (1 << 64) - 1, dice.getrandbits(64)))
            copy.write(start + 8 * dice.randrange(size // 8), word.to_bytes(8, "little"))
        if i % 6 == 5:
            copy.cut(dice.randrange(copy.size))
        said = forked.census(run.core, "-e", str(copy.path))
        copy.restore()
        check_manners(said, i)
        if said.status == ANSWERED:
            assert said.census == good
    copy.close()
