"""Cores of real programs: tests/scenarios/NAME.js under a Node.js version, made once and kept.

A scenario writes `truth.json` (what it knows of itself), most also V8's own heap snapshot, and
then aborts. `// node-flags: …` in its first lines are flags for Node.js. It runs in a fresh
folder with a clean environment.

The kernel writes the core. Where it would not do that here (core_pattern is a pipe or a path, or
the hard limit is too low) the program runs under gdb, whose gcore takes one at the signal that
ends it: `Run.how` says so. `how="gcore"` asks for such a core, which looks different: no holes,
gdb's notes, no pages that only the file has.

`python -m tests.provision.cores VERSION SCENARIO [ARGUMENT…]` makes one and prints its folder.
"""

from __future__ import annotations

import hashlib
import json
import re
import resource
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

from tests.provision.cache import entry
from tests.provision.nodes import node

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
KERNEL, GCORE = "kernel", "gcore"
# Part of every key: to be raised when this file makes cores in another way.
_FORMAT = b"2"
_CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")
_SECONDS = 300
# A core costs a second or two, and 30 to 500 MB of disk.
_DAYS = 14


@dataclass(frozen=True)
class Run:
    """A program that was run and left a core. `truth` is what it wrote of itself; `how` is
    'kernel' or 'gcore'."""

    version: str
    scenario: str
    folder: Path
    node: Path
    truth: Mapping[str, Any]
    how: str

    @property
    def core(self) -> Path:
        """The core file."""
        return self.folder / "core"

    @property
    def snapshot(self) -> Optional[Path]:
        """V8's own heap snapshot of the process, if the scenario takes one."""
        path = self.folder / "oracle.heapsnapshot"
        return path if path.exists() else None

    @property
    def stderr(self) -> str:
        """What the program wrote there, V8's own printed stack included."""
        return (self.folder / "stderr.txt").read_text(errors="replace")


def core(version: str, scenario: str, *arguments: str, how: Optional[str] = None) -> Run:
    """Runs the scenario under that Node.js, or finds the run in the cache."""
    source = SCENARIOS / f"{scenario}.js"
    way = how or way_here()
    digest = hashlib.sha256("\0".join(arguments).encode() + _FORMAT)
    for file in (source, SCENARIOS / "_end.js"):
        digest.update(file.read_bytes())
    suffix = "" if way == KERNEL else f"-{way}"
    name = f"cores/{version}-{scenario}{suffix}-{digest.hexdigest()[:16]}"
    executable = node(version)
    folder = entry(name, lambda fresh: _make(fresh, executable, source, arguments, way), _DAYS)
    truth = json.loads((folder / "truth.json").read_text())
    return Run(version, scenario, folder, executable, truth, way)


def core_of_program(
    version: str, source: Path, flags: Sequence[str], arguments: Sequence[str], folder: Path
) -> Run:
    """Runs any program with flags for Node.js until it leaves a core; it needs no truth.json.

    Into `folder`, which is to be empty and is the caller's to delete. What lies beside `source` is
    copied with it.
    """
    executable, way = node(version), way_here()
    program = folder / "app"
    program.mkdir()
    for file in source.parent.iterdir():
        if file.is_file():
            shutil.copy(file, program)
    flags = [*node_flags(source), *flags]
    command = [str(executable), *flags, str(program / source.name), *arguments]
    run_to_core(folder, command, way, truth=False)
    return Run(version, source.stem, folder, executable, {}, way)


def kernel_writes_here() -> bool:
    """Whether the kernel writes a core into the working directory of a process that crashes."""
    try:
        pattern = _CORE_PATTERN.read_text().strip()
    except OSError:
        return False
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    return hard == resource.RLIM_INFINITY and bool(_core_names(pattern))


def _core_names(pattern: str) -> str:
    """A glob of the cores that core_pattern makes in the working directory; '' if none there."""
    if not pattern or pattern.startswith("|") or "/" in pattern:
        return ""
    # core_uses_pid appends the process id to a pattern without one.
    return re.sub(r"%.", "*", pattern) + "*"


def _make(folder: Path, executable: Path, source: Path, arguments: Sequence[str], way: str) -> None:
    program = folder / "app"
    program.mkdir()
    for file in (source, SCENARIOS / "_end.js"):
        shutil.copy(file, program)
    command = [str(executable), *node_flags(source), str(program / source.name), *arguments]
    run_to_core(folder, command, way)


def node_flags(source: Path) -> list[str]:
    """What the program's own lines `// node-flags: …` ask for."""
    flags = re.findall(r"^// node-flags: (.*)$", source.read_text(), flags=re.M)
    return " ".join(flags).split()


def way_here() -> str:
    """How cores are made where the tests run: 'kernel' or 'gcore'."""
    return KERNEL if kernel_writes_here() else GCORE


def run_to_core(folder: Path, command: Sequence[str], way: str, truth: bool = True) -> None:
    """Runs a program in `folder`, which then has its `core`; raises RuntimeError if it left none
    or, with `truth`, no truth.json."""
    if way == KERNEL:
        _crash(folder, command)
        pattern = _core_names(_CORE_PATTERN.read_text().strip())
    else:
        _crash_under_gdb(folder, command)
        pattern = "core"
    cores = [path for path in folder.glob(pattern) if path.is_file()]
    if len(cores) != 1 or (truth and not (folder / "truth.json").exists()):
        raise RuntimeError(
            f"{' '.join(command)} left {len(cores)} cores:\n"
            + (folder / "stderr.txt").read_text(errors="replace")[-2000:]
        )
    cores[0].rename(folder / "core")


def clean_environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": "/srv/app", "LANG": "C.UTF-8"}


def unlimited_cores() -> None:
    """To be run in the child before it becomes the program."""
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _crash(folder: Path, command: Sequence[str]) -> None:
    with open(folder / "stderr.txt", "wb") as stderr, open(folder / "stdout.txt", "wb") as stdout:
        # run() kills the program at the time limit.
        subprocess.run(
            command,
            cwd=folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            timeout=_SECONDS,
            preexec_fn=unlimited_cores,
            check=False,
        )


def _crash_under_gdb(folder: Path, command: Sequence[str]) -> None:
    """Runs the program under gdb until it aborts, and takes the core there. No attaching, which
    many containers forbid, and it serves programs that can't be told to wait (out of memory)."""
    # V8 ends itself by abort() or, where it says that it's unreachable, by a trap.
    handle = "handle SIGABRT SIGTRAP SIGILL SIGSEGV stop"
    cores_under_gdb(folder, command, handle, ["core"], "kill")


def cores_under_gdb(
    folder: Path, command: Sequence[str], handle: str, names: Sequence[str], then: str
) -> None:
    """Runs a program under gdb, which takes a core of each of these names at the stops that the
    command `handle` asks for, and does `then` behind each. What gdb says is in gdb.txt; a core that
    it did not take is not there."""
    script = [
        "set pagination off",
        "set disable-randomization off",
        # The inferior's environment would have them from gdb.
        "unset environment LINES",
        "unset environment COLUMNS",
        "handle all nostop noprint pass",
        handle,
        f"run {shlex.join(command[1:])} >stdout.txt 2>stderr.txt",
    ]
    for name in names:
        script += [f"gcore {folder / f'gdb-{name}'}", then]
    run = subprocess.run(
        ["gdb", "-q", "-nx", "-batch", *(x for line in script for x in ("-ex", line)), command[0]],
        cwd=folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_SECONDS,
        check=False,
    )
    (folder / "gdb.txt").write_bytes(run.stdout)
    for name in names:
        written = folder / f"gdb-{name}"
        if written.exists():
            # gdb writes every zero; a core of V8 is mostly zeros.
            subprocess.run(["cp", "--sparse=always", written, folder / name], check=True)
            written.unlink()


if __name__ == "__main__":
    made = core(sys.argv[1], sys.argv[2], *sys.argv[3:])
    print(made.folder, made.how)
