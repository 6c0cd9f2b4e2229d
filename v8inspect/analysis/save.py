"""Writing what a dump holds to a file of its own: secrets may be in it, so 0600; whole or not."""

from __future__ import annotations

import contextlib
import os
import tempfile
from functools import partial
from queue import Full, Queue
from typing import IO, Callable, Generator, Iterable, Iterator, Optional, Union

from v8inspect.errors import OutputFailed, Unsupported
from v8inspect.synced import synced
from v8inspect.threads import Worker

_MOMENT = 0.002  # seconds
_LOOK = 0.05

Chunk = Union[bytes, memoryview, Callable[[], memoryview]]


def save(path: str, chunks: Iterable[Chunk], force: bool = False) -> int:
    """Writes the chunks to `path` and returns how many bytes they were. They are written, in a
    thread of its own that makes them if they are to be made yet, while the next ones are asked for:
    each has to stay as it is until the third after it is.

    The file appears complete, with mode 0600, or not at all; one that is there already is replaced
    with `force` only. Raises Unsupported if it is there, OutputFailed if it can't be written.
    """
    with fresh(path, force) as file:
        waiting: Queue[Optional[Chunk]] = Queue(1)
        writer = Worker("writer", partial(_write, file, waiting))
        try:
            for chunk in chunks:
                if not _put(waiting, chunk, writer):
                    break
        finally:
            writer.settle(partial(_end, waiting), _MOMENT)  # what it reads may be gone when we are
            if isinstance(chunks, Generator):
                chunks.close()  # now, for the session may be closed before it is forgotten
        return writer.result()


def _write(file: IO[bytes], waiting: Queue[Optional[Chunk]]) -> int:
    size = 0
    while (chunk := waiting.get()) is not None:
        size += file.write(chunk() if callable(chunk) else chunk)
    return size


def _put(waiting: Queue[Optional[Chunk]], chunk: Chunk, writer: Worker[int]) -> bool:
    while not writer.is_done():  # it ends early when it fails
        with contextlib.suppress(Full):
            waiting.put(chunk, timeout=_LOOK)
            return True
    return False


def _end(waiting: Queue[Optional[Chunk]]) -> None:
    with contextlib.suppress(Full):
        waiting.put_nowait(None)


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
