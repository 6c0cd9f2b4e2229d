"""Writing what a dump holds to a file of its own: secrets may be in it, so 0600; whole or not."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import IO, Iterable, Iterator, Union

from v8inspect.errors import OutputFailed, Unsupported


def save(path: str, chunks: Iterable[Union[bytes, memoryview]], force: bool = False) -> int:
    """Writes the chunks to `path` and returns how many bytes they were.

    The file appears complete, with mode 0600, or not at all; one that is there already is replaced
    with `force` only. Raises Unsupported if it is there, OutputFailed if it can't be written.
    """
    with fresh(path, force) as file:
        return sum(file.write(chunk) for chunk in chunks)


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
        with os.fdopen(descriptor, "wb") as file:
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
