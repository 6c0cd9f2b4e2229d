"""Streaming decoders of gzip, xz, zstd and lz4 with one interface, that of LZMADecompressor.

A call never makes much more than `max_length` bytes, whatever the input claims. The modules that
decode are imported when a file needs them: the Python inside a debugger may lack any.
"""

from __future__ import annotations

import importlib
from typing import Any, Callable, Protocol

from v8inspect.errors import ModuleNeeded

_ZSTD_STEP = 1024  # bytes of input at once: at most 32 MB of output (4 bytes make 128 KB)
_ZSTD_WINDOW = 1 << 31  # what `zstd --long=31` uses
_LZMA_MEMORY = 2 << 30  # bytes; `xz -9` needs 65 MB


class CorruptStream(Exception):
    """The input is no stream of its kind; the text is the library's. Stays in this package."""


class Decoder(Protocol):
    """One stream. After `eof`, `unused_data` is what followed it in the input."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Some of the output; without `needs_input`, more comes for b''. Raises CorruptStream."""
        ...


def decoder(kind: str) -> Decoder:
    """A new decoder of 'gzip', 'xz', 'zstd' or 'lz4'; raises ModuleNeeded."""
    return _MAKERS[kind]()


class _Gzip:
    def __init__(self) -> None:
        zlib = _module("zlib", "gzip")
        self._error = zlib.error
        self._stream = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return bool(self._stream.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._stream.unused_data)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        waiting = self._stream.unconsumed_tail
        try:
            out = bytes(self._stream.decompress(waiting + data, max_length))
        except self._error as error:
            raise CorruptStream(str(error)) from None
        # A full output may leave more in zlib's window, with all input taken.
        self.needs_input = not self._stream.unconsumed_tail and len(out) < max_length
        return out


class _LzmaLike:
    """What `stream` does, its `errors` as CorruptStream."""

    def __init__(self, stream: Any, errors: tuple[type[Exception], ...]) -> None:
        self._stream = stream
        self._errors = errors

    @property
    def eof(self) -> bool:
        return bool(self._stream.eof)

    @property
    def needs_input(self) -> bool:
        return bool(self._stream.needs_input)

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data or b""  # lz4: None where there is none

    def decompress(self, data: bytes, max_length: int) -> bytes:
        try:
            return bytes(self._stream.decompress(data, max_length))
        except self._errors as error:
            raise CorruptStream(str(error)) from None


class _Zstd:
    def __init__(self) -> None:
        module = _module("zstandard", "zstd")
        self._error = module.ZstdError
        self._frame = module.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        self._waiting = b""
        self._at = 0

    @property
    def eof(self) -> bool:
        return bool(self._frame.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._frame.unused_data) + self._waiting[self._at :]

    @property
    def needs_input(self) -> bool:
        return self._at >= len(self._waiting)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if data:
            self._waiting = self._waiting[self._at :] + data
            self._at = 0
        parts: list[bytes] = []
        size = 0
        while not self.needs_input and not self._frame.eof and size < max_length:
            step = self._waiting[self._at : self._at + _ZSTD_STEP]
            self._at += len(step)
            try:
                parts.append(self._frame.decompress(step))
            except self._error as error:
                raise CorruptStream(str(error)) from None
            size += len(parts[-1])
        return b"".join(parts)


def _xz() -> Decoder:
    lzma = _module("lzma", "xz")
    stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, _LZMA_MEMORY)
    return _LzmaLike(stream, (lzma.LZMAError, EOFError))


def _lz4() -> Decoder:
    stream = _module("lz4.frame", "lz4").LZ4FrameDecompressor()
    return _LzmaLike(stream, (RuntimeError, EOFError))


def _module(name: str, kind: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ModuleNeeded(name.split(".")[0], f"unpacking {kind} files") from None


_MAKERS: dict[str, Callable[[], Decoder]] = {
    "gzip": _Gzip,
    "xz": _xz,
    "zstd": _Zstd,
    "lz4": _lz4,
}
