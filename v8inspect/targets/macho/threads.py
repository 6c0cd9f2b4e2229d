"""LC_THREAD: registers and exception state of the threads of a core.

Source: mach/i386/thread_status.h and mach/arm/thread_status.h of macOS; DUMPS.md §3.1. LLDB writes
states as they are; the kernel and gcore wrap those of x86-64 in a second {flavor, count}.
"""

from __future__ import annotations

from struct import Struct
from typing import Iterator, NamedTuple, Optional

_PAIR = Struct("<II")

# fmt: off
_X86_64 = (
    "rax", "rbx", "rcx", "rdx", "rdi", "rsi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
    "r13", "r14", "r15", "rip", "eflags", "cs", "fs", "gs",
)
# fmt: on
_ARM64 = tuple(f"x{i}" for i in range(31)) + ("sp", "pc")


class _Flavors(NamedTuple):
    """Numbers of states by architecture. `wrapped`: a second flavor and count begin the state."""

    registers: int
    exception: int
    wrapped: tuple[int, ...]
    names: tuple[str, ...]


_FLAVORS = {
    "x86_64": _Flavors(4, 6, (7, 8, 9), _X86_64),
    "aarch64": _Flavors(6, 7, (1,), _ARM64),
}

SIGILL, SIGTRAP, SIGFPE, SIGSEGV = 4, 5, 8, 11  # the same numbers as on Linux
# Traps of x86-64 (osfmk/i386/trap.h) and exception classes of ARM's ESR_EL1, and their signals.
_X86_TRAPS = {0: SIGFPE, 3: SIGTRAP, 6: SIGILL, 13: SIGSEGV, 14: SIGSEGV, 16: SIGFPE, 19: SIGFPE}
_X86_PAGE_FAULT = 14
_ARM_CLASSES = {0x0: SIGILL, 0x20: SIGSEGV, 0x24: SIGSEGV, 0x3C: SIGTRAP}
_ARM_ABORTS = (0x20, 0x24)  # from user space: of an instruction, of data


class Trap(NamedTuple):
    """What a thread's exception state says. `fault` is the address of a page fault, which the
    system may have served: most of them are no error."""

    signal: int
    fault: Optional[int]


class ThreadState(NamedTuple):
    """One LC_THREAD; empty registers where there are none of this architecture."""

    registers: dict[str, int]
    trap: Optional[Trap]


def thread_state(data: bytes, arch: str) -> ThreadState:
    """The states in an LC_THREAD command."""
    flavors = _FLAVORS[arch]
    registers: dict[str, int] = {}
    trap: Optional[Trap] = None
    struct = Struct(f"<{len(flavors.names)}Q")
    for flavor, state in _states(data, flavors):
        if flavor == flavors.registers and len(state) >= struct.size and not registers:
            registers = dict(zip(flavors.names, struct.unpack_from(state)))
            if arch == "aarch64":
                registers.update(fp=registers["x29"], lr=registers["x30"])
                if len(state) >= struct.size + 4:
                    registers["cpsr"] = int.from_bytes(
                        state[struct.size : struct.size + 4], "little"
                    )
        elif flavor == flavors.exception and len(state) >= 16 and trap is None:
            trap = _x86_trap(state) if arch == "x86_64" else _arm_trap(state)
    return ThreadState(registers, trap)


def _states(data: bytes, flavors: _Flavors) -> Iterator[tuple[int, bytes]]:
    at = 8
    while at + _PAIR.size <= len(data):
        flavor, count = _PAIR.unpack_from(data, at)
        at += _PAIR.size
        state = data[at : at + 4 * count]
        at += 4 * count
        if flavor in flavors.wrapped and len(state) >= _PAIR.size:
            flavor, count = _PAIR.unpack_from(state)
            state = state[_PAIR.size : _PAIR.size + 4 * count]
        yield flavor, state


def _x86_trap(state: bytes) -> Optional[Trap]:
    # u16 trap, u16 cpu, u32 error code, u64 fault address. LLDB off a Mac writes zeros.
    number = int.from_bytes(state[:2], "little")
    if not any(state) or number not in _X86_TRAPS:
        return None
    fault = int.from_bytes(state[8:16], "little") if number == _X86_PAGE_FAULT else None
    return Trap(_X86_TRAPS[number], fault)


def _arm_trap(state: bytes) -> Optional[Trap]:
    # u64 fault address, u32 ESR, u32 exception.
    kind = int.from_bytes(state[8:12], "little") >> 26
    if not any(state) or kind not in _ARM_CLASSES:
        return None
    fault = int.from_bytes(state[:8], "little") if kind in _ARM_ABORTS else None
    return Trap(_ARM_CLASSES[kind], fault)
