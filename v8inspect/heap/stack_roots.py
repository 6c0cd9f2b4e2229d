"""What the stacks of all threads hold, conservatively: every word that is an object's address.

V8 visits frames exactly. Taking all words finds the same objects and few more (V8_GRAPH §3.3), and
needs no frame to be understood: a thread may have died in the middle of anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from v8inspect.heap.root_words import words_at

if TYPE_CHECKING:
    from v8inspect.session import Session

_WORD = 8
_MOST = 64 << 20  # bytes of one stack
_POINTERS = ("rsp", "sp")


def stack_words(session: Session) -> Iterator[tuple[int, int, int]]:
    """(index of the thread, address, word) of the words that may be tagged pointers, the address
    0 for registers."""
    regions = session.target.regions()
    for index, thread in enumerate(session.target.threads()):
        for word in thread.registers.values():
            if word & 3 == 1:
                yield index, 0, word
        top = next((thread.registers[name] for name in _POINTERS if name in thread.registers), 0)
        top &= -_WORD
        end = next(
            (r.start + r.size for r in regions if r.start <= top < r.start + r.size), top + _MOST
        )
        content = words_at(session, top, (min(end, top + _MOST) - top) // _WORD)
        for number, word in enumerate(content):
            if word & 3 == 1:
                yield index, top + _WORD * number, word
