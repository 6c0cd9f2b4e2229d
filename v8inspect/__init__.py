"""Post-mortem debugger for Node.js and V8.

`v8inspect.open("core")` gives a Session; docs/python-api.md shows what can be done with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from v8inspect.session import Session
    from v8inspect.target import Progress

__version__ = "0.1.0"

__all__ = ["__version__", "open"]


def open(
    path: str,
    exe: Optional[str] = None,
    sysroot: Optional[str] = None,
    progress: Optional[Progress] = None,
) -> Session:
    """A Session on a dump file. `exe` is its node executable and `sysroot` where its libraries
    are, when the paths that the dump names do not lead there. Raises DumpError and its like."""
    from v8inspect.session import Session
    from v8inspect.targets import open_dump

    return Session(open_dump(path, exe, sysroot, progress), progress)
