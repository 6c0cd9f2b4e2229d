"""Writing what a dump holds to a file of its own: secrets may be in it, so 0600; whole or not."""

from __future__ import annotations

import contextlib
import os
import tempfile
from functools import partial
from typing import IO, Callable, Iterable, Iterator, Optional, Union

from v8inspect.errors import OutputFailed, Unsupported
from v8inspect.synced import synced
from v8inspect.threads import Worker

Chunk = Union[bytes, memoryview, Callable[[], memoryview]]


def save(path: str, chunks: Iterable[Chunk], force: bool = False) -> int:
    """Writes the chunks to `path` and returns how many bytes they were. One is written, in a thread
    of its own that makes it if it is to be made yet, while the next is asked for: so each has to
    stay as it is until the next but one is.

    The file appears complete, with mode 0600, or not at all; one that is there already is replaced
    with `force` only. Raises Unsupported if it is there, OutputFailed if it can't be written.
    """
    size = 0
    writing: Optional[Worker[int]] = None
    with fresh(path, force) as file:
        try:
            for chunk in chunks:
                if writing is not None:
                    size += writing.result()
                writing = Worker("writer", partial(_write, file, chunk))
        finally:
            if writing is not None:
                writing.settle()  # what it reads may be gone when we are
        if writing is not None:
            size += writing.result()
    return size


def _write(file: IO[bytes], chunk: Chunk) -> int:
    return file.write(chunk() if callable(chunk) else chunk)


@contextlib.contextmanager
def fresh(path: str, force: bool = False) -> Iterator[IO[bytes]]:
    """A file to write, which is at `path` once the block has ended well. The same rules."""
    target = os.path.abspath(os.path.expanduser(path))
    if not force and os.path.lexists(target):
        raise Unsupported(f"{path} exists already; --force replaces it")
    name = ""
    try:
        # mkstemp makes it 0600, whatever the umask says.
        descriptor, name = tempfile.mkstemp(prefix=".v8inspect-", dir=os.path.dirname(target))
        with synced(descriptor) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if force:
            os.replace(name, target)
        elif os.name == "nt":
            os.rename(name, target)  # there it fails if somebody was faster
        else:
            os.link(name, target)  # and here this does
            os.unlink(name)
        name = ""
    except FileExistsError:
        raise Unsupported(f"{path} exists already; --force replaces it") from None
    except OSError as error:
        raise OutputFailed(f"{path}: {error.strerror or error}") from None
    finally:
        if name:
            with contextlib.suppress(OSError):
                os.unlink(name)
