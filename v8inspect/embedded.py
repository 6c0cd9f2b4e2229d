"""What the GDB and LLDB front ends share: the base of their hosts, and how a core file is told.

Knows neither debugger.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, Optional

from v8inspect.commands.host import Host
from v8inspect.errors import Unsupported

_MH_CORE = 4
_MACHO = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")


def is_core_file(path: str) -> bool:
    """True for an ELF or Mach-O core or a minidump, by its first bytes."""
    try:
        with open(path, "rb") as file:
            head = file.read(20)
    except OSError:
        return False
    if head[:4] == b"\x7fELF":
        return head[16:18] in (b"\x04\x00", b"\x00\x04")  # ET_CORE, in either byte order
    if head[:4] in _MACHO:
        return int.from_bytes(head[12:16], "little") == _MH_CORE
    return head[:4] == b"MDMP"


def one_core(paths: Iterable[str]) -> Optional[str]:
    """The core file among `paths`; None if there is none, Unsupported if there are several."""
    found: List[str] = []
    for path in paths:
        if path not in found and is_core_file(path):
            found.append(path)
    if len(found) > 1:
        raise Unsupported(
            f"cannot tell which of {', '.join(found)} is meant; say `v8 open FILE` for one of them"
        )
    return found[0] if found else None


class DebuggerHost(Host):
    """A debugger is a prompt: the same line again pages on."""

    interactive = True


def both_names(registers: Mapping[str, int]) -> Dict[str, int]:
    """With the frame pointer and the link register of AArch64 under both of their names."""
    found = dict(registers)
    for plain, role in (("x29", "fp"), ("x30", "lr")):
        for known, other in ((plain, role), (role, plain)):
            if known in found and "pc" in found:
                found.setdefault(other, found[known])
    return found


REMOTE = Unsupported(
    "a process on another machine cannot be looked at: take a core there, then `v8 open FILE`"
)
RUNNING = Unsupported("the process runs: interrupt it first")
NOTHING = Unsupported("no core dump is loaded here: load one, or say `v8 open FILE [EXE]`")
