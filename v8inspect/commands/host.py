"""What a front end is to the commands: the dump that is looked at, kept open between them.

The shell, GDB and LLDB each derive from Host; all that differs is how they know the dump, what
they can evaluate, and how they show progress.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, List, Optional, Sequence, Tuple, Union

from v8inspect.errors import Unsupported
from v8inspect.session import Session

if TYPE_CHECKING:
    from v8inspect.target import Target, Thread


@dataclass(frozen=True)
class Dump:
    """A dump file by path, with the executable and the root of its libraries if they are known."""

    path: str
    exe: Optional[str] = None
    sysroot: Optional[str] = None


@dataclass(frozen=True)
class LiveProcess:
    """A process by number. A picture of it is taken and looked at. `held`: a debugger has it
    stopped, and `moment` is another one whenever it ran in between."""

    pid: int
    exe: Optional[str] = None
    sysroot: Optional[str] = None
    stop: bool = True
    held: bool = False
    moment: int = 0


Source = Union[Dump, LiveProcess]


@dataclass
class Selection:
    """The thread (tid) and the frame (index) that commands without a number mean; None: the thread
    that crashed, its first JavaScript frame."""

    thread: Optional[int] = None
    frame: Optional[int] = None


# Seconds before another picture is taken; collections take some milliseconds. None: the last one.
_PAUSES = (0.02, 0.1, 0.5, None)

_Identity = Tuple[Source, int, int, int]


class Host:
    """Base of the front ends. A session lives until its file changes or another is selected."""

    name = "shell"
    interactive = False  # a prompt, where a repeated line pages on

    def __init__(self) -> None:
        self.keeps = False  # an index of each dump on disk
        self.pages: Dict[Tuple[str, ...], int] = {}
        self.selection = Selection()
        self._session: Optional[Session] = None
        self._identity: Optional[_Identity] = None
        self._opened: Optional[Dump] = None  # by the command `open`
        self._beside: Optional[Source] = None  # what was selected at that time
        self._warnings: List[str] = []
        self._notes: List[str] = []

    def selected(self) -> Optional[Source]:
        """What the user has loaded in this front end, if anything; may raise Unsupported."""
        return None

    def held_threads(self) -> Sequence[Thread]:
        """The threads of the process that the debugger holds, with their registers."""
        raise Unsupported("this front end holds no process")

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

    def beside(self, path: str) -> Session:
        """A session on another dump, for the caller to close. The executable that is known serves
        for it too, if it made both."""
        source = self._wanted()
        exe, sysroot = (None, None) if source is None else (source.exe, source.sysroot)
        return Session(self._target(Dump(_absolute(path), exe, sysroot)), self._report)

    def take_warnings(self) -> List[str]:
        """What there is to say about the dump; each is given out once."""
        warnings, self._warnings = self._warnings, []
        return warnings

    def take_notes(self) -> List[str]:
        """What else is worth saying, once."""
        notes, self._notes = self._notes, []
        index = None if self._session is None else self._session.index
        if index is not None and index.problem is not None:
            notes.append(index.problem)
            index.problem = None
        return notes

    def keep(self, on: bool) -> bool:
        """Whether what is found out of dumps is kept on disk and used from now on."""
        self.keeps = on
        session, source = self._session, self._identity and self._identity[0]
        if on and session is not None and session.index is None and isinstance(source, Dump):
            session.keep()
        return on

    def save(self) -> None:
        """Keeps what was found out of the dump, where that is wanted: behind each command."""
        if self.keeps and self._session is not None:
            try:
                self._session.save()
            except OSError as error:
                self._warnings.append(f"no index could be written: {error.strerror or error}")

    def marks(self) -> List[str]:
        """What has to stand beside every answer: the layout of this V8 is not verified."""
        layout = self._session.known_layout if self._session is not None else None
        if layout is None or layout.verified:
            return []
        text = (
            f"V8 {layout.version} is unknown: this answer is unverified, its layout was derived "
            f"from the dump and from V8 {layout.table}"
        )
        doubts = "; ".join(layout.doubts)
        return [f"{text} (not confirmed: {doubts})" if doubts else text]

    def refresh(self) -> Session:
        """Takes another picture of the live process; raises Unsupported for a dump."""
        source = self._wanted()
        if not isinstance(source, LiveProcess):
            raise Unsupported("only a live process changes; this is a dump")
        return self._load(source)

    def close(self) -> None:
        """Lets go of the dump."""
        session, self._session, self._identity = self._session, None, None
        self.pages.clear()
        self.selection = Selection()
        self._warnings = []
        self._notes = []
        if session is not None:
            session.close()

    def _wanted(self) -> Optional[Source]:
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

    def _load(self, source: Source) -> Session:
        self.close()
        identity = _identify(source)
        session = self._session = Session(self._target(source), self._report)
        self._notes = list(session.target.facts.notes)
        if self.keeps and isinstance(source, Dump):
            session.keep()
        if isinstance(source, LiveProcess):
            session = self._quiet(source, session)
        self._identity = identity
        self._warnings += session.target.facts.warnings
        return session

    def _quiet(self, source: LiveProcess, session: Session) -> Session:
        """The session, or that of another picture where this one shows a collection of garbage."""
        from v8inspect.stack.collecting import is_collecting

        for pause in _PAUSES:
            if not is_collecting(session):
                return session
            if source.held or pause is None:
                break
            session.close()
            time.sleep(pause)
            session = self._session = Session(self._target(source), self._report)
            self._notes += session.target.facts.notes
        self._warnings.append(
            "the process was in the middle of a collection of garbage: new objects may be missing"
        )
        return session

    def _target(self, source: Source) -> Target:
        from v8inspect.targets import open_dump, open_process

        if isinstance(source, Dump):
            return open_dump(source.path, source.exe, source.sysroot, self._report)
        return open_process(
            source.pid,
            source.exe,
            source.sysroot,
            stop=source.stop,
            held=self.held_threads if source.held else None,
            progress=self._report,
        )

    def _report(self, what: str, done: int, total: int) -> None:
        self.progress(what, done, total)


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))


def _identify(source: Source) -> Optional[_Identity]:
    if isinstance(source, LiveProcess):
        return (source, 0, 0, 0)  # the picture stays, whatever becomes of the process
    try:
        status = os.stat(source.path)
    except OSError:
        return None
    return (source, status.st_ino, status.st_size, status.st_mtime_ns)
