"""Compressed cores through the command line: the same census, and nothing left behind, however the
program ends."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Optional

import pytest

from tests.dumps.support import opened
from tests.fuzz.program import (
    ANSWERED,
    DAMAGED,
    FAILED,
    LIMIT,
    Said,
    census,
    check_manners,
    environment,
)

VERSION = "20.20.2"
ATTEMPTS = 20  # until a program is seen while it unpacks
TOOLS = {
    "gz": ["gzip", "-1", "-c"],
    "xz": ["xz", "-0", "-c"],
    "zst": ["zstd", "-1", "-q", "-c"],
    "lz4": ["lz4", "-1", "-q", "-c"],
}


@pytest.fixture(scope="module", params=TOOLS)
def packed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core, compressed by the tool that people use."""
    tool = TOOLS[request.param]
    if shutil.which(tool[0]) is None:
        pytest.skip(f"no {tool[0]}")
    run, _ = opened(VERSION, "classes")
    path = tmp_path_factory.mktemp("packed") / f"core.{request.param}"
    with open(path, "wb") as file:
        subprocess.run([*tool, str(run.core)], stdout=file, check=True)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where it is unpacked to."""
    path = tmp_path / "unpacked"
    path.mkdir()
    return path


def _start(path: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "v8inspect", "-c", str(path), "--json", "findjsobjects"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(TMPDIR=str(folder)),
    )


def _unpacked(program: subprocess.Popen[str], folder: Path) -> Optional[os.stat_result]:
    """What the program has open in `folder`, as soon as there is something; None when it ends."""
    while program.poll() is None:
        for link in Path(f"/proc/{program.pid}/fd").glob("*"):
            try:
                if os.readlink(link).startswith(f"{folder}/"):
                    return link.stat()
            except OSError:
                continue
        time.sleep(0.002)
    return None


def test_the_same_census(packed: Path, folder: Path) -> None:
    run, _ = opened(VERSION, "classes")
    plain = census(run.core)
    status = None
    for _ in range(ATTEMPTS):
        program = _start(packed, folder)
        status = _unpacked(program, folder)
        out, err = program.communicate(timeout=LIMIT)
        assert (program.returncode, err) == (ANSWERED, "")
        assert Said(0, out, err, 0.0).census == plain.census
        assert os.listdir(folder) == []
        if status is not None:
            break
    assert plain.census["Level3"][0] == run.truth["counts"]["Level3"]
    assert status is not None
    assert stat.S_IMODE(status.st_mode) == 0o600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_after_a_signal(packed: Path, folder: Path, number: int) -> None:
    """The signal has to come while it unpacks; on a busy machine that takes several attempts."""
    for _ in range(ATTEMPTS):
        program = _start(packed, folder)
        seen = _unpacked(program, folder)
        program.send_signal(number)
        out, err = program.communicate(timeout=LIMIT)
        assert os.listdir(folder) == []
        if seen is not None and program.returncode != ANSWERED:
            break
    if number == signal.SIGINT:
        assert (program.returncode, out, err) == (130, "", "error: interrupted\n")
    else:
        assert (program.returncode, out) == (-number, "")


def test_nothing_is_left_after_an_error(packed: Path, folder: Path, tmp_path: Path) -> None:
    data = bytearray(packed.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4096] = b"\xff" * 4096
    path = tmp_path / f"damaged{packed.suffix}"
    path.write_bytes(data)
    said = census(path, env=environment(TMPDIR=str(folder)))
    check_manners(said)
    assert said.status == FAILED
    assert f"{path} is damaged: " in said.err
    assert os.listdir(folder) == []


def test_a_part_of_the_stream_is_a_part_of_the_core(
    packed: Path, folder: Path, tmp_path: Path
) -> None:
    data = packed.read_bytes()
    path = tmp_path / f"part{packed.suffix}"
    seen = set()
    for part in (0.02, 0.3, 0.7, 0.999):
        path.write_bytes(data[: int(len(data) * part)])
        said = census(path, env=environment(TMPDIR=str(folder)))
        check_manners(said, part)
        assert said.status in (FAILED, DAMAGED)
        seen.add(said.status)
        if said.status == DAMAGED:
            assert "warning: truncated: the " in said.err
    assert DAMAGED in seen
    assert os.listdir(folder) == []


def test_what_else_is_compressed_is_named(tmp_path: Path) -> None:
    for suffix, tool in TOOLS.items():
        path = tmp_path / f"text.{suffix}"
        text = b"all work and no play\n" * 500
        path.write_bytes(subprocess.run(tool, input=text, capture_output=True, check=True).stdout)
        said = census(path)
        check_manners(said)
        assert said.status == FAILED
        assert f"{path} is not a core dump: text, compressed with " in said.err
