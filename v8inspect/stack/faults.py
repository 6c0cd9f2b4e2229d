"""Where a signal struck, if Node.js has passed it on.

Node's handler of SIGSEGV (for WebAssembly) raises the signal anew, so that the dump says that the
process has sent it to itself. What the kernel told the handler lies below the stack pointer still.

Linux: struct rt_sigframe, arch/x86/include/asm/sigframe.h, arch/arm64/kernel/signal.c; siginfo_t,
include/uapi/asm-generic/siginfo.h. Node: TrapWebAssemblyOrContinue in src/node.cc.
"""

from __future__ import annotations

from array import array
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple, Optional

if TYPE_CHECKING:
    from v8inspect.target import Target, Thread

_BELOW = 1 << 14  # bytes below the stack pointer that are searched
_INFO = Struct("<iiiiQ").unpack_from  # signal, errno, code, padding, address

# Where in the frame the word pair (stack pointer, program counter) is, and siginfo from the pair's
# second word on, in bytes.
_X64 = (("rsp", "rip"), 136)
_ARM64 = (("sp", "pc"), -568)


class Fault(NamedTuple):
    """What the kernel said: `code` is positive for a fault at `address`, else somebody has sent
    the signal."""

    code: int
    address: int


def passed_on(target: Target, thread: Thread, signal: int) -> Optional[Fault]:
    """What the first handler of the thread's signal was told; None if that can't be found."""
    (sp_name, pc_name), distance = _ARM64 if target.arch == "aarch64" else _X64
    sp, pc = thread.registers.get(sp_name), thread.registers.get(pc_name)
    if not sp or not pc:
        return None
    low = (sp & ~7) - _BELOW
    data = _readable(target, low, sp & ~7)
    words = array("Q")
    words.frombytes(data[: len(data) & ~7])
    start = (sp & ~7) - len(data)
    for index in range(len(words) - 1, 0, -1):
        if words[index] != pc or words[index - 1] != sp:
            continue
        info = target.read_partial(start + 8 * index + distance, 24)
        if len(info) == 24:
            number, _, code, _, address = _INFO(info)
            if number == signal:
                return Fault(code, address)
    return None


def _readable(target: Target, low: int, high: int) -> bytes:
    """The bytes before `high`, as far as they go without a gap; whole words."""
    for start in range(low, high, 0x1000):
        data = target.read_partial(start, high - start)
        if len(data) == high - start:
            return data
    return b""
