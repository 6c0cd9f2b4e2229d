"""Which frame a slot on a stack is in."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Dict, List, NamedTuple, Optional, Sequence

from v8inspect.analysis.stack import frame_name
from v8inspect.errors import MemoryUnreadable
from v8inspect.stack.frame import NATIVE, Frame
from v8inspect.stack.mixed import mixed_frames
from v8inspect.stack.stacks import stacks_of

if TYPE_CHECKING:
    from v8inspect.session import Session

_WORD = 8
_LINKS = 16  # bytes above a frame pointer: the caller's, the return address
_SAVED_SP = 16  # below that of an exit frame: where the C++ that it calls begins


class FrameOfSlot(NamedTuple):
    """A frame: its number as `bt` counts, and its name."""

    number: int
    function: str


class StackSlots:
    """Frames by the slots that they have, thread by thread. See `stack_slots_of`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._threads: Dict[int, _Frames] = {}

    def frame(self, thread: int, slot: int) -> Optional[FrameOfSlot]:
        """The frame of thread `thread` (its index) that the slot at an address is in; None: in
        none that is known. Arguments are their function's, not the caller's."""
        known = self._threads.get(thread)
        if known is None:
            one = self._session.target.threads()[thread]
            stack = stacks_of(self._session).of(one)
            frames = list(mixed_frames(self._session, one, stack))
            known = self._threads[thread] = _Frames(frames, _ends(self._session, frames))
        at = bisect_right(known.ends, slot)
        if at == len(known.ends):
            return None
        while known.frames[at].inlined and at + 1 < len(known.ends):
            at += 1  # what was inlined lies in the frame of who has it
        return FrameOfSlot(at, frame_name(self._session, known.frames[at]))


class _Frames(NamedTuple):
    frames: Sequence[Frame]
    ends: Sequence[int]  # address behind the last slot of each


def stack_slots_of(session: Session) -> StackSlots:
    """The session's StackSlots."""
    return session.kept(StackSlots)


def _ends(session: Session, frames: Sequence[Frame]) -> List[int]:
    ends: List[int] = []
    for frame, after in zip(frames, [*frames[1:], None]):
        if frame.kind != NATIVE:
            end = frame.fp + _LINKS
            if frame.arguments_at is not None:
                end = max(end, frame.arguments_at + _WORD * frame.arguments_count)
        elif after is not None and after.kind == NATIVE:
            end = after.sp or 0
        else:
            end = 0 if after is None else _before(session, frame, after)
        ends.append(max(end, ends[-1] if ends else 0))
    return ends


def _before(session: Session, native: Frame, after: Frame) -> int:
    """Where C++ ends that V8 has called: the exit frame keeps its stack pointer."""
    try:
        saved = session.memory.u64(after.fp - _SAVED_SP)
    except MemoryUnreadable:
        saved = 0
    start = native.sp or 0
    return saved if start < saved < after.fp else start
