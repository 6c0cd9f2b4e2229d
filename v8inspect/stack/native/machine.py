"""How DWARF numbers the registers of a machine, and which of them hold a frame together.

Sources: System V ABI AMD64 supplement, figure 3.36; DWARF for the Arm 64-bit Architecture, 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Mapping, Sequence, Tuple

Registers = Dict[int, int]
"""Values by DWARF number. One that is not there is not known in that frame."""


@dataclass(frozen=True)
class Machine:
    """`names` by DWARF number; `pc` to `link` are DWARF numbers. `pc` is a pseudo register: the
    return address column of x86-64, a free number of aarch64 (there the column is `link`)."""

    names: Sequence[str]
    pc: int
    sp: int
    fp: int
    link: int = -1  # the register that a call puts the return address into; -1: on the stack
    signature: int = 0  # bits of a return address that may be a signature, where no dump says which

    def numbered(self, registers: Mapping[str, int]) -> Registers:
        """Registers by name as registers by number."""
        return {i: registers[name] for i, name in enumerate(self.names) if name in registers}

    def number(self, name: str) -> int:
        """The DWARF number of a register; raises KeyError."""
        return _NUMBERS[self.names[0], name]


# fmt: off
X86_64 = Machine(
    ("rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp",
     "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"),
    pc=16, sp=7, fp=6,
)
# fmt: on
# Linux gives programs 48 bits of addresses unless they ask for more; qemu's cores do not tell.
AARCH64 = Machine(
    (*(f"x{i}" for i in range(31)), "sp", "pc"),
    pc=32,
    sp=31,
    fp=29,
    link=30,
    signature=-1 << 48,
)

MACHINES: Mapping[str, Machine] = {"x86_64": X86_64, "aarch64": AARCH64}

_NUMBERS: Mapping[Tuple[str, str], int] = {
    (machine.names[0], name): i
    for machine in MACHINES.values()
    for i, name in enumerate(machine.names)
}
