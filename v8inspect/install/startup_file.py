"""Edits a start-up file by exactly one line, and takes exactly that back.

The file is replaced as a whole or not at all; its mode stays, a symbolic link stays one.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Optional, Pattern

from v8inspect.errors import SetupFailed


def read(path: Path) -> Optional[bytes]:
    """The content of `path`; None if there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _failed(path, error) from None


def with_line(content: bytes, line: bytes, ours: Pattern[bytes]) -> bytes:
    """`content` with our line: in place of an earlier one, else at the end."""
    lines = content.split(b"\n")
    places = [index for index, old in enumerate(lines) if ours.fullmatch(old)]
    if places:
        lines[places[0]] = line
        for index in reversed(places[1:]):
            del lines[index]
        return b"\n".join(lines)
    # A file whose last line is not ended keeps that trait, so that removal restores every byte.
    if content and not content.endswith(b"\n"):
        return content + b"\n" + line
    return content + line + b"\n"


def without_line(content: bytes, ours: Pattern[bytes]) -> bytes:
    """`content` as it was before `with_line`."""
    return b"\n".join(line for line in content.split(b"\n") if not ours.fullmatch(line))


def write(path: Path, content: bytes) -> None:
    """Replaces the file that `path` leads to in one step."""
    real = Path(os.path.realpath(path))
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _copy_mode(real, name)
            os.replace(name, real)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise _failed(path, error) from None


def _copy_mode(real: Path, name: str) -> None:
    try:
        status = real.stat()
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        return
    os.chmod(name, status.st_mode & 0o7777)
    if hasattr(os, "getuid") and (status.st_uid, status.st_gid) != (os.getuid(), os.getgid()):
        os.chown(name, status.st_uid, status.st_gid)


def _failed(path: Path, error: OSError) -> SetupFailed:
    return SetupFailed(
        f"cannot change {path}: {error.strerror}", "`--print` shows the line, to be added by hand"
    )
