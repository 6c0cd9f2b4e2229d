"""GDB's own stack commands: the unwinder and the names that they get, switched together."""

from __future__ import annotations

import gdb.unwinder

from gdb_plugin.decorator import V8Filter
from gdb_plugin.unwinder import V8Unwinder
from gdb_plugin.v8_stack import V8Stack


class OwnStack:
    """Registers both; they stay without effect where there is no V8."""

    def __init__(self) -> None:
        stack = V8Stack()
        self._unwinder = V8Unwinder(stack)
        self._filter = V8Filter(stack)
        gdb.unwinder.register_unwinder(None, self._unwinder, replace=True)

    @property
    def on(self) -> bool:
        """Whether frames of V8's are unwound."""
        return bool(self._unwinder.enabled)

    def switch(self, on: bool) -> None:
        """Both on or off; GDB forgets the frames that it has."""
        self._unwinder.enabled = on
        self._filter.enabled = on
        gdb.invalidate_cached_frames()
