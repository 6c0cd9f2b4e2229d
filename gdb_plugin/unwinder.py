"""A GDB unwinder for V8's code, which has no call frame information: with it GDB's own `bt`, `up`
and `info frame` go through JavaScript down to `_start`.

V8 keeps a frame pointer in every frame, and the frames that enter JavaScript have saved the
registers of the C++ that called; V8_FRAMES.md §2. All else is left to GDB.
"""

from __future__ import annotations

from typing import Any, Optional

import gdb
import gdb.unwinder

from gdb_plugin.v8_stack import V8Stack
from v8inspect.errors import MemoryUnreadable

_NAMES = {"x86_64": ("rip", "rsp", "rbp"), "aarch64": ("pc", "sp", "x29")}
# What a frame does not say to have saved is unknown above it, also what never changes: the bits of
# an address that are its signature.
_MASKS = {"x86_64": (), "aarch64": ("pauth_dmask", "pauth_cmask")}
_USUAL_MASK = 0x7F << 48  # of programs with 48 bits of addresses
_WORD = 8
_MAX_FRAME = 1 << 26  # bytes between the stack pointer and a frame pointer


class FrameId:
    """What tells a frame from others, for GDB."""

    def __init__(self, sp: Any, pc: Any) -> None:
        self.sp = sp
        self.pc = pc


class V8Unwinder(gdb.unwinder.Unwinder):
    """Claims a frame only when its pc is in V8's code."""

    def __init__(self, stack: V8Stack) -> None:
        super().__init__("v8inspect")
        self._stack = stack
        self._busy = False

    def __call__(self, pending: Any) -> Any:
        """Called by GDB for each frame; None: not ours. What it raised GDB would print at every
        frame of every program."""
        if self._busy:  # asked by GDB for a frame while we ask it for the core
            return None
        self._busy = True
        try:
            return self._unwind(pending)
        except Exception:
            return None
        finally:
            self._busy = False

    def _unwind(self, pending: Any) -> Optional[Any]:
        frames = self._stack.frames
        if frames is None:
            return None
        target = frames.session.target
        names = _NAMES[target.arch]
        pc, sp, fp = (_number(pending, name) for name in names)
        level = pending.level() if hasattr(pending, "level") else 1
        if not frames.is_code(pc, level == 0):
            return None
        if fp % _WORD or not sp - 2 * _WORD <= fp < sp + _MAX_FRAME:
            return None
        try:
            caller_fp, caller_pc = frames.session.memory.words(fp, 2)
        except MemoryUnreadable:
            return None
        found = {
            names[0]: caller_pc & ~target.facts.pac_mask,
            names[1]: fp + 2 * _WORD,
            names[2]: caller_fp,
        }
        found.update(frames.saved_registers(fp))
        word = _word_type(pending)
        info = pending.create_unwind_info(
            FrameId(gdb.Value(fp + 2 * _WORD).cast(word), gdb.Value(pc).cast(word))
        )
        for name, value in found.items():
            info.add_saved_register(name, gdb.Value(value).cast(word))
        for name in _MASKS[target.arch]:
            try:
                mask = gdb.Value(target.facts.pac_mask or _USUAL_MASK).cast(word)
                info.add_saved_register(name, mask)
            except ValueError:  # this machine has none
                pass
        return info


def _word_type(pending: Any) -> Any:
    architecture = pending.architecture()
    if hasattr(architecture, "integer_type"):  # GDB 12
        return architecture.integer_type(64, False)
    return gdb.lookup_type("unsigned long")


def _number(pending: Any, register: str) -> int:
    return int(pending.read_register(register)) & (1 << 64) - 1
