"""Words of C++ objects in which roots are looked for."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from v8inspect.session import Session

_WORD = 8
_ISOLATE = 0x20000  # bytes: Isolates of all versions are smaller


def words_at(session: Session, address: int, count: int) -> array[int]:
    """`count` words from an address on, fewer where memory ends."""
    found = array("Q")
    if 0 <= address < 1 << 64:
        data = session.memory.partial(address, _WORD * count)
        found.frombytes(data[: len(data) & -_WORD])
    return found


def isolate_words(session: Session, isolate: int) -> array[int]:
    """The words of an Isolate, and what follows."""
    return words_at(session, isolate, _ISOLATE // _WORD)


def is_pointer(word: int) -> bool:
    """Whether a word may point to a C++ object."""
    return 0x1000 <= word < 1 << 48 and not word & 7
