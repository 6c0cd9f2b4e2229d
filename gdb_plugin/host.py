"""GDB as a host of commands: which dump it has loaded, and its expressions."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Dict, List, Optional, Sequence

import gdb

from v8inspect.commands.host import Dump, LiveProcess, Source
from v8inspect.embedded import NOTHING, REMOTE, RUNNING, DebuggerHost, both_names, one_core
from v8inspect.errors import Unsupported
from v8inspect.target import Thread

if TYPE_CHECKING:
    from gdb_plugin.own_stack import OwnStack

# `info files` is translated; the quotes around paths are `' or ''.
_QUOTED = re.compile(r"[`'‘](/[^\n]*?)['’], ")


# What happens when a process has run, or was changed by hand.
_CHANGES = ("stop", "cont", "exited", "inferior_call", "memory_changed", "register_changed")


class GdbHost(DebuggerHost):
    """What is looked at is the selected inferior: its core, or the process that it is."""

    name = "gdb"
    own_stack: Optional[OwnStack] = None  # set when the commands are registered

    def __init__(self, cores_only: bool = False) -> None:
        """`cores_only`: a picture of a process is too dear to take it at every stop."""
        super().__init__()
        self._cores_only = cores_only
        self._moment = 0
        for name in () if cores_only else _CHANGES:
            event = getattr(gdb.events, name, None)
            if event is not None:
                event.connect(self._changed)

    def selected(self) -> Optional[Source]:
        """See Host."""
        inferior = gdb.selected_inferior()
        connection = getattr(inferior, "connection", None)
        kind = connection.type if connection is not None else None
        if kind not in (None, "core"):
            return self._live(inferior, kind)
        path = _core_file(inferior)
        if path is None:
            if kind is None and inferior.pid:  # GDB 11 and before: it has no connection
                return self._live(inferior, "native")
            raise NOTHING
        return Dump(path, gdb.current_progspace().filename or None, _sysroot())

    def held_threads(self) -> Sequence[Thread]:
        """See Host."""
        selected, frame = gdb.selected_thread(), gdb.selected_frame()
        found: List[Thread] = []
        try:
            for thread in gdb.selected_inferior().threads():
                thread.switch()
                found.append(Thread(int(thread.ptid[1]), _registers(), thread.name))
        finally:
            selected.switch()
            if frame.is_valid():
                frame.select()
        return found

    def _live(self, inferior: gdb.Inferior, kind: str) -> LiveProcess:
        if self._cores_only or kind != "native":
            raise REMOTE
        if not inferior.pid:
            raise NOTHING
        if any(thread.is_running() for thread in inferior.threads()):
            raise RUNNING
        return LiveProcess(inferior.pid, sysroot=_sysroot(), held=True, moment=self._moment)

    def _changed(self, _: object) -> None:
        self._moment += 1

    def unwinder(self, on: Optional[bool]) -> bool:
        """See Host."""
        if self.own_stack is None:
            return super().unwinder(on)
        if on is not None:
            self.own_stack.switch(on)
        return self.own_stack.on

    def thread(self) -> Optional[int]:
        """See Host."""
        selected = gdb.selected_thread()
        return None if selected is None else int(selected.ptid[1])

    def evaluate(self, text: str) -> int:
        """See Host."""
        try:
            return int(gdb.parse_and_eval(text))
        except gdb.error as error:
            raise Unsupported(f"GDB cannot evaluate `{text}`: {error}") from None


def _registers() -> Dict[str, int]:
    """Those of the selected thread, where it stopped."""
    frame = gdb.newest_frame()
    found = {}
    for register in frame.architecture().registers("general"):
        value = frame.read_register(register)
        if not value.is_optimized_out:
            found[register.name] = int(value) & (1 << 64) - 1
    return both_names(found)


def _core_file(inferior: gdb.Inferior) -> Optional[str]:
    corefile = getattr(inferior, "corefile", None)  # GDB 17
    if corefile is not None:
        return str(corefile.filename)
    # Older ones tell it only in this listing, next to the executable.
    listing = gdb.execute("info files", to_string=True)
    return one_core(_QUOTED.findall(listing))


def _sysroot() -> Optional[str]:
    value = gdb.parameter("sysroot")
    return value if isinstance(value, str) and os.path.isdir(value) and value != "/" else None
