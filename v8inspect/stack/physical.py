"""V8's own chain of frames in one thread: frame pointers, exit frames and entry frames.

V8: StackFrameIterator in src/execution/frames.cc; V8_FRAMES.md §1, §3. C++ between two runs of JS
needs no unwinding: every entry frame has saved the exit frame below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, List, Optional, Tuple

from v8inspect.errors import MemoryUnreadable
from v8inspect.stack.slots import CONTEXT, REGISTERS, RETURN, entry_c_entry_fp

if TYPE_CHECKING:
    from v8inspect.session import Session
    from v8inspect.stack.builtins import Builtins
    from v8inspect.stack.code import CodeFinder
    from v8inspect.stack.thread_state import ThreadState
    from v8inspect.target import Thread

MAX_FRAMES = 1 << 18
_ENTRIES = ("EntryFrame", "ConstructEntryFrame")
# How compiled code makes its frame: push rbp; mov rbp, rsp. stp x29, x30, [sp, #-16]!; mov x29, sp.
_MAKES_FRAME = {
    "x86_64": bytes.fromhex("554889e5"),
    "aarch64": bytes.fromhex("fd7bbfa9fd030091"),
}
_RETURNS = {"x86_64": (b"\xc3", b"\xc2"), "aarch64": (bytes.fromhex("c0035fd6"),)}
_PROLOGUE = 128  # bytes of code that are searched for it
_NEAR = 64  # bytes from sp in which a frameless builtin has its return address


@dataclass(frozen=True)
class PhysicalFrame:
    """One frame: `pc` where it goes on (None: not known), `type` V8's class name, '' for frames
    with a context where typed frames have their type, that is JS frames. `interrupted`: `pc` is
    the next instruction, not a return address."""

    fp: int
    pc: Optional[int]
    type: str
    interrupted: bool = False


def physical_frames(
    session: Session,
    thread: Thread,
    state: ThreadState,
    builtins: Builtins,
    codes: CodeFinder,
) -> Tuple[List[PhysicalFrame], Optional[str]]:
    """The frames, innermost first, and why there are no more when the chain is broken."""
    walk = _Walk(session, thread, builtins, codes)
    start = walk.start(state)
    if start is None:
        return [], None
    return walk.frames(start)


class _Walk:
    def __init__(
        self, session: Session, thread: Thread, builtins: Builtins, codes: CodeFinder
    ) -> None:
        self._memory = session.memory
        self._layout = session.layout
        self._arch = session.target.arch
        self._c_entry_fp = entry_c_entry_fp(self._arch, session.target.facts.platform)
        self._registers = thread.registers
        self._builtins = builtins
        self._codes = codes
        self._mask = ~session.target.facts.pac_mask

    def start(self, state: ThreadState) -> Optional[PhysicalFrame]:
        """The innermost frame; None where no JS is on the stack."""
        if state.c_entry_fp:
            return self._frame(state.c_entry_fp, None)
        sp, fp, pc = (self._registers.get(name, 0) for name in REGISTERS[self._arch][:3])
        if pc in self._builtins or self._codes.at(pc) is not None:
            frame = self._frame(fp, pc)
            caller = self._return_of_frameless(sp, pc)
            if caller is not None:
                return PhysicalFrame(fp, caller, frame.type)
            if pc in self._builtins and not frame.type and not self._is_own(fp):
                back = self._return_address(sp)
                if back is not None:
                    return PhysicalFrame(fp, back, "")
            return PhysicalFrame(fp, pc, frame.type, True)
        if state.fast_call_fp:
            return self._frame(state.fast_call_fp, state.fast_call_pc or None)
        return self._first_v8(fp) if state.js_entry_sp else None

    def frames(self, start: PhysicalFrame) -> Tuple[List[PhysicalFrame], Optional[str]]:
        """All frames from `start` on."""
        found = [start]
        while len(found) < MAX_FRAMES:
            frame = found[-1]
            try:
                if frame.type in _ENTRIES:
                    fp = self._memory.u64(frame.fp + self._c_entry_fp)
                    if not fp:
                        return found, None
                    pc = None
                else:
                    pc = self._memory.u64(frame.fp + RETURN) & self._mask
                    fp = self._memory.u64(frame.fp)
                if fp <= frame.fp:
                    return found, f"the frame below {frame.fp:#x} would be at {fp:#x}"
                found.append(self._frame(fp, pc))
            except MemoryUnreadable as error:
                return found, f"the stack at {error.missing:#x} is not in the dump"
            if found[-1].type == "?":
                return found[:-1], f"no frame of V8's at {fp:#x}"
        return found, f"more than {MAX_FRAMES} frames"

    def _frame(self, fp: int, pc: Optional[int]) -> PhysicalFrame:
        try:
            word = self._memory.u64(fp + CONTEXT)
        except MemoryUnreadable:
            return PhysicalFrame(fp, pc, "?")
        if word & 1:
            return PhysicalFrame(fp, pc, "")
        return PhysicalFrame(fp, pc, self._layout.frame_types.get(word >> 1, "?"))

    def _is_own(self, fp: int) -> bool:
        """Whether the JS frame at `fp` may be that of the builtin that runs: an interpreted one,
        or one of a builtin function."""
        from v8inspect.stack.js_frames import is_builtin_function, is_interpreted

        return is_interpreted(self._codes.reader, fp) or is_builtin_function(self._codes.reader, fp)

    def _return_of_frameless(self, sp: int, pc: int) -> Optional[int]:
        """Where compiled code returns to that has no frame yet, or none any more: it is about to
        run, or to return, and fp is its caller's. None where it has one."""
        code = self._codes.at(pc)
        if code is None or pc in self._builtins:
            return None
        text = self._memory.target.read_partial(code.start, min(code.size, _PROLOGUE))
        made = text.find(_MAKES_FRAME[self._arch])
        at = pc - code.start
        next_bytes = self._memory.target.read_partial(pc, 4)
        leaves = next_bytes.startswith(_RETURNS[self._arch])
        if made < 0 or not (leaves or at <= made or (at == made + 1 and self._arch == "x86_64")):
            return None
        if self._arch == "aarch64":
            word = self._registers.get("x30", self._registers.get("lr", 0))
        else:
            try:
                word = self._memory.u64(sp if leaves or at <= made else sp + 8)
            except MemoryUnreadable:
                return None
        word &= self._mask
        return word if word in self._builtins or self._codes.at(word) is not None else None

    def _return_address(self, sp: int) -> Optional[int]:
        """Of a builtin without a frame: the first word on the stack that is in compiled code."""
        for at in range(sp, sp + _NEAR, 8):
            try:
                word = self._memory.u64(at) & self._mask
            except MemoryUnreadable:
                return None
            if self._codes.at(word) is not None:
                return word
        return None

    def _first_v8(self, fp: int) -> Optional[PhysicalFrame]:
        """The first of V8's frames along the frame pointers of native code that keeps them."""
        for _ in range(256):
            try:
                pc = self._memory.u64(fp + RETURN) & self._mask
                below = self._memory.u64(fp)
            except MemoryUnreadable:
                return None
            if below <= fp:
                return None
            fp = below
            if pc in self._builtins or self._codes.at(pc) is not None:
                return self._frame(fp, pc)
        return None
