"""Which frames of an unknown V8 the dump itself confirms."""

from __future__ import annotations

from v8inspect.objects.scripts import position_of
from v8inspect.stack.frame import INTERNAL, JS, NATIVE, Frame


def confirmed(frame: Frame) -> bool:
    """Whether what is said of the frame does not hang on constants that nothing speaks for. Frames
    of the interpreter say themselves which bytecode they are at, and the position found for it
    has to lie within the function. What machine code stands for follows from tables that changed
    often, and where natively called functions have their arguments, too."""
    if frame.kind in (NATIVE, INTERNAL):
        return True
    if frame.kind != JS or frame.tier != "interpreted" or frame.approximate:
        return False
    bounds = None if frame.shared is None else position_of(frame.shared)
    return (
        bounds is not None
        and frame.position is not None
        and bounds[0] <= frame.position <= bounds[1]
    )
