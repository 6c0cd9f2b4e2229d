"""A folder outside the tree where slow things are kept between runs, each made once.

`$V8INSPECT_CACHE`, else `~/.cache/v8inspect-tests`. An entry appears whole or not at all, and two
processes that want the same one wait for each other. All of it may be deleted at any time when no
tests run.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Callable, Iterator, Optional


def root() -> Path:
    """The cache's folder, made if needed."""
    path = Path(os.environ.get("V8INSPECT_CACHE") or Path.home() / ".cache" / "v8inspect-tests")
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def entry(name: str, make: Callable[[Path], None], days: Optional[int] = None) -> Path:
    """The folder `name`; if it is not there, `make` fills a new one that then takes its place.

    With `days`, making one also deletes its neighbours that were not asked for in so many days:
    a scenario's older versions, and what a killed process left.
    """
    final = root() / name
    if final.is_dir():
        os.utime(final)
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    with _locked(final.with_name(final.name + ".lock")):
        if not final.is_dir():
            fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=final.parent))
            try:
                make(fresh)
                fresh.rename(final)
            except BaseException:
                shutil.rmtree(fresh, ignore_errors=True)
                raise
            if days is not None:
                _delete_unused(final.parent, time.time() - days * 86400)
    return final


def _delete_unused(folder: Path, since: float) -> None:
    for path in folder.iterdir():
        # Lock files stay: a process may hold one that it will look at again.
        with contextlib.suppress(FileNotFoundError):
            if path.is_dir() and path.stat().st_mtime < since:
                shutil.rmtree(path, ignore_errors=True)
