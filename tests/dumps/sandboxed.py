"""A core of a real V8 in a sandbox: py_mini_racer's, which PyPI has as a wheel. By its size it has
1.4 TB, of which 30 MB are stored, and it takes minutes to be written; so it is kept."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Optional

from tests.provision.cache import entry
from tests.provision.cores import KERNEL, way_here

PACKAGE = "mini-racer==0.14.1"
_PROGRAM = """
import os, sys
sys.path.insert(0, sys.argv[1])
from py_mini_racer import MiniRacer
racer = MiniRacer()
racer.eval("class Foo {}; globalThis.kept = []; for (let i = 0; i < 9; i++) kept.push(new Foo())")
os.abort()
"""


def missing() -> str:
    """Why there is no such core here."""
    return f"{PACKAGE} could not be fetched from PyPI, or the kernel writes no cores here"


def dump() -> Optional[Path]:
    """The core; None where it can't be made."""
    if way_here() != KERNEL:
        return None
    try:
        return entry("sandboxed-mini-racer-0.14.1", _make) / "core"
    except (subprocess.SubprocessError, OSError):
        return None


def _make(folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", PACKAGE, "-d", str(folder)]
    subprocess.run(pip, check=True, timeout=300)
    wheel = next(folder.glob("*.whl"))
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    wheel.unlink()
    program = folder / "program.py"
    program.write_text(_PROGRAM)
    library = next(folder.glob("*.data/purelib"), folder)
    command = f'ulimit -c unlimited; exec "{sys.executable}" program.py "{library}"'
    subprocess.run(["sh", "-c", command], cwd=folder, timeout=900, check=False)
    if not (folder / "core").exists():
        raise OSError("no core")
