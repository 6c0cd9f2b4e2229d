"""A session: one dump with everything that was found in it so far. Passed, never global."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from v8inspect.memory import Memory

if TYPE_CHECKING:
    from v8inspect.layout.model import Layout
    from v8inspect.target import Progress, Target


def _no_progress(what: str, done: int, total: int) -> None:
    return None


class Session:
    """`target` and what is derived from it, each part made when first asked for.

    `progress` is called between slices of long work and may raise Interrupted.
    """

    def __init__(self, target: Target, progress: Optional[Progress] = None) -> None:
        self.target = target
        self.memory = Memory(target)
        self.progress: Progress = progress or _no_progress
        self._layout: Optional[Layout] = None

    @property
    def layout(self) -> Layout:
        """The resolved layout; raises NoV8, LayoutUnknown, LayoutIncomplete."""
        if self._layout is None:
            from v8inspect.layout.resolve import resolve

            self._layout = resolve(self.target)
        return self._layout

    def close(self) -> None:
        """Releases the dump. The session is not used after that."""
        self.target.close()


Opener = Callable[..., Session]
