"""Our stack of a core beside the one that was printed: what is equal, what is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, Sequence

from tests.stacks.printed import Row
from v8inspect.session import Session
from v8inspect.stack.async_frames import async_frames
from v8inspect.stack.frame import BUILTIN, JS, Frame, Stack
from v8inspect.stack.names import printed_line
from v8inspect.stack.stacks import stack_of
from v8inspect.target import Thread

_COMBINATORS = {"PromiseAll": "all", "PromiseAllSettled": "allSettled", "PromiseAny": "any"}


@dataclass
class Comparison:
    """`frames` of ours and `rows` of V8's, with each difference in words."""

    frames: int = 0
    rows: int = 0
    places: list[str] = field(default_factory=list)  # a frame's place or the number of frames
    names: list[str] = field(default_factory=list)  # its text, where the place is right

    def add(self, other: Comparison) -> None:
        """Adds another one's numbers and differences."""
        self.frames += other.frames
        self.rows += other.rows
        self.places += other.places
        self.names += other.names


def visible(stack: Stack) -> Sequence[Frame]:
    """The frames that V8's stack traces have."""
    return [f for f in stack.frames if f.kind in (JS, BUILTIN) and not f.hidden]


def place_of(frame: Frame) -> str:
    """'LINE:COLUMN' or '<anonymous>', as `Row.place`."""
    if frame.kind == BUILTIN:
        return "<anonymous>"
    if frame.place is None:
        return f"no place ({frame.problem})"
    # V8 prints no place for a line below 1, which negative offsets of vm scripts make.
    return f"{frame.place.line}:{frame.place.column}" if frame.place.line > 0 else "<anonymous>"


def low_bytes(text: str) -> str:
    """A text as V8 prints it to stderr: of each UTF-16 unit the low byte, as Latin-1."""
    return text.encode("utf-16-le", "surrogatepass")[::2].decode("latin-1")


def crashing_thread(session: Session) -> Thread:
    """The thread that ended the process, which dumps put first."""
    return session.target.threads()[0]


def compare(session: Session, rows: Sequence[Row], thread: Optional[Thread] = None) -> Comparison:
    """Compares the stack of a thread with the printed rows; frames of WebAssembly, which are only
    named as such, are left out."""
    stack = stack_of(session, thread or crashing_thread(session))
    frames = visible(stack)
    awaiting = [row for row in rows if row.is_async]
    rows = [row for row in rows if not row.is_async and not row.is_wasm]
    result = Comparison(len(frames), len(rows))
    _compare_awaiting(session, stack, awaiting, result)
    if len(frames) != len(rows):
        result.places.append(f"{len(frames)} frames, printed {len(rows)} ({stack.problem})")
        for at, (frame, row) in enumerate(zip(frames, rows)):
            if place_of(frame) != row.place:
                result.places.append(_difference(session, at, frame, row))
                break
        return result
    for at, (frame, row) in enumerate(zip(frames, rows)):
        if place_of(frame) != row.place:
            result.places.append(_difference(session, at, frame, row))
        elif low_bytes(printed_line(session, frame)) != row.text:
            result.names.append(_difference(session, at, frame, row))
    return result


def _compare_awaiting(
    session: Session, stack: Stack, rows: Sequence[Row], result: Comparison
) -> None:
    """Callers that only await: V8 prints them behind the frames."""
    ours = [_awaiting_line(session, frame) for frame in async_frames(session, stack)]
    theirs = [row.text for row in rows]
    result.frames += len(ours)
    result.rows += len(theirs)
    if ours != theirs:
        result.places.append(f"awaiting: {ours}, printed {theirs}")


def _awaiting_line(session: Session, frame: Frame) -> str:
    if frame.kind == BUILTIN:
        return f"async Promise.{_COMBINATORS[frame.builtin]} (index {frame.position})"
    return f"async {printed_line(session, frame)}"


def _difference(session: Session, at: int, frame: Frame, row: Row) -> str:
    ours = printed_line(session, frame)
    return f"#{at} {frame.tier}: {place_of(frame)} {ours!r}, printed {row.text!r}"
