"""The index of a dump on disk: named parts in one file, which is mapped and not believed.

A file is used when its owner is us, nobody else may write it, and it says that it is of this very
dump and of this very v8inspect; each part when its checksum is right. Anything else is as if there
were none. Files appear whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Optional

from v8inspect.synced import synced

Digest = Callable[[Any], int]

MAGIC = b"v8inspect index 1\n"
SUFFIX = ".v8index"
_HEAD = 64  # bytes: magic, length and SHA-256 prefix of the description
_MAX_DESCRIPTION = 1 << 24
_ALIGNMENT = 4096
CHUNK = 1 << 22
"""Bytes of a part that are written, and have a checksum, at once."""
Description = Mapping[str, Any]


class KeptFile(NamedTuple):
    """One file of the folder: which dump it says it is of, its bytes, when it was last used."""

    path: Path
    dump: str
    size: int
    used: float


def folder() -> Path:
    """Where indices are: $XDG_CACHE_HOME/v8inspect, mostly ~/.cache/v8inspect."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    return home / "v8inspect"


def path_for(identity: str) -> Path:
    """The file for a dump of this identity."""
    return folder() / (hashlib.sha256(identity.encode()).hexdigest()[:32] + SUFFIX)


class IndexFile:
    """An open file of parts. `problem` says why there are none, where that is worth a word."""

    def __init__(
        self, path: Path, identity: str, digest: Digest, look: Callable[[], None] = lambda: None
    ) -> None:
        """Never raises: what can't be used has no parts. `look` is called for each CHUNK that is
        read, and may raise."""
        self.path = path
        self.problem: Optional[str] = None
        self._digest = digest
        self._look = look
        self._map: Optional[mmap.mmap] = None
        self._parts: Mapping[str, Any] = {}
        self._sound: dict[str, bool] = {}
        self.facts: Mapping[str, Any] = {}
        try:
            self._open(identity)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self._refuse(str(error) if isinstance(error, OSError) else "damaged")

    def _open(self, identity: str) -> None:
        fd = os.open(self.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                return self._refuse("no regular file")
            owner = getattr(os, "getuid", lambda: status.st_uid)()
            if status.st_uid != owner or (os.name != "nt" and status.st_mode & 0o022):
                return self._refuse("others could have written it")
            if status.st_size < _HEAD:
                return self._refuse("damaged")
            self._map = mmap.mmap(fd, status.st_size, access=mmap.ACCESS_READ)
        finally:
            os.close(fd)
        description = _described(self._map)
        if description is None:
            return self._refuse("damaged")
        if description["identity"] != identity or description["order"] != sys.byteorder:
            return self._refuse(None)
        for offset, size, digest in description["parts"].values():
            if not all(isinstance(number, int) for number in (offset, size, digest)):
                return self._refuse("damaged")
            if not 0 <= offset <= offset + size <= len(self._map) or offset % _ALIGNMENT:
                return self._refuse("truncated")
        self._parts, self.facts = description["parts"], description["facts"]
        with contextlib.suppress(OSError):
            os.utime(self.path)  # what was used last is listed so
        return None

    def _refuse(self, problem: Optional[str]) -> None:
        self.problem = problem
        self.close()

    def has(self, name: str) -> bool:
        """Whether there is such a part, sound or not."""
        return name in self._parts

    def part(self, name: str) -> Optional[memoryview]:
        """The bytes of a part; None where it is absent or damaged."""
        if self._map is None or name not in self._parts:
            return None
        offset, size, digest = self._parts[name]
        view = memoryview(self._map)[offset : offset + size]
        if name not in self._sound:
            self._sound[name] = self._digest_of(view) == digest
            if not self._sound[name]:
                self.problem = f"its part `{name}` is damaged"
        return view if self._sound[name] else None

    def _digest_of(self, view: memoryview) -> int:
        sum_ = 0
        for at in range(0, len(view), CHUNK):
            self._look()
            sum_ = _and(sum_, self._digest(view[at : at + CHUNK]))
        return sum_

    @property
    def buffer(self) -> Optional[mmap.mmap]:
        """The mapped file."""
        return self._map

    def offset(self, name: str) -> int:
        """Where a part begins in the buffer."""
        return int(self._parts[name][0])

    def close(self) -> None:
        """Lets go of the file, as soon as nobody has a view of it."""
        self._parts = {}
        kept, self._map = self._map, None
        if kept is not None:
            with contextlib.suppress(BufferError):
                kept.close()


def _and(sum_: int, digest: int) -> int:
    return (sum_ * 0x100000001B3 ^ digest) & (1 << 64) - 1


def _described(mapped: mmap.mmap) -> Optional[Description]:
    if mapped[: len(MAGIC)] != MAGIC:
        return None
    size = int.from_bytes(mapped[24:32], "little")
    if size > min(_MAX_DESCRIPTION, len(mapped) - _HEAD):
        return None
    text = mapped[_HEAD : _HEAD + size]
    if hashlib.sha256(text).digest()[:32] != mapped[32:64]:
        return None
    description = json.loads(text)
    if not isinstance(description, dict) or not isinstance(description["parts"], dict):
        return None
    return description


def write(
    path: Path,
    identity: str,
    dump: str,
    facts: Mapping[str, Any],
    parts: Iterable[tuple[str, Iterable[bytes]]],
    digest: Digest,
) -> int:
    """Writes a file of these parts, each in pieces of CHUNK bytes, and returns its size; raises
    OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(path.parent, 0o700)
    fd, fresh = tempfile.mkstemp(prefix=".new-", dir=path.parent)  # 0600
    try:
        with synced(fd) as file:
            places: dict[str, tuple[int, int, int]] = {}
            room = 1 << 20  # for the description, which is known last
            at = room
            for name, part in parts:
                file.seek(at)
                size = sum_ = 0
                for chunk in part:
                    file.write(chunk)
                    size += len(chunk)
                    sum_ = _and(sum_, digest(chunk))
                places[name] = (at, size, sum_)
                at += size + -size % _ALIGNMENT
            file.truncate(at)
            text = json.dumps(
                {
                    "identity": identity,
                    "order": sys.byteorder,
                    "dump": dump,
                    "facts": facts,
                    "parts": places,
                }
            ).encode()
            if len(text) > room - _HEAD:
                raise OSError("the description of the index is too long")
            file.seek(0)
            file.write(MAGIC.ljust(24, b"\0") + len(text).to_bytes(8, "little"))
            file.write(hashlib.sha256(text).digest()[:32] + text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
        fresh = ""
        return at
    finally:
        if fresh:
            with contextlib.suppress(OSError):
                os.unlink(fresh)


def kept_files() -> Iterator[KeptFile]:
    """All of the folder, the one used last first."""
    found = []
    with contextlib.suppress(OSError):
        for path in folder().iterdir():
            if path.suffix != SUFFIX:
                continue
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append(KeptFile(path, _dump_of(path), status.st_size, status.st_mtime))
    yield from sorted(found, key=lambda item: (-item.used, item.path))


def _dump_of(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                description = _described(mapped)
        return str((description or {}).get("dump", ""))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def clear() -> int:
    """Removes all indices, and what was left of writing some; how many bytes."""
    freed = 0
    with contextlib.suppress(OSError):
        for path in folder().iterdir():
            if path.suffix == SUFFIX or path.name.startswith(".new-"):
                with contextlib.suppress(OSError):
                    size = path.stat().st_size
                    path.unlink()
                    freed += size
    return freed
