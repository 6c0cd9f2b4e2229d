"""What a debugger asks that shows its own stack: is this V8's code, what is this frame called.

One answer for each program counter and thread of a session; nothing here raises V8InspectError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List, Mapping, NamedTuple, Optional, Sequence

from v8inspect.errors import Interrupted, V8InspectError
from v8inspect.stack.confirming import confirmed
from v8inspect.stack.frame import INTERNAL, Frame
from v8inspect.stack.mixed import saved_registers
from v8inspect.stack.names import printed_name
from v8inspect.stack.slots import REGISTERS
from v8inspect.stack.stacks import Stacks, stacks_of

if TYPE_CHECKING:
    from v8inspect.objects.scripts import Place
    from v8inspect.session import Session

# Exported by every Node.js, stripped or not: what does not have it is not looked at any further,
# for finding V8 by other means reads the whole dump.
_MARK = "v8dbg_SmiTag"


class Shown(NamedTuple):
    """A frame as a debugger shows it; `place` is None where there is no source."""

    name: str
    place: Optional[Place]


class DebuggerFrames:
    """V8's frames in one session; make one with `frames_for_debugger`."""

    def __init__(self, session: Session, stacks: Stacks) -> None:
        self.session = session
        self._stacks = stacks
        self._saved_of = saved_registers(session)
        self._is_code: Dict[int, bool] = {}
        self._frames: Dict[int, Dict[int, List[Frame]]] = {}

    def is_code(self, pc: int, exact: bool) -> bool:
        """Whether `pc` is in V8's code: a builtin, or what it compiled. Not `exact`: it is a return
        address, and the call may have been the last instruction."""
        known = self._is_code.get(pc)
        if known is None:
            try:
                known = self._stacks.is_v8_code(pc) or (
                    not exact and self._stacks.is_v8_code(pc - 1)
                )
            except V8InspectError:
                known = False
            self._is_code[pc] = known
        return known

    def saved_registers(self, fp: int) -> Mapping[str, int]:
        """What the frame at `fp` restores for its caller beside pc, fp and sp."""
        try:
            return self._saved_of(fp) or {}
        except V8InspectError:
            return {}

    def shown(self, tid: int, fp: int, pc: int) -> Sequence[Shown]:
        """V8's frames in the physical one at `fp`, which is at `pc`, the innermost first."""
        try:
            found = self._of(tid).get(fp)
            if found:
                return [Shown(self._name(frame, pc), frame.place) for frame in found]
            builtin = self._builtin(pc)
        except V8InspectError:
            return ()
        return (Shown(builtin, None),) if builtin else ()

    def _of(self, tid: int) -> Mapping[int, Sequence[Frame]]:
        if tid not in self._frames:
            found: Dict[int, List[Frame]] = {}
            try:
                for thread in self.session.target.threads():
                    if thread.tid == tid:
                        for frame in self._stacks.of(thread).frames:
                            found.setdefault(frame.fp, []).append(frame)
            except Interrupted:
                raise
            except V8InspectError:
                self._frames[tid] = found  # reading them would fail again
                raise
            self._frames[tid] = found
        return self._frames[tid]

    def _name(self, frame: Frame, pc: int) -> str:
        if frame.kind == INTERNAL:
            return frame.builtin or self._builtin(pc) or f"<{frame.tier}>"
        name = printed_name(self.session, frame) or "<anonymous>"
        sure = self.session.layout.verified or confirmed(frame)
        return name if sure else f"{name} [unverified]"

    def _builtin(self, pc: int) -> str:
        for state in self._stacks.isolates.states:
            name = self._stacks.builtins(state.isolate).name(pc)
            if name:
                return name
        return ""


def frames_for_debugger(session: Session) -> Optional[DebuggerFrames]:
    """Those of a session that is just opened; None where it has no V8 that we know."""
    target = session.target
    try:
        if target.symbol(_MARK) is None or target.arch not in REGISTERS:
            return None
        return DebuggerFrames(session, stacks_of(session))
    except V8InspectError:
        return None
