"""The folder that a debugger loads v8inspect from: a copy of its own, beside no other package.

So the Python in the debugger never sees the site-packages of the Python that runs `setup`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator

from v8inspect.errors import SetupFailed
from v8inspect.install.debuggers import Debugger

_RECORD = "setup.json"
_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")


def folder_of(debugger: Debugger) -> Path:
    """Where the copy for `debugger` belongs."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(data) / "v8inspect" / debugger.name


@contextlib.contextmanager
def staged(debugger: Debugger, folder: Path) -> Iterator[Path]:
    """A fresh copy beside `folder`, that takes its place when the block ends without an error."""
    core = _package("v8inspect")
    plugin = _package(debugger.package)
    if not (core / "scan" / f"_v8scan{_SUFFIX}").exists():
        raise SetupFailed("the compiled scanner is missing", "run `make build`, or install again")
    if folder.resolve() in core.resolve().parents:
        raise SetupFailed(f"{core} is the copy itself", "run `setup` of the installed v8inspect")
    record = read_record(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for package in (core, plugin):
                shutil.copytree(
                    package,
                    fresh / package.name,
                    ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "*.stamp"),
                )
            write_record(fresh, record)
            fresh.chmod(0o755)
            yield fresh
            remove(folder)
            fresh.rename(folder)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
    except (OSError, shutil.Error) as error:
        raise SetupFailed(f"cannot fill {folder}: {error}", "") from None


def remove(folder: Path) -> bool:
    """Deletes the copy; False if there was none."""
    if not folder.exists():
        return False
    old = folder.with_name(f".{folder.name}-old-{os.getpid()}")
    try:
        folder.rename(old)
        shutil.rmtree(old)
        with contextlib.suppress(OSError):  # the other debugger's copy may be there
            folder.parent.rmdir()
    except OSError as error:
        raise SetupFailed(f"cannot remove {folder}: {error.strerror}", "") from None
    return True


def read_record(folder: Path) -> Dict[str, Any]:
    """What an earlier run noted down (which start-up file it made)."""
    try:
        record = json.loads((folder / _RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def write_record(folder: Path, record: Dict[str, Any]) -> None:
    """Notes something down for a later run."""
    (folder / _RECORD).write_text(json.dumps(record) + "\n")


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SetupFailed(f"the package {name} is missing", "install v8inspect again")
    return Path(next(iter(spec.submodule_search_locations)))
