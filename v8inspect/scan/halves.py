"""The half of a long pass of the scanner that another thread does."""

from __future__ import annotations

from v8inspect.scan.scanner import Scanner
from v8inspect.threads import Worker

_SLICE = 1 << 16  # nodes between two looks whether to stop: some milliseconds
_LOOK = 0.05  # seconds


class Half:
    """Calls `v8s_NAME`, which does some nodes and says whether there are more, until all are done.
    To be stopped before anything is freed."""

    def __init__(self, scanner: Scanner, name: str) -> None:
        self._scanner = scanner
        self._function = name
        self._stopped = False
        self._worker = Worker(name, self._run)

    def _run(self) -> None:
        while not self._stopped and self._scanner.call(self._function, _SLICE) > 0:
            pass

    def is_done(self) -> bool:
        """Whether it is, after a moment of waiting."""
        return self._worker.is_done(_LOOK)

    def stop(self) -> None:
        """Ends it soon, done or not."""
        self._stopped = True
        self._worker.settle()
