"""Regular files, opened without ever waiting and mapped read-only.

Knows what the operating system can say of a file: its size, what of it is stored, where its holes
are, whether it changed. Knows nothing of what is in it.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import stat
from typing import NamedTuple, Optional, Union

from v8inspect.errors import DumpChanged, DumpNotFound

_MAX_HOLES = 1 << 20  # what a listing of holes may hold; the rest of the file counts as data

# O_NONBLOCK: a FIFO without a writer must not hang us. O_BINARY: Windows.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

_KINDS = (
    (stat.S_ISDIR, "is a directory"),
    (stat.S_ISFIFO, "is a pipe"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISCHR, "is a device"),
    (stat.S_ISBLK, "is a device"),
)


class Files(NamedTuple):
    """Where the user says files are: the executable, and a folder that stands for `/`."""

    exe: Optional[str] = None
    sysroot: Optional[str] = None

    def candidates(self, path: str, is_executable: bool) -> list[str]:
        """Paths to try for the module that the dump calls `path`."""
        plain = path[: -len(" (deleted)")] if path.endswith(" (deleted)") else path
        out = []
        if is_executable and self.exe:
            out.append(self.exe)
        if self.sysroot:
            out.append(os.path.join(self.sysroot, plain.lstrip("/")))
            out.append(os.path.join(self.sysroot, os.path.basename(plain)))
        if os.path.isabs(plain):
            out.append(plain)
        return list(dict.fromkeys(out))


class MappedFile:
    """A read-only map of a whole file. `buffer` is empty for an empty file.

    A map of a file that shrinks faults when the lost part is touched: call `check_unchanged`
    before long work.
    """

    __slots__ = ("_fd", "_stamp", "buffer", "path", "size", "stored")

    def __init__(self, path: str, fd: int) -> None:
        """Takes over `fd`, an open regular file. Raises DumpNotFound when it can't be mapped."""
        self.path = path
        self._fd = fd
        try:
            status = os.fstat(fd)
            self.size: int = status.st_size
            self.stored: int = min(self.size, getattr(status, "st_blocks", self.size) * 512)
            self._stamp = status.st_mtime_ns
            self.buffer: Union[bytes, mmap.mmap] = (
                mmap.mmap(fd, self.size, access=mmap.ACCESS_READ) if self.size else b""
            )
        except (OSError, ValueError, OverflowError) as error:
            os.close(fd)
            reason = getattr(error, "strerror", None) or str(error)
            raise DumpNotFound(path, f"can't be mapped: {reason}") from None

    @classmethod
    def open(cls, path: str) -> MappedFile:
        """Raises DumpNotFound: absent, not a regular file, not permitted, not mappable."""
        return cls(path, open_regular(path))

    def holes(self) -> list[tuple[int, int]]:
        """(offset, end) of the runs that the file does not store; empty where the file system
        can't say."""
        if self.stored >= self.size or not hasattr(os, "SEEK_DATA"):
            return []
        found: list[tuple[int, int]] = []
        at = 0
        try:
            while at < self.size and len(found) < _MAX_HOLES:
                data = self._next_data(at)
                if data > at:
                    found.append((at, data))
                if data >= self.size:
                    break
                at = max(os.lseek(self._fd, data, os.SEEK_HOLE), data + 1)
        except OSError:
            return []
        return found

    def _next_data(self, at: int) -> int:
        try:
            return min(os.lseek(self._fd, at, os.SEEK_DATA), self.size)
        except OSError as error:
            if error.errno == 6:  # ENXIO: a hole up to the end
                return self.size
            raise

    def check_unchanged(self) -> None:
        """Raises DumpChanged when size or time of change differ from those at opening."""
        status = os.fstat(self._fd)
        if status.st_size != self.size or status.st_mtime_ns != self._stamp:
            raise DumpChanged(self.path, self.size, status.st_size)

    def close(self) -> None:
        """Lets go of the file. A second call does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if isinstance(self.buffer, mmap.mmap):
            # Somebody may still hold a view of it: the map goes with the last one.
            with contextlib.suppress(BufferError):
                self.buffer.close()


def open_regular(path: str) -> int:
    """A descriptor of the regular file `path`, opened for reading; raises DumpNotFound."""
    try:
        _require_regular(path, os.stat(path).st_mode)  # opening a device may have effects
        fd = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        raise DumpNotFound(path, getattr(error, "strerror", None) or str(error)) from None
    try:
        _require_regular(path, os.fstat(fd).st_mode)
    except DumpNotFound:
        os.close(fd)
        raise
    return fd


def _require_regular(path: str, mode: int) -> None:
    if not stat.S_ISREG(mode):
        what = next((text for is_kind, text in _KINDS if is_kind(mode)), "is not a regular file")
        raise DumpNotFound(path, what)
