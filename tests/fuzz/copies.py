"""A copy of a core to be damaged: changes are undone one by one, the file is never copied again."""

from __future__ import annotations

import mmap
import os
import subprocess
from pathlib import Path
from typing import List, Tuple


class Copy:
    """A sparse copy at `path` of the core `source`, which stays as it is."""

    def __init__(self, source: Path, path: Path) -> None:
        subprocess.run(["cp", "--sparse=always", str(source), str(path)], check=True)
        path.chmod(0o600)
        self.path = path
        self.size = path.stat().st_size
        self._changed: List[Tuple[int, int]] = []
        with open(source, "rb") as file:
            self.pristine = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._fd = os.open(path, os.O_RDWR)

    def write(self, offset: int, data: bytes) -> None:
        """Overwrites bytes; what would lie behind the end is left out."""
        data = data[: max(0, self.size - offset)]
        os.pwrite(self._fd, data, offset)
        self._changed.append((offset, len(data)))

    def cut(self, size: int) -> None:
        """Ends the file there."""
        os.ftruncate(self._fd, size)
        self._changed.append((size, self.size - size))

    def restore(self) -> None:
        """Undoes everything since the last call."""
        os.ftruncate(self._fd, self.size)
        for offset, size in self._changed:
            # In pieces, without those of zeros: a cut core is mostly holes.
            for at in range(offset, offset + size, 1 << 16):
                end = min(at + (1 << 16), offset + size)
                data = self.pristine[at:end]
                if size <= 1 << 16 or data.strip(b"\0"):
                    os.pwrite(self._fd, data, at)
        self._changed.clear()

    def close(self) -> None:
        """Deletes the copy."""
        os.close(self._fd)
        self.pristine.close()
        self.path.unlink()
