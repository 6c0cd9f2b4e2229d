"""Files that are no whole core of a known V8, through the command line: a clear message and exit 1,
or what is there with exit 3. Never a traceback, a signal, a hang, or fewer objects in silence.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.dumps.support import PRIMARY, opened
from tests.fuzz.copies import Copy
from tests.fuzz.ground import Ground, ground
from tests.fuzz.program import (
    ANSWERED,
    DAMAGED,
    FAILED,
    LIMIT,
    ROOT,
    Census,
    Forked,
    Said,
    census,
    check_manners,
    environment,
    manners,
    v8inspect,
)
from tests.provision.cores import core, kernel_writes_here
from tests.provision.nodes import node
from v8inspect.errors import DumpChanged, V8InspectError
from v8inspect.session import Session
from v8inspect.targets import open_dump

COMMANDS = (["findjsobjects"], ["findjsobjects", "-d"], ["heap"], ["nodeinfo"], ["doctor"])
_NOBODY = 65534
_AS_NOBODY = f"""
import os, sys
from tests.fuzz import forking
forking.warm_up()
os.setgid({_NOBODY}); os.setuid({_NOBODY})
sys.exit(forking.main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def forked() -> Iterator[Forked]:
    with Forked() as server:
        yield server


def _failed(said: Said, *parts: str) -> None:
    """The answer is a failure that says all of `parts`."""
    check_manners(said)
    assert said.status == FAILED
    assert said.out == ""
    for part in parts:
        assert part in said.err


# What is no core at all.


def _write(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def _socket(path: Path) -> None:
    place = os.getcwd()
    os.chdir(path.parent)  # the name of a socket has room for 108 bytes
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(place)


NOT_CORES: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (_write(b"all work and no play\n" * 50), " is not a core dump: text"),
    "empty": (_write(b""), " is not a core dump: an empty file"),
    "zeros": (_write(bytes(1 << 16)), " is not a core dump: all zeros"),
    "noise": (_write(b"\x9b\x01\xff" * 999), " is not a core dump: unknown data"),
    "executable": (lambda p: shutil.copy("/bin/true", p), " is not a core dump: an ELF executable"),
    "object": (_write(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x01\0\x3e\0" + bytes(99)), "object"),
    "only magic": (_write(b"\x7fELF"), " is damaged: ELF header"),
    "big endian": (
        _write(b"\x7fELF\x02\x02\x01" + bytes(9) + b"\0\4\0\x16" + bytes(99)),
        "big-end",
    ),
    "32 bit": (_write(b"\x7fELF\x01\x01\x01" + bytes(9) + b"\4\0\3\0" + bytes(99)), "32-bit"),
    "minidump": (_write(b"MDMP" + bytes(99)), " is damaged: minidump of version 0x0"),
    "snapshot": (_write(b'{"snapshot":{"meta":{}}}'), "a V8 heap snapshot"),
    "directory": (Path.mkdir, "is a directory"),
    "fifo": (lambda p: os.mkfifo(p), "is a pipe"),
    "socket": (_socket, "is a socket"),
    "missing": (lambda p: None, "No such file or directory"),
    "dangling": (lambda p: p.symlink_to("nowhere"), "No such file or directory"),
    "loop": (lambda p: p.symlink_to(p), "Too many levels of symbolic links"),
}


@pytest.mark.parametrize("name", NOT_CORES)
def test_what_is_no_core_is_named(name: str, tmp_path: Path, forked: Forked) -> None:
    make, part = NOT_CORES[name]
    path = tmp_path / "file"
    make(path)
    _failed(census(path), str(path), part)
    for command in COMMANDS:
        _failed(forked.run("-c", str(path), *command), part)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/dev/tty", "/proc/self/mem"])
def test_devices_are_not_read(path: str) -> None:
    _failed(census(path), f"cannot open {path}" if path != "/proc/self/mem" else path)


def test_a_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\nb\r\udcff"
    path.write_text("text")
    said = census(path)
    _failed(said, "is not a core dump: text")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", said.err)


def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "core"
    path.write_bytes(b"\x7fELF")
    path.chmod(0)
    for folder in tmp_path.parents:
        if os.access(folder, os.W_OK) and "pytest" in folder.name:
            folder.chmod(0o755)
    tmp_path.chmod(0o755)
    if os.getuid() == 0:
        done = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY, "-c", str(path), "findjsobjects"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=environment(),
            timeout=LIMIT,
        )
        said = Said(done.returncode, done.stdout, done.stderr, 0.0)
    else:
        said = census(path)
    _failed(said, "Permission denied", "that you may read the file")


# Cores of something else.


def _abort(folder: Path, *command: str) -> Path:
    """A core of a program that ends itself."""
    words = [*command]
    if kernel_writes_here():
        subprocess.run(
            ["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh", *words],
            cwd=folder,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )
        (found,) = folder.glob("*core*")
        return found
    path = folder / "core"
    script = ["handle SIGABRT stop", "run", f"gcore {path}", "kill"]
    subprocess.run(
        ["gdb", "-q", "-nx", "-batch", *(x for s in script for x in ("-ex", s)), "--args", *words],
        cwd=folder,
        capture_output=True,
        timeout=60,
    )
    return path


@pytest.mark.parametrize(
    "program",
    [
        ["sh", "-c", "kill -ABRT $$"],
        [sys.executable, "-c", "import os; os.abort()"],
    ],
    ids=["sh", "python"],
)
def test_a_core_of_another_program_has_no_v8(program: list[str], tmp_path: Path) -> None:
    path = _abort(tmp_path, *program)
    said = census(path)
    _failed(said, f"no V8 found in {path}", "is it a dump of node?")
    _failed(v8inspect("-c", str(path), "-e", str(node("22.23.3")), "heap"), "no V8 found")


@pytest.mark.parametrize("other", [b"15.9", b"12.3", b"99.9"])
def test_a_v8_that_is_not_known_is_refused_or_marked(other: bytes, tmp_path: Path) -> None:
    """The number alone is another one; what lies in the dump is that of 12.4."""
    run, _ = opened("22.23.3", "classes")
    copy = Copy(run.core, tmp_path / "core")
    version = run.truth["v8"].encode()
    assert version.startswith(b"12.4.")
    # As long as the old one: strings of V8 say how long they are.
    changed = other + version[len(other) : -2] + b"3" + version[-1:]
    at = copy.pristine.find(version)
    while at >= 0:
        copy.write(at, changed)
        at = copy.pristine.find(version, at + 1)
    known = ("10.2, 10.8, 11.3, 11.8, 12.4, 12.9, 13.6, 14.1, 14.6",)
    for words in ((), ("-e", "/nonexistent"), ("-e", str(run.node))):
        said = census(copy.path, *words)
        name = changed.decode()
        if said.status == FAILED:
            _failed(said, f"V8 {name} is not known; known are", *known)
            continue
        assert f"V8 {name}" in said.err
        assert "unverified" in said.err
        counts = {row["name"]: row["count"] for row in map(json.loads, said.out.splitlines())}
        assert {n: counts[n] for n in run.truth["counts"]} == run.truth["counts"]
    copy.close()


# Truncated.


def _cuts(at: Ground, size: int) -> list[int]:
    """Sizes to cut a core to, the largest first: every 5 %, and around what is of interest."""
    edges = [0, 4, 63, 64, 64 + 56, at.header_end - 1, at.header_end, at.first_load - 1]
    edges += [at.header_end + 12, (at.header_end + at.first_load) // 2, at.first_load + 1]
    segments = [offset + length for offset, length, _ in at.segments]
    edges += segments[:: max(1, len(segments) // 6)]
    pages = sorted(offset for offset, _ in at.places["page headers"])
    edges += [o + d for o in pages[:: len(pages) // 3] for d in (-1, 0, 8, 100, 0x20000)]
    edges += [size * i // 20 for i in range(20)] + [size - 1, size - 4096]
    return sorted({edge for edge in edges if 0 <= edge < size}, reverse=True)


@pytest.mark.parametrize("version", PRIMARY)
def test_a_truncated_core_never_looks_whole(version: str, tmp_path: Path, forked: Forked) -> None:
    at = ground(version, "classes")
    copy = Copy(at.core, tmp_path / "core")
    good = forked.census(copy.path).census
    kinds = set()
    for cut in _cuts(at, copy.size):
        copy.cut(cut)
        said = forked.census(copy.path)
        check_manners(said, f"{cut} of {copy.size} bytes")
        assert said.status in (FAILED, DAMAGED), f"{cut} of {copy.size} bytes"
        if said.status == DAMAGED:
            assert f"truncated: {cut} of {copy.size} bytes" in said.err
            assert _total(said.census) <= _total(good)
        kinds.add(said.status)
    assert kinds == {FAILED, DAMAGED}
    copy.close()


def _total(counts: Census) -> int:
    return sum(count for count, _ in counts.values())


# Of these a part of a core is a part of the answer; the others may not need what is lost.
COUNTING = (
    "findjsobjects",
    "findjsobjects -d",
    "findjsinstances Function",
    "findrefs -n path",
    "findrefs -s object",
    "heap",
    "jsfunctions",
    "strings",
    "strings --duplicates",
)
OTHERS = ("nodeinfo", "doctor", "process", "timers", "getactivehandles", "getactiverequests")


@pytest.mark.parametrize(("version", "part"), [("20.20.2", 0.5), ("26.10.0", 0.98)])
def test_every_command_on_a_part_of_a_core(
    version: str, part: float, tmp_path: Path, forked: Forked
) -> None:
    at = ground(version, "classes")
    copy = Copy(at.core, tmp_path / "core")
    copy.cut(int(copy.size * part))
    some = [item.address + 1 for item in at.objects[:: len(at.objects) // 3]]
    others = [f"{name} {word:#x}" for word in some for name in ("inspect", "v8whatis", "findrefs")]
    for line in (*COUNTING, *OTHERS, *others):
        said = forked.run("-c", str(copy.path), *line.split())
        check_manners(said, f"{line} in {part}")
        assert said.status != ANSWERED or line not in COUNTING, line
    copy.close()


# Files that change.


def test_a_core_that_is_being_written(tmp_path: Path, forked: Forked) -> None:
    run, _ = opened("22.23.3", "classes")
    good = forked.census(run.core).census
    path = tmp_path / "core"
    path.touch()
    data = run.core.read_bytes()
    ended = threading.Event()

    def write() -> None:
        with open(path, "wb", buffering=0) as file:
            for at in range(0, len(data), len(data) // 40):
                file.write(data[at : at + len(data) // 40])
                time.sleep(0.06)
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    answers = []
    while not ended.is_set():
        said = forked.census(path)
        check_manners(said)
        # It may be whole just when it is opened; else it must not seem so.
        assert said.status != ANSWERED or said.census == good
        answers.append(said.status)
    writer.join()
    assert FAILED in answers or DAMAGED in answers
    said = forked.census(path)
    assert (said.status, said.census) == (ANSWERED, good)


_STAGES: dict[str, Callable[[Session], object]] = {
    "version": lambda session: session.layout,
    "pages": lambda session: session.heap,
    "walk": lambda session: session.heap.walked(),
    "names": lambda session: session.census.tallies(),
    "instances": lambda session: list(session.census.instances("Level3")),
}


@pytest.mark.parametrize("stage", range(len(_STAGES)))
@pytest.mark.parametrize("change", [1, -(1 << 20), -(1 << 24)])
def test_a_core_that_changes_between_two_stages(change: int, stage: int, tmp_path: Path) -> None:
    run, _ = opened("22.23.3", "classes")
    copy = Copy(run.core, tmp_path / "core")
    session = Session(open_dump(str(copy.path)))
    stages = list(_STAGES.values())
    for done in stages[:stage]:
        done(session)
    os.truncate(copy.path, copy.size + change)
    with pytest.raises(DumpChanged) as caught:
        stages[stage](session)
    assert (caught.value.size, caught.value.now) == (copy.size, copy.size + change)
    session.close()
    copy.close()


@pytest.mark.slow
def test_a_core_that_is_cut_while_it_is_read(tmp_path: Path) -> None:
    """The race itself. A bus error is possible in the middle of a slice (README, Limits), and
    must be rare."""
    run, _ = opened("22.23.3", "classes")
    copy = Copy(run.core, tmp_path / "core")
    buses = 0
    for i in range(60):
        command = [sys.executable, "-m", "v8inspect", "-c", str(copy.path), "findjsobjects"]
        program = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        )
        time.sleep(0.1 + 0.005 * i)
        os.truncate(copy.path, copy.size // 2)
        out, err = program.communicate(timeout=LIMIT)
        said = Said(program.returncode, out, err, 0.0)
        if said.status == -7:
            buses += 1
        else:
            assert not manners(said)
        copy.cut(copy.size // 2)
        copy.restore()
    copy.close()
    assert buses <= 6


# Two dumps in one: what is whole stays whole.


def test_a_whole_core_is_answered_with_zero(forked: Forked) -> None:
    for version, command in itertools.product(PRIMARY, COMMANDS):
        said = forked.run("-c", str(core(version, "classes").core), *command)
        assert (said.status, said.err) == (ANSWERED, ""), (version, command)


def test_errors_of_the_api_are_ours(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("text")
    with pytest.raises(V8InspectError):
        open_dump(str(path))
