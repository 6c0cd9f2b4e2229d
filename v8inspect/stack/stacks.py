"""The JS stack of a thread: V8's frames in order, inlined functions as frames of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict

from v8inspect.stack.builtins import Builtins
from v8inspect.stack.code import CodeFinder
from v8inspect.stack.frame import Stack
from v8inspect.stack.js_frames import FrameReader
from v8inspect.stack.lazy import LazyFrames
from v8inspect.stack.physical import physical_frames
from v8inspect.stack.slots import REGISTERS
from v8inspect.stack.thread_state import ThreadIsolates

if TYPE_CHECKING:
    from v8inspect.session import Session
    from v8inspect.target import Thread


class Stacks:
    """The stacks of all threads of a session, made when asked for. See `stacks_of`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.isolates = ThreadIsolates(session)
        self.codes = CodeFinder(session)
        self._builtins: Dict[int, Builtins] = {}
        self._stacks: Dict[int, Stack] = {}

    def builtins(self, isolate: int) -> Builtins:
        """The embedded builtins of the isolate at an address."""
        found = self._builtins.get(isolate)
        if found is None:
            found = self._builtins[isolate] = Builtins(self._session, isolate)
        return found

    def of(self, thread: Thread) -> Stack:
        """The stack of a thread."""
        stack = self._stacks.get(thread.tid)
        if stack is None:
            stack = self._stacks[thread.tid] = self._read(thread)
        return stack

    def is_v8_code(self, pc: int) -> bool:
        """Whether `pc` is in a builtin or in code that V8 has compiled, of any isolate."""
        states = self.isolates.states
        if any(pc in self.builtins(state.isolate) for state in states):
            return True
        if any(module.start <= pc < module.end for module in self._session.target.modules()):
            return False  # without a search: V8 compiles to pages of its own
        return self.codes.at(pc) is not None

    def _read(self, thread: Thread) -> Stack:
        state = self.isolates.of(thread)
        if state is None or self._session.target.arch not in REGISTERS:
            return Stack(thread, None)
        builtins = self.builtins(state.isolate)
        physical, problem = physical_frames(self._session, thread, state, builtins, self.codes)
        reader = FrameReader(self._session, thread, builtins, self.codes)
        frames = LazyFrames(self._session, physical, reader)
        return Stack(thread, state.isolate, frames, problem, state.vm_state)


def stacks_of(session: Session) -> Stacks:
    """The session's Stacks."""
    return session.kept(Stacks)


def stack_of(session: Session, thread: Thread) -> Stack:
    """The V8 frames of a thread, innermost first; none where it runs no JS."""
    return stacks_of(session).of(thread)
