"""The name of a frame's function as V8's stack traces print it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from v8inspect.stack.frame import Frame

if TYPE_CHECKING:
    from v8inspect.session import Session


def printed_name(session: Session, frame: Frame) -> str:
    """`new X`, `fn`, `<anonymous>`."""
    name = frame.shared.debug_name if frame.shared is not None else ""
    return f"new {name or '<anonymous>'}" if frame.construct else name or "<anonymous>"
