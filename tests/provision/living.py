"""Real programs that run: a scenario under a Node.js version, until the test is over."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping

from tests.provision.cores import SCENARIOS, clean_environment, node_flags
from tests.provision.nodes import node

_SECONDS = 120


@dataclass(frozen=True)
class Living:
    """A process that waits; `truth` is what it wrote of itself."""

    process: subprocess.Popen[bytes]
    folder: Path
    truth: Mapping[str, Any]

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    def state(self) -> str:
        """One letter of /proc/PID/status: S sleeps, R runs, T and t are stopped."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return status.partition("State:")[2].split()[0]

    def tracers(self) -> set[str]:
        """What traces its threads: {'0'} for nothing."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/status")
        return {task.read_text().partition("TracerPid:")[2].split()[0] for task in tasks}

    def ticks(self) -> int:
        """What `goeson` says: how often its timer has fired. Fails where it does not answer."""
        answer = self.folder / "alive"
        answer.unlink(missing_ok=True)
        os.kill(self.pid, signal.SIGUSR2)
        _await(answer)
        return int(answer.read_text())


@contextlib.contextmanager
def living(version: str, scenario: str, folder: Path, *arguments: str) -> Iterator[Living]:
    """Runs the scenario in `folder`; it ends with the block."""
    for name in (f"{scenario}.js", "_end.js"):
        shutil.copy(SCENARIOS / name, folder)
    flags = node_flags(SCENARIOS / f"{scenario}.js")
    command = [str(node(version)), *flags, str(folder / f"{scenario}.js"), *arguments]
    with open(folder / "stderr.txt", "wb") as stderr:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**clean_environment(), "SCENARIO_WAIT": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    try:
        _await(folder / "ready")
        yield Living(process, folder, json.loads((folder / "truth.json").read_text()))
    finally:
        process.kill()
        process.wait()


def _await(path: Path) -> None:
    end = time.monotonic() + _SECONDS
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} did not appear"
        time.sleep(0.01)
