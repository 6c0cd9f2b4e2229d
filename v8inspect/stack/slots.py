"""Slots of V8's frames that are the same in all versions, in bytes from fp.

V8: src/execution/frame-constants.h, x64 and arm64; V8_FRAMES.md §3.
"""

from __future__ import annotations

from typing import Mapping

RETURN = 8
CONTEXT = -8  # or the frame's type, a number with a zero bit added
FUNCTION = -16
ARGC = -24  # raw, receiver included
BYTECODE_ARRAY = -32  # interpreted and baseline
BYTECODE_OFFSET = -40  # interpreted: Smi; baseline: FeedbackVector or FeedbackCell
RECEIVER = 16
FIRST_ARGUMENT = 24
CALLER_SP = 16

# Of entry frames: the exit frame below, by architecture and platform.
_ENTRY_C_ENTRY_FP = {"x86_64": -64, "aarch64": -24}
# On Windows x64, rdi, rsi and xmm6 to xmm15 are the callee's to save too (V8:
# EntryFrameConstants::kNextExitFrameFPOffset, V8_TARGET_OS_WIN).
_WINDOWS_C_ENTRY_FP = {"x86_64": -240}

# What an entry frame has saved for the C++ that called JS.
_ENTRY_SAVED = {
    "x86_64": {"r12": -24, "r13": -32, "r14": -40, "r15": -48, "rbx": -56},
    "aarch64": {f"x{19 + i}": 16 + 8 * i for i in range(10)},
}
_WINDOWS_SAVED = {
    "x86_64": {
        "r12": -24, "r13": -32, "r14": -40, "r15": -48, "rdi": -56, "rsi": -64, "rbx": -72,
    },
}  # fmt: skip

# Registers by architecture: sp, fp, pc; where handlers of the interpreter keep the BytecodeArray
# and the raw offset; the root register with its distance from the Isolate.
REGISTERS = {
    "x86_64": ("rsp", "rbp", "rip", "r12", "r9", "r13", 0x80),
    "aarch64": ("sp", "x29", "pc", "x20", "x19", "x26", 0x100),
}


def entry_c_entry_fp(arch: str, platform: str) -> int:
    """Where an entry frame keeps the fp of the exit frame below."""
    windows = _WINDOWS_C_ENTRY_FP if platform == "windows" else {}
    return windows.get(arch) or _ENTRY_C_ENTRY_FP[arch]


def entry_saved(arch: str, platform: str) -> Mapping[str, int]:
    """The registers that an entry frame keeps, and where."""
    windows = _WINDOWS_SAVED if platform == "windows" else {}
    return windows.get(arch) or _ENTRY_SAVED.get(arch, {})
