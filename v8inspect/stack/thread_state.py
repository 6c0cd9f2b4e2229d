"""What V8 keeps of a thread in its isolate, and which thread runs which isolate.

V8: ThreadLocalTop in src/execution/thread-local-top.h; V8_FRAMES.md §1. The isolate is told without
symbols: its top frames lie in the stack of the thread that runs it.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, Optional, Sequence, Tuple

from v8inspect.errors import MemoryUnreadable
from v8inspect.stack.slots import REGISTERS

if TYPE_CHECKING:
    from v8inspect.session import Session
    from v8inspect.target import Thread

# V8: include/v8-unwinder.h, enum StateTag; the same order from 10.2 to 14.6.
STATES = ("JS", "GC", "PARSER", "BYTECODE_COMPILER", "COMPILER", "OTHER", "EXTERNAL")
_NEAR = 64  # bytes by which releases of one V8 version may differ before ThreadLocalTop
_MAX_STACK = 1 << 20  # bytes of a stack that are searched for pointers to an isolate


@dataclass(frozen=True)
class ThreadState:
    """An isolate's ThreadLocalTop; addresses raw, `exception` tagged. 0: nothing there."""

    isolate: int
    c_entry_fp: int
    c_function: int
    exception: int
    handler: int
    js_entry_sp: int
    fast_call_fp: int
    fast_call_pc: int
    vm_state: str


def thread_state(session: Session, isolate: int) -> Optional[ThreadState]:
    """The ThreadLocalTop of an isolate; None where it is not in the dump."""
    fields = session.layout.ThreadLocalTop
    memory = session.memory
    try:
        # The roots before it are two less in the first release of 10.2 than in the last.
        top = next(
            isolate + delta
            for delta in sorted(range(-_NEAR, _NEAR + 1, 8), key=abs)
            if memory.u64(isolate + delta + fields.isolate) == isolate
        )
        number = memory.u32(top + fields.current_vm_state)
        # Those of fast calls lie in IsolateData before the roots.
        return ThreadState(
            isolate,
            memory.u64(top + fields.c_entry_fp),
            memory.u64(top + fields.c_function),
            memory.u64(top + fields.exception),
            memory.u64(top + fields.handler),
            memory.u64(top + fields.js_entry_sp),
            memory.u64(isolate + fields.fast_c_call_caller_fp),
            memory.u64(isolate + fields.fast_c_call_caller_pc),
            STATES[number] if number < len(STATES) else str(number),
        )
    except (MemoryUnreadable, StopIteration):
        return None


class ThreadIsolates:
    """Which isolate each thread runs, of the isolates of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._states = [
            state
            for isolate in session.isolates
            for state in [thread_state(session, isolate.address)]
            if state is not None
        ]
        self._found: Dict[int, Optional[ThreadState]] = {}

    @property
    def states(self) -> Sequence[ThreadState]:
        """Of all isolates whose state is in the dump."""
        return self._states

    def of(self, thread: Thread) -> Optional[ThreadState]:
        """The state of the isolate that the thread runs, or last ran; None for other threads."""
        if thread.tid not in self._found:
            self._found[thread.tid] = self._search(thread)
        return self._found[thread.tid]

    def _search(self, thread: Thread) -> Optional[ThreadState]:
        names = REGISTERS.get(self._session.target.arch)
        if names is None or not self._states:
            return None
        stack_pointer = thread.registers.get(names[0], 0)
        low, high = self._stack(stack_pointer)
        for state in self._states:
            marks = (state.c_entry_fp, state.js_entry_sp, state.handler, state.fast_call_fp)
            if any(low <= mark < high for mark in marks if mark):
                return state
        root = thread.registers.get(names[5], 0) - names[6]
        for state in self._states:
            if state.isolate == root:
                return state
        return self._mentioned(low, high)

    def _stack(self, pointer: int) -> Tuple[int, int]:
        for region in self._session.target.regions():
            if region.start <= pointer < region.start + region.size:
                return pointer, region.start + region.size
        return pointer, pointer

    def _mentioned(self, low: int, high: int) -> Optional[ThreadState]:
        """The isolate that the stack has pointers to, if it is one: V8 keeps it in many frames."""
        data = self._session.target.read_partial(low & ~7, min(high - low, _MAX_STACK))
        words = array("Q")
        words.frombytes(data[: len(data) & ~7])
        # One with JS on its stack has been looked for there: V8's helper threads mention it, too.
        counts = [
            0 if state.js_entry_sp or state.c_entry_fp else words.count(state.isolate)
            for state in self._states
        ]
        best = max(counts)
        if best < 2 or counts.count(best) > 1:
            return None
        return self._states[counts.index(best)]
