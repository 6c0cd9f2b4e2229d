"""One stack of V8's frames and the native ones between them, top to bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Mapping, Optional

from v8inspect.errors import MemoryUnreadable
from v8inspect.stack.frame import ENTRY, INTERNAL, NATIVE, Frame, Stack
from v8inspect.stack.native.eh_frame import CallFrames
from v8inspect.stack.native.unwinder import NativeFrame, SavedOf, unwind
from v8inspect.stack.slots import CALLER_SP, REGISTERS, RETURN, entry_saved
from v8inspect.stack.stacks import stacks_of

if TYPE_CHECKING:
    from v8inspect.session import Session
    from v8inspect.target import Module, Target, Thread

_ENTRY_SIZE_AARCH64 = 160  # there the saved registers lie between fp and the caller's frame
_SLICE = 64  # frames between two looks at progress
_ENTRIES = ("EntryFrame", "ConstructEntryFrame")


def mixed_frames(session: Session, thread: Thread, stack: Stack) -> Iterator[Frame]:
    """The V8 frames of `stack` with the native frames of `thread`, innermost first.

    The unwinder leads from C++ to V8's code, V8's chain through that to the entry frame, and there
    the unwinder goes on. Where it stops early V8's frames go on alone.
    """
    stacks = stacks_of(session)
    saved_of = saved_registers(session)
    call_frames = CallFrames(session.target)
    ours = iter(stack.frames)
    frame = next(ours, None)
    registers: Optional[Mapping[str, int]] = thread.registers
    returns = False
    while registers is not None:
        natives = unwind(
            session.target,
            registers,
            saved_of,
            is_v8_code=stacks.is_v8_code,
            call_frames=call_frames,
            returns=returns,
        )
        for number, native in enumerate(natives):
            if number % _SLICE == 0:
                session.progress("unwinding the stack", number, 0)
            while frame is not None and frame.fp < native.sp:
                yield frame
                frame = next(ours, None)
            # A builtin outside of the blob that its isolate names is known by V8's own chain.
            known = frame is not None and frame.pc == native.pc
            if not known and not stacks.is_v8_code(native.pc):
                yield _native(session.target, native)
            elif frame is not None:
                break
            else:
                yield Frame(INTERNAL, "unknown", native.fp or 0, native.pc, problem=native.problem)
        registers, returns = None, True
        while frame is not None:
            yield frame
            last, frame = frame, next(ours, None)
            if last.tier == ENTRY:
                registers = _caller(session, thread, last.fp, saved_of)
                if registers is not None:
                    break


def _caller(
    session: Session, thread: Thread, fp: int, saved_of: SavedOf
) -> Optional[Mapping[str, int]]:
    """The registers of the C++ that called JS through the entry frame at `fp`."""
    saved = saved_of(fp)
    if saved is None:
        return None
    sp_name, fp_name, pc_name = REGISTERS[session.target.arch][:3]
    try:
        found = {
            sp_name: fp + CALLER_SP,
            fp_name: session.memory.u64(fp),
            pc_name: session.memory.u64(fp + RETURN) & ~session.target.facts.pac_mask,
        }
    except MemoryUnreadable:
        return None
    return {**thread.registers, **found, **saved}


def saved_registers(session: Session) -> SavedOf:
    """What V8's entry frames restore, for the unwinder."""
    offsets = entry_saved(session.target.arch, session.target.facts.platform)
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
        sp=frame.sp,
    )


def _module(target: Target, pc: int) -> Optional[Module]:
    for module in target.modules():
        if module.start <= pc < module.end:
            return module
    return None
