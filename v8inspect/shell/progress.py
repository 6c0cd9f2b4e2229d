"""A progress bar on stderr, for work that takes long enough for one to wonder."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 0.3  # seconds without a bar


class Bar:
    """Call it as a `target.Progress`; `stop` before anything else is printed."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self._since = 0.0
        self._bar: Optional[Progress] = None
        self._task: Optional[TaskID] = None

    def __call__(self, what: str, done: int, total: int) -> None:
        """Shows that `done` of `total` (0: not known) of `what` is done."""
        if not self.enabled:
            return
        if not self._since:
            self._since = time.monotonic()
        if self._bar is None:
            if time.monotonic() - self._since < _PATIENCE:
                return
            self._start(what)
            if self._bar is None:
                return
        assert self._task is not None
        self._bar.update(self._task, description=what, completed=done, total=total or None)

    def stop(self) -> None:
        """Takes the bar away."""
        self._since = 0.0
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _start(self, what: str) -> None:
        try:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
        except ImportError:  # a checkout that nobody installed works too, without a bar
            self.enabled = False
            return

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._task = self._bar.add_task(what, total=None)
        self._bar.start()
