"""Compressed dumps, unpacked to a temporary sparse file.

The file has no name from the moment it is made (where the system allows that), mode 0600, and goes
with its last map, however the process ends. Runs of zeros become holes, so that a core of 1 TB
apparent size takes the room of its data. Output per step is bounded whatever the input says.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from typing import Iterator, NamedTuple, Optional

from v8inspect.errors import DumpDamaged, NoSpace
from v8inspect.target import Progress
from v8inspect.targets.decoders import CorruptStream, Decoder, decoder
from v8inspect.targets.files import MappedFile, open_regular
from v8inspect.targets.sniff import HEAD, compression

_CHUNK = 256 << 10  # bytes of input between two reports of progress
_MAGIC = 8  # bytes that tell what a stream is
_OUTPUT = 4 << 20  # bytes of output in one piece
_BLOCK = 4096  # zeros are left out by it, as the kernel does
_ZEROS = bytes(_BLOCK)
_KEEP_FREE = 256 << 20  # bytes that unpacking leaves free on the disk
_CHECK_EVERY = 64 << 20  # bytes written between two looks at the free space


class Unpacked(NamedTuple):
    """The unpacked file and what to tell of it."""

    file: MappedFile
    warnings: tuple[str, ...]


class Unpacker:
    """Reads one compressed file. `peek` tells what is in it before anything is written."""

    def __init__(self, path: str, kind: str, progress: Optional[Progress] = None) -> None:
        """`kind` as sniff.compression names it. Raises DumpNotFound, ModuleNeeded."""
        self.path = path
        self.kind = kind
        self._progress = progress
        self._decoder: Decoder = decoder(kind)
        self._file = os.fdopen(open_regular(path), "rb", buffering=0)
        self._total = os.fstat(self._file.fileno()).st_size
        self._done = 0
        self._cut = False
        self._ignored = 0
        self._pieces = self._decode()
        self._first = b""

    def peek(self) -> bytes:
        """The first bytes of the content. Raises DumpDamaged."""
        while len(self._first) < HEAD:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._first += piece
        return self._first

    def unpack(self) -> Unpacked:
        """Unpacks all. A stream that ends too early is kept as far as it goes, with a warning.

        Raises DumpDamaged (corrupt) and NoSpace; what was written is gone then.
        """
        head = self.peek()
        with _temporary(self.path, self._total) as (fd, folder):
            self._write(fd, head, folder)
            file = MappedFile(self.path, os.dup(fd))
        warnings = []
        if self._cut:
            warnings.append(f"truncated: the {self.kind} stream ends after {file.size} bytes")
        if self._ignored:
            warnings.append(f"{self._ignored} bytes after the {self.kind} stream are ignored")
        return Unpacked(file, tuple(warnings))

    def close(self) -> None:
        """Lets go of the compressed file."""
        self._file.close()

    def _write(self, fd: int, head: bytes, folder: str) -> None:
        writer = _SparseWriter(fd)
        checked = 0
        try:
            writer.write(head)
            for piece in self._pieces:
                writer.write(piece)
                if writer.written - checked >= _CHECK_EVERY:
                    checked = writer.written
                    free = shutil.disk_usage(folder).free
                    if free < _KEEP_FREE:
                        raise NoSpace(self.path, [(folder, _free(free))])
            writer.finish()
        except OSError as error:
            raise NoSpace(self.path, [(folder, error.strerror or str(error))]) from None

    def _decode(self) -> Iterator[bytes]:
        """The content of all streams in the file: gzip, xz and zstd ones may follow each other."""
        data = self._read()
        while data:
            yield from self._stream(data)
            while not self._decoder.eof:
                data = self._read()
                if not data:
                    self._cut = True
                    return
                yield from self._stream(data)
            data = self._next_stream(self._decoder.unused_data)
            self._decoder = decoder(self.kind)

    def _next_stream(self, data: bytes) -> bytes:
        """What follows a stream, without padding; nothing if it is no stream of the same kind."""
        data = data.lstrip(b"\0")
        while len(data) < _MAGIC:
            more = self._read()
            if not more:
                break
            data = (data + more).lstrip(b"\0")
        if compression(data) != self.kind:
            self._ignored = len(data) + self._total - self._done if data else 0
            return b""
        return data

    def _stream(self, data: bytes) -> Iterator[bytes]:
        """What the decoder makes of `data`."""
        while True:
            try:
                piece = self._decoder.decompress(data, _OUTPUT)
            except CorruptStream as error:
                raise DumpDamaged(self.path, f"{self.kind} stream: {error}", self._done) from None
            data = b""
            if piece:
                yield piece
            if self._decoder.eof or self._decoder.needs_input:
                return

    def _read(self) -> bytes:
        if self._progress is not None:
            self._progress("unpacking", self._done, self._total)
        try:
            data = self._file.read(_CHUNK) or b""
        except OSError as error:
            raise DumpDamaged(self.path, f"can't be read: {error.strerror}", self._done) from None
        self._done += len(data)
        return data


class _SparseWriter:
    """Writes a stream to a file, and leaves a hole for each block of zeros."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._at = 0  # where `_rest` belongs; a multiple of the block
        self._rest = b""
        self.written = 0

    def write(self, data: bytes) -> None:
        """Appends `data`."""
        if self._rest:
            data = self._rest + data
        whole = len(data) - len(data) % _BLOCK
        begin = 0
        for at in range(0, whole, _BLOCK):
            if data.startswith(_ZEROS, at):
                self._put(data, begin, at)
                begin = at + _BLOCK
        self._put(data, begin, whole)
        self._at += whole
        self._rest = data[whole:]

    def finish(self) -> None:
        """Writes what is left and sets the length."""
        self._put(self._rest, 0, len(self._rest))
        os.ftruncate(self._fd, self._at + len(self._rest))

    def _put(self, data: bytes, begin: int, end: int) -> None:
        if begin < end:
            os.lseek(self._fd, self._at + begin, os.SEEK_SET)
            self.written += end - begin
            view = memoryview(data)
            while begin < end:
                begin += os.write(self._fd, view[begin:end])


@contextlib.contextmanager
def _temporary(path: str, packed: int) -> Iterator[tuple[int, str]]:
    """(descriptor, folder) of a new file without a name, closed in the end. On Windows it has a
    name, and the system deletes it with its last descriptor (`dup` makes more), even if we die."""
    folder = _folder(path, packed)
    with tempfile.TemporaryFile(prefix="v8inspect-", dir=folder, buffering=0) as file:
        yield file.fileno(), folder


def _folder(path: str, packed: int) -> str:
    """The first of $TMPDIR, /var/tmp and the system's folder that has room for the packed size
    and more: what the content takes is known only when it is unpacked."""
    tried: dict[str, str] = {}
    for folder in (os.environ.get("TMPDIR"), "/var/tmp", tempfile.gettempdir()):
        if not folder or folder in tried:
            continue
        if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
            tried[folder] = "is no folder that can be written to"
            continue
        free = shutil.disk_usage(folder).free
        if free >= packed + _KEEP_FREE:
            return folder
        tried[folder] = _free(free)
    raise NoSpace(path, list(tried.items()))


def _free(size: int) -> str:
    return f"{size >> 20} MB are free"
