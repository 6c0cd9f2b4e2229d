"""Names for V8's frames in GDB's `bt`: functions with script, line and column; inlined ones as
frames of their own, which GDB shows without a number; builtins by V8's names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, Optional

import gdb
from gdb.FrameDecorator import FrameDecorator

from gdb_plugin.v8_stack import REGISTERS, V8Stack
from v8inspect.errors import V8InspectError

if TYPE_CHECKING:
    from v8inspect.stack.frame import Frame

_NAME = "v8inspect"
_PRIORITY = 100


class V8Decorator(FrameDecorator):
    """A frame of V8's: `function (script:line:column)` as far as it is known."""

    def __init__(self, base: Any, name: str, place: Optional[str]) -> None:
        super().__init__(base)
        self._name = name
        self._place = place

    def function(self) -> str:
        """See FrameDecorator."""
        return self._name

    def filename(self) -> Optional[str]:
        """See FrameDecorator. With line and column: GDB has no word for a column."""
        return self._place

    def line(self) -> Optional[int]:
        """See FrameDecorator."""
        return None

    def frame_args(self) -> None:
        """See FrameDecorator; `v8 bt` shows them."""

    def frame_locals(self) -> None:
        """See FrameDecorator; `v8 frame N` shows them."""


class NativeDecorator(FrameDecorator):
    """A frame of code without debug information. GDB looks up the name of a frame that passed a
    filter at its pc, where without filters it would take the call before it: where a function
    that does not return was called last, that is the next function or none."""

    def function(self) -> str:
        """See FrameDecorator."""
        return self.inferior_frame().name() or "??"


class V8Filter:
    """GDB's frame filter; it takes part only where the program has a V8."""

    def __init__(self, stack: V8Stack) -> None:
        self.name = _NAME
        self.priority = _PRIORITY
        self._on = True
        self._stack = stack
        gdb.frame_filters[self.name] = self

    @property
    def enabled(self) -> bool:
        """Asked before each `bt`: with no filter enabled, GDB prints stacks as it always does."""
        return self._on and self._stack.session is not None

    @enabled.setter
    def enabled(self, on: bool) -> None:
        self._on = on

    def filter(self, frames: Iterator[Any]) -> Iterator[Any]:
        """Called by GDB with decorators of all frames, innermost first."""
        for decorated in frames:
            try:
                yield from list(self._decorated(decorated))
            except (V8InspectError, gdb.error):
                yield decorated

    def _decorated(self, base: Any) -> Iterator[Any]:
        session = self._stack.session
        frame = base.inferior_frame()
        if session is None or not self._stack.is_code(frame.pc(), frame.level() == 0):
            known = frame.function() is not None or frame.name() is None
            yield base if known else NativeDecorator(base)
            return
        fp = int(frame.read_register(REGISTERS[session.target.arch][2])) & (1 << 64) - 1
        found = self._stack.frames(fp)
        for item in found:
            yield V8Decorator(base, self._name_of(item, frame.pc()), _place(item))
        if not found:
            builtin = self._stack.builtin(frame.pc())
            yield V8Decorator(base, builtin, None) if builtin else base

    def _name_of(self, frame: Frame, pc: int) -> str:
        from v8inspect.stack.frame import INTERNAL
        from v8inspect.stack.names import printed_name

        session = self._stack.session
        if session is None:
            return ""
        if frame.kind == INTERNAL:
            return frame.builtin or self._stack.builtin(pc) or f"<{frame.tier}>"
        return printed_name(session, frame) or "<anonymous>"


def _place(frame: Frame) -> Optional[str]:
    place = frame.place
    return None if place is None else f"{place.script}:{place.line}:{place.column}"
