"""Objects behind which a C++ object stands: which class it is of, where symbols tell.

An embedder's object keeps a pointer to its C++ object in an embedder field; a C++ object with
virtual functions begins with a pointer into the vtable of its class, whose symbol bears the name
(Itanium C++ ABI: `_ZTV…`, and two words before the first function).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Optional

from v8inspect.objects.globals import JSApiObject
from v8inspect.objects.reader import Reader

_VTABLE = "_ZTV"
_BEFORE_FUNCTIONS = 16  # bytes: offset to top, type information
_MAX_PARTS = 16  # of a nested name


class Vtables:
    """The vtables of the executable by address. Made once per session."""

    __slots__ = ("_addresses", "_names")

    def __init__(self, reader: Reader) -> None:
        found = sorted(
            (address, name) for name, address in reader.memory.target.symbols(_VTABLE).items()
        )
        self._addresses = [address for address, _ in found]
        self._names = [name for _, name in found]

    def class_at(self, pointer: int) -> Optional[str]:
        """The class whose vtable begins so that `pointer` is its first function's slot."""
        at = bisect_right(self._addresses, pointer - _BEFORE_FUNCTIONS) - 1
        if at < 0 or self._addresses[at] != pointer - _BEFORE_FUNCTIONS:
            return None
        return _demangled(self._names[at][len(_VTABLE) :])


def native_class(object: JSApiObject) -> Optional[str]:
    """The C++ class of the object behind `object`, 'node::TCPWrap'; None if nothing tells.

    Node.js keeps the pointer in the second embedder field (src/base_object.h, kSlot); any field
    is tried, for other embedders differ.
    """
    reader = object.reader
    vtables = reader.vtables
    if vtables is None:
        vtables = reader.vtables = Vtables(reader)
    for field in object.embedder_fields:
        if field & 7:
            continue
        pointer = reader.word(field)
        name = None if pointer is None else vtables.class_at(pointer)
        if name is not None:
            return name
    return None


def native_pointer(object: JSApiObject) -> Optional[int]:
    """The address of that C++ object."""
    reader = object.reader
    if native_class(object) is None or reader.vtables is None:
        return None
    for field in object.embedder_fields:
        pointer = None if field & 7 else reader.word(field)
        if pointer is not None and reader.vtables.class_at(pointer) is not None:
            return field
    return None


def _demangled(name: str) -> str:
    """A nested or plain name of the ABI without templates: 'N4node7TCPWrapE' is node::TCPWrap."""
    rest = name[1:] if name.startswith("N") else name
    parts: list[str] = []
    while rest[:1].isdigit() and len(parts) < _MAX_PARTS:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        size = int(rest[:digits])
        part = rest[digits : digits + size]
        parts.append("(anonymous)" if part.startswith("_GLOBAL__N") else part)
        rest = rest[digits + size :]
    return "::".join(parts) or name
