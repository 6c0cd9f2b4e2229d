"""Cores of the programs here: their packages by `npm ci` from the lock files, then a run that ends
with V8's own heap snapshot and an abort. Both are made once and kept in the tests' cache.

`python -m tests.programs.provision VERSION PROGRAM` makes one and prints its folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.provision import cores
from tests.provision.cache import entry
from tests.provision.nodes import node

HERE = Path(__file__).resolve().parent
END = cores.SCENARIOS / "_end.js"
NAMES = ("express", "fastify", "npm", "typescript", "webpack")
# What `npm` installs, out of the cache that fetching it once has filled.
INSTALLED = "webpack"
_DAYS = 14


def packages(name: str) -> Path:
    """A folder with the program's `node_modules` and, in `npm-cache`, what npm fetched for it.

    npm checks every package against the integrity in package-lock.json; no script of a package
    is run.
    """
    lists = [HERE / name / file for file in ("package.json", "package-lock.json")]

    def fetch(folder: Path) -> None:
        for file in lists:
            shutil.copy(file, folder)
        flags = "--ignore-scripts --no-audit --no-fund --no-update-notifier --silent"
        cache = str(folder / "npm-cache")
        subprocess.run(["npm", "ci", *flags.split(), "--cache", cache], cwd=folder, check=True)
        shutil.rmtree(folder / "npm-cache" / "_logs", ignore_errors=True)

    return entry(f"programs/{name}-{_digest(lists)}", fetch, _DAYS)


def core(version: str, name: str) -> cores.Run:
    """Runs the program under that Node.js, or finds the run in the cache."""
    executable, way = node(version), cores.way_here()
    installed = packages(INSTALLED) if name == "npm" else None
    files = sorted(path for path in (HERE / name).rglob("*") if path.is_file())
    digest = _digest([*files, END], str(installed))

    def make(folder: Path) -> None:
        run(version, name, folder, END)

    suffix = "" if way == cores.KERNEL else f"-{way}"
    folder = entry(f"cores/{version}-program-{name}{suffix}-{digest}", make, _DAYS)
    truth = json.loads((folder / "truth.json").read_text())
    return cores.Run(version, name, folder, executable, truth, way)


def run(version: str, name: str, folder: Path, end: Path) -> None:
    """Runs the program in an empty folder; `end` is the script that says how it ends."""
    source = HERE / name / "program.js"
    # Node.js looks for packages beside the program's real path.
    program = folder / "app"
    shutil.copytree(HERE / name, program)
    shutil.copy(end, program / END.name)
    (program / "node_modules").symlink_to(packages(name) / "node_modules")
    if name == "npm":
        _project(folder / "project", packages(INSTALLED))
    command = [str(node(version)), *cores.node_flags(source), str(program / source.name)]
    cores.run_to_core(folder, command, cores.way_here())


def _project(folder: Path, installed: Path) -> None:
    """A folder to run `npm install` in, with a cache of its own: npm writes there."""
    folder.mkdir()
    for file in ("package.json", "package-lock.json"):
        shutil.copy(installed / file, folder)
    shutil.copytree(installed / "npm-cache", folder.parent / "npm-cache")


def _digest(files: list[Path], more: str = "") -> str:
    digest = hashlib.sha256(more.encode())
    for file in files:
        digest.update(os.fsencode(file.name) + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    made = core(sys.argv[1], sys.argv[2])
    print(made.folder, made.how)
