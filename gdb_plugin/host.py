"""GDB as a host of commands: which dump it has loaded, and its expressions."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Optional

import gdb

from v8inspect.commands.host import Dump
from v8inspect.embedded import LIVE, NOTHING, DebuggerHost, one_core
from v8inspect.errors import Unsupported

if TYPE_CHECKING:
    from gdb_plugin.own_stack import OwnStack

# `info files` is translated; the quotes around paths are `' or ''.
_QUOTED = re.compile(r"[`'‘](/[^\n]*?)['’], ")


class GdbHost(DebuggerHost):
    """The dump is that of the selected inferior."""

    name = "gdb"
    own_stack: Optional[OwnStack] = None  # set when the commands are registered

    def selected(self) -> Optional[Dump]:
        """See Host."""
        inferior = gdb.selected_inferior()
        connection = getattr(inferior, "connection", None)
        kind = connection.type if connection is not None else None
        if kind not in (None, "core"):
            raise LIVE
        path = _core_file(inferior)
        if path is None:
            raise LIVE if kind is None and inferior.pid else NOTHING
        return Dump(path, gdb.current_progspace().filename or None, _sysroot())

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
