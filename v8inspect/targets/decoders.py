"""Streaming decoders of gzip, xz, zstd and lz4, all with the interface of lzma.LZMADecompressor.

A call never makes much more than `max_length` bytes, whatever the input claims. zstandard and lz4
are imported when a file needs them.
"""

from __future__ import annotations

import importlib
import lzma
import zlib
from typing import Any, Callable, Protocol

from v8inspect.errors import ModuleNeeded

_ZSTD_STEP = 1024  # bytes of input at once: at most 32 MB of output (4 bytes make 128 KB)
_ZSTD_WINDOW = 1 << 31  # what `zstd --long=31` uses
_LZMA_MEMORY = 2 << 30  # bytes; `xz -9` needs 65 MB

CORRUPT: tuple[type[BaseException], ...] = (
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,  # lz4
)


class Decoder(Protocol):
    """One stream. After `eof`, `unused_data` is what followed it in the input."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class ZstdFailed(RuntimeError):
    """zstandard's own error, under a name that needs no import of it."""


def decoder(kind: str) -> Decoder:
    """A new decoder of 'gzip', 'xz', 'zstd' or 'lz4'; raises ModuleNeeded."""
    return _MAKERS[kind]()


class _Gzip:
    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        waiting = self._zlib.unconsumed_tail
        out = self._zlib.decompress(waiting + data if waiting else data, max_length)
        # A full output may leave more in zlib's window, with all input taken.
        self.needs_input = not self._zlib.unconsumed_tail and len(out) < max_length
        return out


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

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
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
                raise ZstdFailed(str(error)) from None
            size += len(parts[-1])
        return b"".join(parts)


def _xz() -> Decoder:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, _LZMA_MEMORY)


def _lz4() -> Decoder:
    made: Decoder = _module("lz4.frame", "lz4").LZ4FrameDecompressor()
    return made


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
