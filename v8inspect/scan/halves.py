"""The half of a long pass of the scanner that another thread does."""

from __future__ import annotations

import threading

from v8inspect.scan.scanner import Scanner
from v8inspect.signals import block_signals

_SLICE = 1 << 16  # nodes between two looks whether to stop: some milliseconds


class Half(threading.Thread):
    """Calls `v8s_NAME`, which does some nodes and says whether there are more, until all are done.
    To be stopped before anything is freed."""

    def __init__(self, scanner: Scanner, name: str) -> None:
        super().__init__(name=f"v8inspect {name}", daemon=True)
        self._scanner = scanner
        self._function = name
        self._stopped = False
        self.start()

    def run(self) -> None:
        block_signals()
        while not self._stopped and self._scanner.call(self._function, _SLICE) > 0:
            pass

    def stop(self) -> None:
        """Ends it soon, done or not."""
        self._stopped = True
        self.join()
