"""What the native part of a stack points to: values of V8, handles to them, texts of the program
file.

Nothing tells what a word of a native frame means, so what is found here is likely, not sure: words
of calls that have returned are still there.
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, Iterator, List, NamedTuple, Optional, Sequence

from v8inspect.objects.reader import Reader, reader_of
from v8inspect.stack.native.unwinder import unwind

if TYPE_CHECKING:
    from v8inspect.session import Session
    from v8inspect.target import Thread

MAX_WORDS = 1 << 14  # of a stack that are looked at
_MAX_TEXT = 400
_TEXT = re.compile(rb"[\t\n\x20-\x7e]{4,}\Z")
_MAX_FRAMES = 64


class NativeCall(NamedTuple):
    """A native frame: the linked name of its function ('' if there is no symbol), and sp."""

    name: str
    sp: int


def native_calls(session: Session, thread: Thread, until: int) -> List[NativeCall]:
    """The native frames of a thread on top of V8's first one, whose fp is `until` (0: all)."""
    target = session.target
    found: List[NativeCall] = []
    for frame in unwind(target, thread.registers, limit=_MAX_FRAMES):
        if until and frame.sp > until:
            break
        symbol = target.symbol_at(frame.lookup)
        found.append(NativeCall("" if symbol is None else symbol[0], frame.sp))
    return found


def words_between(session: Session, low: int, high: int) -> Sequence[int]:
    """The words of a stretch of a stack, as far as it is in the dump."""
    words = array("Q")
    size = max(0, min(high - low, 8 * MAX_WORDS))
    data = session.target.read_partial(low & ~7, size)
    words.frombytes(data[: len(data) & ~7])
    return words


def objects_of_type(session: Session, words: Sequence[int], kind: int) -> Iterator[int]:
    """The tagged addresses of objects of an instance type among the words and behind the handles
    among them, in order, with repetitions."""
    reader = reader_of(session)
    for word in words:
        if word & 3 == 1:
            if _is(reader, word, kind):
                yield word
        elif word and not word & 7:
            inner = reader.word(word)
            if inner is not None and _is(reader, inner, kind):
                yield inner


def _is(reader: Reader, word: int, kind: int) -> bool:
    return word & 3 == 1 and reader.type_of(word) == kind


def text_at(session: Session, address: int) -> Optional[str]:
    """The text of a C string that begins at `address`; None for what is none."""
    if address < 0x1000:
        return None
    data = session.target.read_partial(address - 1, _MAX_TEXT)
    # What stands before a string is the end of another one.
    if data[:1] != b"\0":
        return None
    text, end, _ = data[1:].partition(b"\0")
    return text.decode("ascii") if end and _TEXT.match(text) else None


def texts(session: Session, words: Sequence[int]) -> Iterator[str]:
    """The C strings that words point to the beginning of, in order, each once."""
    seen = set()
    for word in words:
        if word not in seen:
            seen.add(word)
            text = text_at(session, word)
            if text is not None:
                yield text
