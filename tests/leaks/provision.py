"""Cores of the leaking servers here, several of one process: early, later, late.

A server runs under gdb. At each stage it writes what it has leaked to truth.json and stops itself
by SIGUSR2; gdb takes a core there and lets it go on. Packages come from the lock file as those of
tests/programs do. All is made once and kept in the tests' cache.

`python -m tests.leaks.provision VERSION SERVER` makes one and prints its folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

from tests.provision.cache import entry
from tests.provision.cores import cores_under_gdb
from tests.provision.nodes import node

HERE = Path(__file__).resolve().parent
SERVERS = ("express", "fastify", "hapi", "koa", "ws")
STAGES = 3
_SHARED = "_stages.js"
# Part of every key: to be raised when this file makes cores in another way.
_FORMAT = b"1"
_LISTS = ("package.json", "package-lock.json")
_DAYS = 14


@dataclass(frozen=True)
class Leak:
    """A server that ran: a core for each stage, and what the program said at each."""

    version: str
    server: str
    folder: Path
    node: Path
    cores: Sequence[Path]
    truth: Sequence[Mapping[str, Any]]


def packages() -> Path:
    """A folder with the servers' `node_modules`: `npm ci` from the lock file, no scripts run."""

    def fetch(folder: Path) -> None:
        for file in _LISTS:
            shutil.copy(HERE / file, folder)
        flags = "--ignore-scripts --no-audit --no-fund --no-update-notifier --silent"
        subprocess.run(["npm", "ci", *flags.split()], cwd=folder, check=True)

    return entry(f"programs/leaks-{_digest(_LISTS)}", fetch, _DAYS)


def leak(version: str, server: str) -> Leak:
    """Runs the server under that Node.js, or finds the run in the cache."""
    executable = node(version)
    digest = _digest([*_LISTS, _SHARED, f"{server}.js"], _FORMAT)

    def make(folder: Path) -> None:
        _run(executable, server, folder)

    folder = entry(f"cores/{version}-leak-{server}-{digest}", make, _DAYS)
    truth = json.loads((folder / "truth.json").read_text())["stages"]
    cores = [folder / f"core-{number}" for number in range(STAGES)]
    return Leak(version, server, folder, executable, cores, truth)


def _run(executable: Path, server: str, folder: Path) -> None:
    program = folder / "app"
    program.mkdir()
    for file in (f"{server}.js", _SHARED):
        shutil.copy(HERE / file, program)
    (program / "node_modules").symlink_to(packages() / "node_modules")
    command = [str(executable), str(program / f"{server}.js")]
    names = [f"core-{number}" for number in range(STAGES)]
    cores_under_gdb(folder, command, "handle SIGUSR2 stop nopass", names, "continue")
    for name in names:
        if not (folder / name).exists():
            said = (folder / "gdb.txt").read_text(errors="replace")
            raise RuntimeError(f"{server} left no {name}:\n{said[-2000:]}")


def _digest(files: Sequence[str], more: bytes = b"") -> str:
    digest = hashlib.sha256(more)
    for file in files:
        digest.update(os.fsencode(file) + b"\0" + (HERE / file).read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    made = leak(sys.argv[1], sys.argv[2])
    print(*made.cores, sep="\n")
    print(json.dumps(made.truth))
