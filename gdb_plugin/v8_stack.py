"""What the unwinder and the decorator ask of the dump that GDB has loaded: is this V8's code, what
frame is this. One answer for each program counter and thread; nothing here raises but for Ctrl-C.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Tuple

import gdb

from gdb_plugin.host import GdbHost
from v8inspect.errors import V8InspectError

if TYPE_CHECKING:
    from v8inspect.session import Session
    from v8inspect.stack.frame import Frame

# Exported by every Node.js, stripped or not: what does not have it is not looked at any further,
# for finding V8 by other means reads the whole dump.
_MARK = "v8dbg_SmiTag"

REGISTERS: Mapping[str, Tuple[str, str, str]] = {
    "x86_64": ("rip", "rsp", "rbp"),
    "aarch64": ("pc", "sp", "x29"),
}

_Inferior = Tuple[Any, ...]


class V8Stack:
    """The V8 in the core of the selected inferior; None of it where there is none."""

    def __init__(self) -> None:
        self._host = GdbHost()  # of its own: `v8 open` is for the commands, not for GDB's stack
        self._inferior: Optional[_Inferior] = None
        self._session: Optional[Session] = None
        self._is_code: Dict[int, bool] = {}
        self._frames: Dict[int, Dict[int, List[Frame]]] = {}

    @property
    def session(self) -> Optional[Session]:
        """The session of that core if it has a V8 that we know, else None."""
        self._follow()
        return self._session

    def is_code(self, pc: int, exact: bool) -> bool:
        """Whether `pc` is in V8's code: a builtin, or what it compiled. Not `exact`: it is a return
        address, and the call may have been the last instruction."""
        session = self.session
        if session is None:
            return False
        known = self._is_code.get(pc)
        if known is None:
            known = self._is_code[pc] = self._ask(session, pc, exact)
        return known

    def saved_registers(self, fp: int) -> Mapping[str, int]:
        """What the frame at `fp` restores for its caller, by GDB's names."""
        session = self.session
        if session is None:
            return {}
        from v8inspect.stack.mixed import saved_registers

        return saved_registers(session)(fp) or {}

    def frames(self, fp: int) -> Sequence[Frame]:
        """V8's frames in the physical one at `fp` of the selected thread, the innermost first."""
        session, thread = self.session, gdb.selected_thread()
        if session is None or thread is None:
            return ()
        tid = thread.ptid[1]
        if tid not in self._frames:
            self._frames[tid] = {}  # should reading them fail
            self._frames[tid] = _by_fp(session, tid)
        return self._frames[tid].get(fp, ())

    def builtin(self, pc: int) -> str:
        """V8's name of the builtin that `pc` is in; '' if it is in none."""
        session = self.session
        if session is None:
            return ""
        from v8inspect.stack.stacks import stacks_of

        stacks = stacks_of(session)
        for state in stacks.isolates.states:
            name = stacks.builtins(state.isolate).name(pc)
            if name:
                return name
        return ""

    def _ask(self, session: Session, pc: int, exact: bool) -> bool:
        from v8inspect.stack.stacks import stacks_of

        try:
            stacks = stacks_of(session)
            return stacks.is_v8_code(pc) or (not exact and stacks.is_v8_code(pc - 1))
        except V8InspectError:
            return False

    def _follow(self) -> None:
        """Looks at another dump when GDB does."""
        inferior = _identity()
        if inferior == self._inferior:
            return
        self._inferior = inferior
        self._session = None  # should opening it fail, once is enough
        self._is_code.clear()
        self._frames.clear()
        self._session = self._open()

    def _open(self) -> Optional[Session]:
        try:
            session = self._host.session()
            if session.target.symbol(_MARK) is None or session.target.arch not in REGISTERS:
                return None
            session.heap  # noqa: B018  raises unless the layout fits
            return session
        except V8InspectError:
            return None


def _identity() -> _Inferior:
    """Changes when another core is loaded."""
    inferior = gdb.selected_inferior()
    connection = getattr(inferior, "connection", None)  # GDB 12
    number = None if connection is None else (connection.num, connection.type)
    return inferior.num, inferior.pid, number, gdb.current_progspace().filename


def _by_fp(session: Session, tid: int) -> Dict[int, List[Frame]]:
    from v8inspect.stack.stacks import stack_of

    found: Dict[int, List[Frame]] = {}
    thread = next((t for t in session.target.threads() if t.tid == tid), None)
    if thread is None:
        return found
    try:
        for frame in stack_of(session, thread).frames:
            found.setdefault(frame.fp, []).append(frame)
    except V8InspectError:
        pass
    return found
