"""Names for V8's frames in GDB's `bt`: functions with script, line and column; inlined ones as
frames of their own, which GDB shows without a number; builtins by V8's names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, Optional, Sequence, Tuple

import gdb
from gdb.FrameDecorator import FrameDecorator

from gdb_plugin.v8_stack import V8Stack

if TYPE_CHECKING:
    from v8inspect.stack.for_debuggers import Shown

_NAME = "v8inspect"
_PRIORITY = 100
_FRAME_POINTERS = {"x86_64": "rbp", "aarch64": "x29"}


class V8Decorator(FrameDecorator):
    """A frame of V8's: `function () at script:line:column` as far as it is known."""

    def __init__(self, base: Any, shown: Shown) -> None:
        super().__init__(base)
        self._shown = shown

    def function(self) -> str:
        """See FrameDecorator."""
        return self._shown.name

    def filename(self) -> Optional[str]:
        """See FrameDecorator. With line and column: GDB has no word for a column."""
        place = self._shown.place
        return None if place is None else f"{place.script}:{place.line}:{place.column}"

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
        return self._on and self._stack.frames is not None

    @enabled.setter
    def enabled(self, on: bool) -> None:
        self._on = on

    def filter(self, frames: Iterator[Any]) -> Iterator[Any]:
        """Called by GDB with decorators of all frames, innermost first."""
        for decorated in frames:
            try:
                yield from list(self._decorated(decorated))
            except Exception:  # GDB would end the stack here
                yield decorated

    def _decorated(self, base: Any) -> Iterator[Any]:
        frames, frame, thread = self._stack.frames, base.inferior_frame(), gdb.selected_thread()
        shown: Sequence[Shown] = ()
        if frames is not None and thread is not None and frames.is_code(*_pc(frame)):
            fp = int(frame.read_register(_FRAME_POINTERS[frames.session.target.arch]))
            shown = frames.shown(thread.ptid[1], fp & (1 << 64) - 1, frame.pc())
        for item in shown:
            yield V8Decorator(base, item)
        if not shown:
            known = frame.function() is not None or frame.name() is None
            yield base if known else NativeDecorator(base)


def _pc(frame: Any) -> Tuple[int, bool]:
    return frame.pc(), frame.newer() is None
