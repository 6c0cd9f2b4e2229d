"""The environment variables of the process, as the C library has them on Linux.

`environ` is a symbol of the executable (a copy relocation of the C library's); process.env of the
main thread reads and writes it (Node: src/node_env_var.cc, RealEnvStore). Without symbols the
initial ones are on the stack, between argv and the auxiliary vector (System V ABI, Linux:
fs/binfmt_elf.c), which is found by its first entry.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Mapping, NamedTuple, Optional

from v8inspect.errors import MemoryUnreadable

if TYPE_CHECKING:
    from v8inspect.memory import Memory

MAX_VARIABLES = 1 << 16
MAX_BYTES = 1 << 20  # of one variable
MAX_TOTAL = 1 << 24  # characters of all
_CHUNK = 4096
_SYMBOLS = ("environ", "__environ")
_AT_RANDOM = 25  # 16 bytes that the kernel puts above the auxiliary vector
_BELOW = 0x2000  # bytes below them in which the vector is
_PAIR = Struct("<QQ")


class Environ(NamedTuple):
    """Names and values; `current`: as they are now, else as the program was started with."""

    variables: Mapping[str, str]
    current: bool


def environ(memory: Memory) -> Optional[Environ]:
    """The environment variables; None if they were not found."""
    for name in _SYMBOLS:
        symbol = memory.target.symbol(name)
        found = None if symbol is None else _at(memory, _word(memory, symbol))
        if found is not None:
            return Environ(found, True)
    found = _at(memory, _initial(memory))
    return None if found is None else Environ(found, False)


def _at(memory: Memory, vector: Optional[int]) -> Optional[Mapping[str, str]]:
    """The variables of a vector of pointers that ends with a null pointer."""
    if not vector or vector & 7:
        return None
    found: dict[str, str] = {}
    total = 0
    for number in range(MAX_VARIABLES):
        pointer = _word(memory, vector + 8 * number)
        if pointer is None or total > MAX_TOTAL:
            return None
        if not pointer:
            return found
        text = _string(memory, pointer)
        if text is None:
            return None
        total += len(text)
        name, equals, value = text.partition("=")
        if equals and name:
            found.setdefault(name, value)
    return found


def _initial(memory: Memory) -> Optional[int]:
    """Where the initial vector begins: backwards from the auxiliary one."""
    entries = memory.target.facts.auxv
    bytes_above = entries.get(_AT_RANDOM)
    if not bytes_above or not entries:
        return None
    start = (bytes_above - _BELOW) & ~7
    data = memory.target.read_partial(start, bytes_above - start)
    at = data.rfind(_PAIR.pack(*next(iter(entries.items()))))
    if at < 0 or at & 7:
        return None
    end = start + at - 8  # the null pointer that ends the variables
    if _word(memory, end) != 0:
        return None
    vector = end
    for _ in range(MAX_VARIABLES):
        word = _word(memory, vector - 8)
        if word is None:
            return None
        if not word:
            return vector
        vector -= 8
    return None


def _string(memory: Memory, address: int) -> Optional[str]:
    data = b""
    while len(data) < MAX_BYTES:
        part = memory.target.read_partial(address + len(data), _CHUNK)
        end = part.find(b"\0")
        if end >= 0:
            return (data + part[:end]).decode("utf-8", "replace")
        if len(part) < _CHUNK:
            return None
        data += part
    return None


def _word(memory: Memory, address: int) -> Optional[int]:
    try:
        return memory.u64(address)
    except MemoryUnreadable:
        return None
