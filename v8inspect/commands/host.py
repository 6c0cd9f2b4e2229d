"""What a front end is to the commands: the dump that is looked at, kept open between them.

The shell, GDB and LLDB each derive from Host; all that differs is how they know the dump, what
they can evaluate, and how they show progress.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from v8inspect.errors import Unsupported
from v8inspect.session import Session


@dataclass(frozen=True)
class Dump:
    """A dump file by path, with the executable and the root of its libraries if they are known."""

    path: str
    exe: Optional[str] = None
    sysroot: Optional[str] = None


@dataclass
class Selection:
    """The thread (tid) and the frame (index) that commands without a number mean; None: the thread
    that crashed, its first JavaScript frame."""

    thread: Optional[int] = None
    frame: Optional[int] = None


_Identity = Tuple[Dump, int, int, int]


class Host:
    """Base of the front ends. A session lives until its file changes or another is selected."""

    name = "shell"
    interactive = False  # a prompt, where a repeated line pages on

    def __init__(self) -> None:
        self.pages: Dict[Tuple[str, ...], int] = {}
        self.selection = Selection()
        self._session: Optional[Session] = None
        self._identity: Optional[_Identity] = None
        self._opened: Optional[Dump] = None  # by the command `open`
        self._beside: Optional[Dump] = None  # what was selected at that time
        self._warnings: List[str] = []

    def selected(self) -> Optional[Dump]:
        """The dump that the user has loaded in this front end, if any; may raise Unsupported."""
        return None

    def evaluate(self, text: str) -> int:
        """The value of an expression of the debugger."""
        raise Unsupported(
            f"`{text}` is no hexadecimal address, and expressions need a debugger (gdb or lldb)"
        )

    def thread(self) -> Optional[int]:
        """The tid of the thread that the debugger has selected, where there is a debugger."""
        return None

    def unwinder(self, on: Optional[bool]) -> bool:
        """Whether the debugger's own stacks go through V8's code; None changes nothing."""
        raise Unsupported("this front end has no stack commands of its own")

    def confirm(self, question: str) -> bool:
        """Asks the user before something is changed; raises Unsupported where nobody can answer."""
        raise Unsupported("this changes a file and nobody can be asked; say --yes")

    def progress(self, what: str, done: int, total: int) -> None:
        """Called between slices of long work; may raise Interrupted."""

    def open(self, path: str, exe: Optional[str] = None) -> Session:
        """Looks at `path` from now on, until another dump is loaded in the debugger."""
        dump = Dump(_absolute(path), _absolute(exe) if exe else None)
        session = self._load(dump)
        try:
            beside = self.selected()
        except Unsupported:
            beside = None
        self._opened, self._beside = dump, beside
        return session

    def session(self) -> Session:
        """The session of the dump that is looked at; raises what opening it raises."""
        dump = self._wanted()
        if dump is None:
            raise Unsupported("no core dump is loaded")
        if self._session is not None and self._identity == _identify(dump):
            return self._session
        return self._load(dump)

    def take_warnings(self) -> List[str]:
        """What there is to say about the dump; each is given out once."""
        warnings, self._warnings = self._warnings, []
        return warnings

    def close(self) -> None:
        """Lets go of the dump."""
        session, self._session, self._identity = self._session, None, None
        self.pages.clear()
        self.selection = Selection()
        self._warnings = []
        if session is not None:
            session.close()

    def _wanted(self) -> Optional[Dump]:
        if self._opened is None:
            return self.selected()
        try:
            selected = self.selected()
        except Unsupported:
            return self._opened
        if selected is not None and selected != self._beside:
            self._opened = None
            return selected
        return self._opened

    def _load(self, dump: Dump) -> Session:
        from v8inspect.targets import open_dump

        self.close()
        identity = _identify(dump)
        target = open_dump(dump.path, dump.exe, dump.sysroot, self._report)
        self._session = Session(target, self._report)
        self._identity = identity
        self._warnings = list(target.facts.warnings)
        return self._session

    def _report(self, what: str, done: int, total: int) -> None:
        self.progress(what, done, total)


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))


def _identify(dump: Dump) -> Optional[_Identity]:
    try:
        status = os.stat(dump.path)
    except OSError:
        return None
    return (dump, status.st_ino, status.st_size, status.st_mtime_ns)
