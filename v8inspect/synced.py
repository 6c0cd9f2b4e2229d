"""Files that go to disk while they are written: what is left for the end then takes no second, in
which nobody could stop it. Knows nothing of dumps."""

from __future__ import annotations

import io
import os
from typing import Any

_AT_ONCE = 1 << 26  # bytes that wait for the disk at most


class _Synced(io.FileIO):
    """A file whose bytes are on disk but for the last few."""

    _waiting = 0

    def write(self, data: Any) -> int:
        """See FileIO."""
        size = super().write(data)
        self._waiting += size
        if self._waiting >= _AT_ONCE:
            self._waiting = 0
            os.fsync(self.fileno())
        return size


def synced(descriptor: int) -> io.BufferedWriter:
    """The file behind an open descriptor, to be written; closing it closes that."""
    return io.BufferedWriter(_Synced(descriptor, "wb"))
