"""V8's frames in the core that GDB has loaded, followed when it loads another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional, Tuple

import gdb

from gdb_plugin.host import GdbHost
from v8inspect.errors import V8InspectError

if TYPE_CHECKING:
    from v8inspect.stack.for_debuggers import DebuggerFrames

_Inferior = Tuple[Any, ...]


class V8Stack:
    """What the unwinder and the filter share."""

    def __init__(self) -> None:
        # Of its own: `v8 open` is for the commands, not for GDB's stack.
        self._host = GdbHost(cores_only=True)
        self._inferior: Optional[_Inferior] = None
        self._frames: Optional[DebuggerFrames] = None

    @property
    def frames(self) -> Optional[DebuggerFrames]:
        """The frames of the selected inferior's core; None where it has no V8 that we know."""
        inferior = _identity()
        if inferior != self._inferior:
            self._inferior = inferior
            self._frames = None  # should opening it fail, once is enough
            self._frames = self._open()
        return self._frames

    def _open(self) -> Optional[DebuggerFrames]:
        try:
            session = self._host.session()
        except V8InspectError:
            return None
        from v8inspect.stack.for_debuggers import frames_for_debugger

        return frames_for_debugger(session)


def _identity() -> _Inferior:
    """Changes when another core is loaded."""
    inferior = gdb.selected_inferior()
    connection = getattr(inferior, "connection", None)  # GDB 12
    number = None if connection is None else (connection.num, connection.type)
    return inferior.num, inferior.pid, number, gdb.current_progspace().filename
