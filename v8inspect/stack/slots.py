"""Slots of V8's frames that are the same in all versions, in bytes from fp.

V8: src/execution/frame-constants.h, x64 and arm64; V8_FRAMES.md §3.
"""

from __future__ import annotations

RETURN = 8
CONTEXT = -8  # or the frame's type, a number with a zero bit added
FUNCTION = -16
ARGC = -24  # raw, receiver included
BYTECODE_ARRAY = -32  # interpreted and baseline
BYTECODE_OFFSET = -40  # interpreted: Smi; baseline: FeedbackVector or FeedbackCell
RECEIVER = 16
FIRST_ARGUMENT = 24
CALLER_SP = 16

ENTRY_C_ENTRY_FP = {"x86_64": -64, "aarch64": -24}  # of entry frames: the exit frame below

# Registers by architecture: sp, fp, pc; where handlers of the interpreter keep the BytecodeArray
# and the raw offset; the root register with its distance from the Isolate.
REGISTERS = {
    "x86_64": ("rsp", "rbp", "rip", "r12", "r9", "r13", 0x80),
    "aarch64": ("sp", "x29", "pc", "x20", "x19", "x26", 0x100),
}
