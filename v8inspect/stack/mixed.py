"""One stack of V8's frames and the native ones between them, top to bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List, Mapping, Optional

from v8inspect.errors import MemoryUnreadable
from v8inspect.stack.frame import NATIVE, Frame, Stack
from v8inspect.stack.native.unwinder import NativeFrame, SavedOf, unwind
from v8inspect.stack.stacks import stacks_of

if TYPE_CHECKING:
    from v8inspect.session import Session
    from v8inspect.target import Module, Target, Thread

# What an entry frame has saved for the C++ that called JS, in bytes from its fp (V8:
# EntryFrameConstants; V8_FRAMES.md §3).
_SAVED = {
    "x86_64": {"r12": -24, "r13": -32, "r14": -40, "r15": -48, "rbx": -56},
    "aarch64": {f"x{19 + i}": 16 + 8 * i for i in range(10)},
}
_ENTRY_SIZE_AARCH64 = 160  # there the saved registers lie between fp and the caller's frame
_SLICE = 64  # frames between two looks at progress
_ENTRIES = ("EntryFrame", "ConstructEntryFrame")


def mixed_frames(session: Session, thread: Thread, stack: Stack) -> List[Frame]:
    """The V8 frames of `stack` with the native frames of `thread`, innermost first.

    Where the unwinder stops early V8's frames go on alone; what it makes of V8's own code is left
    out, for V8's chain knows better.
    """
    groups: Dict[int, List[Frame]] = {}
    for frame in stack.frames:
        groups.setdefault(frame.fp, []).append(frame)
    order = list(groups)
    following = 0
    found: List[Frame] = []
    stacks = stacks_of(session)
    frames = unwind(
        session.target, thread.registers, saved_registers(session), is_v8_code=stacks.is_v8_code
    )
    for number, native in enumerate(frames):
        if number % _SLICE == 0:
            session.progress("unwinding the stack", number, 0)
        while following < len(order) and order[following] < native.sp:
            found += groups[order[following]]
            following += 1
        if not stacks.is_v8_code(native.pc):
            found.append(_native(session.target, native))
    for fp in order[following:]:
        found += groups[fp]
    return found


def saved_registers(session: Session) -> SavedOf:
    """What V8's entry frames restore, for the unwinder."""
    offsets = _SAVED.get(session.target.arch, {})
    types = session.layout.frame_types

    def saved_of(fp: int) -> Optional[Mapping[str, int]]:
        try:
            marker = session.memory.u64(fp - 8)
            if marker & 1 or types.get(marker >> 1) not in _ENTRIES:
                return None
            saved = {name: session.memory.u64(fp + at) for name, at in offsets.items()}
        except MemoryUnreadable:
            return None
        if session.target.arch == "aarch64":
            saved["sp"] = fp + _ENTRY_SIZE_AARCH64
        return saved

    return saved_of


def _native(target: Target, frame: NativeFrame) -> Frame:
    found = target.symbol_at(frame.lookup)
    module = _module(target, frame.pc)
    path = module.path if module is not None else ""
    if found is not None:
        name, offset = found[0], found[1] + frame.pc - frame.lookup
    else:
        name, offset = "", frame.pc - (module.start if module is not None else 0)
    return Frame(
        NATIVE,
        "native",
        frame.fp or 0,
        frame.pc,
        builtin=name,
        module=path,
        offset=offset,
        problem=frame.problem,
    )


def _module(target: Target, pc: int) -> Optional[Module]:
    for module in target.modules():
        if module.start <= pc < module.end:
            return module
    return None
