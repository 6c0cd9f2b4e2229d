"""Cores of real programs: tests/scenarios/NAME.js under a Node.js version, made once and kept.

A scenario writes `truth.json` (what it knows of itself), most also V8's own heap snapshot, and
then aborts. `// node-flags: …` in its first lines are flags for Node.js. Where the kernel gives no
core (core_pattern is a pipe, or the hard limit is 0), the scenario is told to wait instead and
gdb's gcore takes one: `Run.how` says so.

`python -m tests.provision.cores VERSION SCENARIO [ARGUMENT…]` makes one and prints its folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

from tests.provision.cache import entry
from tests.provision.nodes import node

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
_CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")
_SECONDS = 300


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


def core(version: str, scenario: str, *arguments: str) -> Run:
    """Runs the scenario under that Node.js, or finds the run in the cache."""
    source = SCENARIOS / f"{scenario}.js"
    digest = hashlib.sha256("\0".join(arguments).encode())
    for file in (source, SCENARIOS / "_end.js", Path(__file__)):
        digest.update(file.read_bytes())
    name = f"cores/{version}-{scenario}-{digest.hexdigest()[:16]}"
    executable = node(version)
    folder = entry(name, lambda fresh: _make(fresh, executable, source, arguments))
    return Run(
        version,
        scenario,
        folder,
        executable,
        json.loads((folder / "truth.json").read_text()),
        (folder / "how.txt").read_text(),
    )


def kernel_writes_here() -> bool:
    """Whether the kernel writes a core into the working directory of a process that crashes."""
    pattern = _CORE_PATTERN.read_text().strip()
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    return hard == resource.RLIM_INFINITY and not pattern.startswith("|") and "/" not in pattern


def _environment(folder: Path, wait: bool) -> dict[str, str]:
    clean = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/srv/app",
        "LANG": "C.UTF-8",
        "SCENARIO_OUT": str(folder),
    }
    return {**clean, "SCENARIO_WAIT": "1"} if wait else clean


def _unlimited() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _make(folder: Path, executable: Path, source: Path, arguments: Sequence[str]) -> None:
    program = folder / "app"
    program.mkdir()
    for file in (source, SCENARIOS / "_end.js"):
        shutil.copy(file, program)
    flags = re.findall(r"^// node-flags: (.*)$", source.read_text(), flags=re.M)
    command = [str(executable), *" ".join(flags).split(), str(program / source.name), *arguments]
    by_kernel = kernel_writes_here()
    with open(folder / "stderr.txt", "wb") as stderr, open(folder / "stdout.txt", "wb") as stdout:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(folder, wait=not by_kernel),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            preexec_fn=_unlimited if by_kernel else None,
        )
        if by_kernel:
            process.wait(_SECONDS)
        else:
            _gcore(folder, process)
    cores = [path for path in folder.glob("core*") if path.is_file()]
    if len(cores) != 1 or not (folder / "truth.json").exists():
        raise RuntimeError(
            f"{source.name} under {executable} left {len(cores)} cores:\n"
            + (folder / "stderr.txt").read_text(errors="replace")[-2000:]
        )
    cores[0].rename(folder / "core")
    (folder / "how.txt").write_text("kernel" if by_kernel else "gcore")


def _gcore(folder: Path, process: "subprocess.Popen[bytes]") -> None:
    """Waits until the program says that it is ready (or stopped itself), then dumps and ends it."""
    try:
        deadline = time.monotonic() + _SECONDS
        while not (folder / "ready").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the scenario ended before it was ready")
            time.sleep(0.05)
        subprocess.run(
            ["gcore", "-o", str(folder / "core"), str(process.pid)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


if __name__ == "__main__":
    made = core(sys.argv[1], sys.argv[2], *sys.argv[3:])
    print(made.folder, made.how)
