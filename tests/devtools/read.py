"""What DevTools and memlab make of a heap snapshot: their own code, without a browser.

Packages are pinned by package-lock.json and kept in the tests' cache.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.provision.cache import entry
from tests.provision.nodes import node

HERE = Path(__file__).resolve().parent
_FILES = ("package.json", "package-lock.json", "build.mjs", "worker.mjs", "memlab.js", "locales.js")
_NODE = "22.23.3"


def _folder() -> Path:
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in _FILES)).hexdigest()

    def make(folder: Path) -> None:
        for name in _FILES:
            shutil.copy(HERE / name, folder)
        flags = "--ignore-scripts --no-audit --no-fund --no-update-notifier --silent"
        subprocess.run(["npm", "ci", *flags.split()], cwd=folder, check=True)
        subprocess.run([str(node(_NODE)), "build.mjs"], cwd=folder, check=True)

    return entry(f"devtools-{digest[:16]}", make)


def _read(program: str, snapshot: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        subprocess.run(
            [str(node(_NODE)), program, str(snapshot), str(out)],
            cwd=_folder(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        found: dict[str, Any] = json.loads(out.read_text())
        return found


def in_devtools(snapshot: Path) -> dict[str, Any]:
    """`complaints`, `nodes`, `total` bytes, `classes` (name, count, self, retained), and `retained`
    of every node in the order of the file."""
    return _read("bundle.mjs", snapshot)


def in_memlab(snapshot: Path) -> dict[str, Any]:
    """`complaints`, numbers of `nodes` and `edges`, `classes` (name, count, retained: of those that
    no other one of the class dominates) and `retained` of every node."""
    return _read("memlab.js", snapshot)
