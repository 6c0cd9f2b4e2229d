"""Loads the compiled scanner and calls it; the only file that knows cffi and ctypes.

cffi is used where the running Python has a `_cffi_backend` that takes our prebuilt module. The
Pythons inside GDB and LLDB often lack it: there ctypes binds the same library from the same
prototypes. Both release the GIL during a call. Every argument is an integer; buffers go over as
addresses, obtained by `pin`.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from pathlib import Path
from typing import Any, Callable, Optional

from v8inspect.errors import ScannerMissing

_ABI = 16
_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
_CTYPES = {
    "Q": ctypes.c_uint64,
    "q": ctypes.c_int64,
    "I": ctypes.c_uint32,
    "i": ctypes.c_int32,
    "P": ctypes.c_size_t,
    "v": None,
}


class Pin:
    """Keeps a buffer in place. `address` is the host address of its first byte."""

    __slots__ = ("_keep", "_release", "address")

    def __init__(self, address: int, keep: object, release: Optional[Callable[[], None]]) -> None:
        self.address = address
        self._keep = keep
        self._release = release

    def release(self) -> None:
        """Lets go of the buffer; the address is invalid afterwards."""
        if self._release is not None:
            self._release()
        self._keep = self._release = None
        self.address = 0


class Library:
    """The scanner's functions. `binding` is 'cffi' or 'ctypes'."""

    binding: str
    path: str

    def call(self, name: str, *arguments: int) -> int:
        """Calls `v8s_NAME`; the result of a function without one is 0."""
        raise NotImplementedError

    def pin(self, buffer: Any) -> Pin:
        """Pins `buffer` (mmap, bytes, bytearray, array); read-only ones are never written to."""
        raise NotImplementedError


class _Cffi(Library):
    binding = "cffi"

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        module = importlib.import_module("v8inspect.scan._v8scan_cffi")
        self._ffi = module.ffi
        self._library = self._ffi.dlopen(self.path)

    def call(self, name: str, *arguments: int) -> int:
        return int(getattr(self._library, "v8s_" + name)(*arguments) or 0)

    def pin(self, buffer: Any) -> Pin:
        if len(buffer) == 0:
            return Pin(0, buffer, None)
        exported = self._ffi.from_buffer(buffer)
        address = int(self._ffi.cast("uintptr_t", exported))
        return Pin(address, exported, lambda: self._ffi.release(exported))


class _PyBuffer(ctypes.Structure):
    """CPython's Py_buffer (Include/pybuffer.h), the stable part that we need and its size."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )


class _Ctypes(Library):
    binding = "ctypes"

    def __init__(self, path: Path, functions: dict[str, str]) -> None:
        self.path = str(path)
        self._library = ctypes.CDLL(self.path)
        for name, codes in functions.items():
            function = getattr(self._library, name)
            function.restype = _CTYPES[codes[0]]
            function.argtypes = [_CTYPES[code] for code in codes[1:]]

    def call(self, name: str, *arguments: int) -> int:
        return int(getattr(self._library, "v8s_" + name)(*arguments) or 0)

    def pin(self, buffer: Any) -> Pin:
        if len(buffer) == 0:
            return Pin(0, buffer, None)
        # ctypes' from_buffer refuses read-only memory; the C API hands it out.
        view = _PyBuffer()
        get = ctypes.pythonapi.PyObject_GetBuffer
        get.argtypes = [ctypes.py_object, ctypes.POINTER(_PyBuffer), ctypes.c_int]
        if get(buffer, ctypes.byref(view), 0) != 0:
            raise TypeError("not a buffer")
        give_back = ctypes.pythonapi.PyBuffer_Release
        give_back.argtypes = [ctypes.POINTER(_PyBuffer)]
        give_back.restype = None
        return Pin(int(view.buf or 0), view, lambda: give_back(ctypes.byref(view)))


def _open(path: Path, functions: dict[str, str], tried: list[tuple[str, str]]) -> Optional[Library]:
    wanted = os.environ.get("V8INSPECT_BINDING", "")
    makers: list[Callable[[], Library]] = []
    if wanted != "ctypes":
        makers.append(lambda: _Cffi(path))
    if wanted != "cffi":
        makers.append(lambda: _Ctypes(path, functions))
    for make in makers:
        try:
            library = make()
        except Exception as error:  # whatever a foreign _cffi_backend raises
            tried.append((str(path), f"{type(error).__name__}: {error}"))
            continue
        found = library.call("abi")
        if found == _ABI:
            return library
        tried.append((str(path), f"interface {found} where {_ABI} is needed: rebuild it"))
    return None


# Kept for the life of the process: a library that is unloaded while in use ends it.
_loaded: Optional[Library] = None


def load() -> Library:
    """The scanner beside this file; raises ScannerMissing with what was tried."""
    global _loaded
    if _loaded is None:
        path = Path(__file__).with_name("_v8scan" + _SUFFIX)
        tried: list[tuple[str, str]] = []
        try:
            prototypes = importlib.import_module("v8inspect.scan._prototypes")
        except ImportError:
            raise ScannerMissing([(str(path), "not built")]) from None
        _loaded = _open(path, prototypes.FUNCTIONS, tried)
        if _loaded is None:
            raise ScannerMissing(tried)
    return _loaded
