"""What ended the process: an exception, a lack of memory, a failed check, abort(), a signal.

Node: src/node_errors.cc (OnFatalError, OOMErrorHandler, TriggerUncaughtException), src/util.h
(AssertionInfo). V8: Isolate::Throw and CreateMessageOrAbort in src/execution/isolate.cc,
V8::FatalProcessOutOfMemory in src/api/api.cc, runtime functions `Throw` and `ReThrow`; V8_FRAMES.md
§8 (18 to 26).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Dict, List, NamedTuple, Optional, Sequence

from v8inspect.errors import NothingFound
from v8inspect.objects.primitives import Hole, Oddball
from v8inspect.objects.reader import reader_of
from v8inspect.objects.tagged import Damaged, Smi
from v8inspect.stack.frame import BUILTIN, Frame, Stack
from v8inspect.stack.native_words import (
    NativeCall,
    native_calls,
    objects_of_type,
    text_at,
    texts,
    words_between,
)
from v8inspect.stack.stacks import stacks_of
from v8inspect.stack.thread_state import thread_state

if TYPE_CHECKING:
    from v8inspect.session import Session
    from v8inspect.target import Thread

EXCEPTION, REJECTION, MEMORY, FATAL, ASSERTION, CHECK, ABORT, NATIVE_ABORT, SIGNAL, NOTHING = (
    "exception", "rejection", "out of memory", "fatal error", "assertion", "check", "abort",
    "native abort", "signal", "nothing",
)  # fmt: skip
UNKNOWN = "unknown"

# How an exception was found, the surest first.
THROW, ARGUMENT, PENDING, NATIVE_STACK = "throw", "argument", "isolate", "native stack"

_SIGTRAP, _SIGILL, _SIGABRT = 5, 4, 6
_STOPPING = (18, 19, 20, 21, 22)  # SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: debuggers use them
_FAILURE_MESSAGE, _MAX_FAILURE = 0xDECADE10, 512  # V8: kStartMarker, kMessageBufferSize
_ALLOCATION = "Allocation failed - "
_LAST_GC = re.compile(rb"\[\d+:0x[0-9a-f]+\] +\d+ ms: [\x20-\x7e]+")
_PLACE = re.compile(r".+:\d+\Z")
_ARGUMENT_OF_EXIT = 16  # bytes from an exit frame's fp to the only argument of a runtime function
_BEYOND = 64  # bytes beyond the exit frame's fp that are looked at too
_WITHOUT_JS = 1 << 16  # bytes of a stack that are looked at where V8 has no frame


class Thrown(NamedTuple):
    """A value that was thrown, or may have been: the tagged word, and `how` it was found."""

    word: int
    how: str


@dataclass(frozen=True)
class Ending:
    """How it ended. `thrown`: the exception, the most likely one first. `message`: what a fatal
    error says; `gcs`: V8's lines about the last collections. `calls`: the native functions on top
    of the stack. `signal` 0: none, the process was stopped by somebody else."""

    kind: str
    thread: Thread
    stack: Stack
    signal: int = 0
    thrown: Sequence[Thrown] = ()
    message: Optional[str] = None
    gcs: Sequence[str] = ()
    calls: Sequence[NativeCall] = field(default_factory=tuple)


def ending(session: Session) -> Ending:
    """What ended the process, by the thread that the dump has first: the one that crashed.

    Raises NothingFound where the dump has no thread."""
    threads = session.target.threads()
    if not threads:
        raise NothingFound("thread", "in this dump")
    thread = threads[0]
    stack = stacks_of(session).of(thread)
    state = None if stack.isolate is None else thread_state(session, stack.isolate)
    exit_fp = 0 if state is None else state.c_entry_fp
    sp = _stack_pointer(session, thread)
    calls = native_calls(session, thread, exit_fp)
    high = exit_fp + _BEYOND if exit_fp > sp else sp + _WITHOUT_JS
    words = words_between(session, sp, high)
    signal = thread.signal or session.target.facts.signal or 0
    base = Ending(SIGNAL, thread, stack, signal, calls=calls)
    found = _named(session, base, words, exit_fp)
    return found if found is not None else _unnamed(session, base, words)


def _named(session: Session, base: Ending, words: Sequence[int], exit_fp: int) -> Optional[Ending]:
    """By the names of the native functions, and of the JS function that has called them."""
    names = " ".join(call.name for call in base.calls)
    trigger = _triggering(base.stack)
    if "FatalProcessOutOfMemory" in names or "OOMErrorHandler" in names:
        return _with(base, MEMORY, message=_memory_message(session, base, words),
                     gcs=_last_gcs(session, base))  # fmt: skip
    if "OnFatalError" in names:
        told = dict.fromkeys(texts(session, _within(session, base, "OnFatalError")))
        parts = sorted(list(told)[:2], key=lambda text: " " in text)  # the place comes first
        return _with(base, FATAL, message=" ".join(parts) or None)
    if trigger is not None:
        frame, rejected = trigger
        values = _arguments(session, frame)
        rejected = rejected or (len(values) > 1 and _is_true(session, values[1]))
        thrown = [Thrown(word, ARGUMENT) for word in values[:1]]
        kind = REJECTION if rejected else EXCEPTION
        return _with(base, kind, thrown=thrown or _on_stack(session, words))
    if "CreateMessageOrAbort" in names or "7Isolate5Throw" in names:
        return _with(base, EXCEPTION, thrown=_thrown(session, base, words, exit_fp))
    if "TriggerUncaughtException" in names:
        return _with(base, EXCEPTION, thrown=_on_stack(session, words))
    if "_ZN4node6Assert" in names:
        return _with(base, ASSERTION, message=_assertion(session, words))
    if "V8_Fatal" in names or "2OS5Abort" in names:
        return _with(base, CHECK, message=_failure(session, base, words))
    return None


def _unnamed(session: Session, base: Ending, words: Sequence[int]) -> Ending:
    """Without symbols, or where no function of V8 and Node says why."""
    top = next((frame for frame in base.stack.frames if frame.shared is not None), None)
    # Cores of macOS have no signals: traps are seen in registers, abort() is not.
    silent = not base.signal and session.target.facts.platform == "darwin"
    if (base.signal == _SIGABRT or silent) and top is not None and top.kind == BUILTIN:
        assert top.shared is not None
        if top.shared.debug_name == "abort":
            return _with(base, ABORT)
    known = any(call.name.startswith("_ZN2v8") or "node" in call.name for call in base.calls)
    if not known and (silent or base.signal in (_SIGABRT, _SIGTRAP, _SIGILL)):
        if any(text.startswith(_ALLOCATION) for text in texts(session, words)):
            return _with(base, MEMORY, message=_memory_message(session, base, words),
                         gcs=_last_gcs(session, base))  # fmt: skip
        thrown = _on_stack(session, words)
        if thrown and base.signal in (
            _SIGTRAP,
            _SIGILL,
        ):  # so V8 ends a program that does not catch
            return _with(base, EXCEPTION, thrown=thrown)
    if not base.signal or base.signal in _STOPPING:
        return _with(base, UNKNOWN if silent else NOTHING)
    if base.signal == _SIGABRT and any(call.name == "abort" for call in base.calls):
        return _with(base, NATIVE_ABORT)
    return base


def _with(
    base: Ending,
    kind: str,
    thrown: Sequence[Thrown] = (),
    message: Optional[str] = None,
    gcs: Sequence[str] = (),
) -> Ending:
    return Ending(kind, base.thread, base.stack, base.signal, thrown, message, gcs, base.calls)


def _stack_pointer(session: Session, thread: Thread) -> int:
    registers = thread.registers
    return registers.get("rsp", registers.get("sp", 0))


def _triggering(stack: Stack) -> Optional[tuple[Frame, bool]]:
    """The call of Node's triggerUncaughtException(error, fromPromise), and whether it was made
    for a rejected promise."""
    for number, frame in enumerate(stack.frames[:4]):
        if frame.shared is not None and frame.shared.debug_name == "triggerUncaughtException":
            callers = [
                below.shared.debug_name
                for below in stack.frames[number + 1 : number + 3]
                if below.shared is not None
            ]
            return frame, any("Rejections" in name for name in callers)
    return None


def _arguments(session: Session, frame: Frame) -> List[int]:
    reader = reader_of(session)
    if frame.arguments_at is None:
        return []
    count = min(frame.arguments_count, 2)
    words = [reader.word(frame.arguments_at + 8 * number) for number in range(count)]
    return [word for word in words if word is not None]


def _is_true(session: Session, word: int) -> bool:
    value = reader_of(session).value(word)
    return isinstance(value, Oddball) and value.name == "true"


def _thrown(session: Session, base: Ending, words: Sequence[int], exit_fp: int) -> List[Thrown]:
    """What V8 was throwing when it gave up."""
    reader = reader_of(session)
    state = None if base.stack.isolate is None else thread_state(session, base.stack.isolate)
    result: List[Thrown] = []
    if state is not None:
        symbol = session.target.symbol_at(state.c_function)
        name = "" if symbol is None else symbol[0]
        if "Runtime_ThrowEi" in name or "Runtime_ReThrowEi" in name:
            word = reader.word(exit_fp + _ARGUMENT_OF_EXIT)
            if word is not None and not isinstance(reader.value(word), Damaged):
                result.append(Thrown(word, THROW))
        # V8 sets it only after it would have ended the process.
        pending = reader.value(state.exception)
        holds = isinstance(pending, Hole) or (isinstance(pending, Oddball) and pending.is_hole)
        if not holds and not isinstance(pending, (Damaged, Smi)):
            result.append(Thrown(state.exception, PENDING))
    known = {item.word for item in result}
    return result + [item for item in _on_stack(session, words) if item.word not in known]


def _on_stack(session: Session, words: Sequence[int]) -> List[Thrown]:
    """Errors on the native stack: the one that is met most often first, of equals the innermost."""
    counts: Dict[int, int] = {}
    for word in objects_of_type(session, words, session.layout.types["JS_ERROR"]):
        counts[word] = counts.get(word, 0) + 1
    return [Thrown(word, NATIVE_STACK) for word in sorted(counts, key=lambda w: -counts[w])]


def _within(session: Session, base: Ending, name: str) -> Sequence[int]:
    """The words of the frame of a native function and of those that it has called."""
    for call, outer in zip(base.calls, base.calls[1:]):
        if name in call.name:
            return words_between(session, call.sp, outer.sp)
    return ()


def _memory_message(session: Session, base: Ending, words: Sequence[int]) -> Optional[str]:
    """`Reached heap limit Allocation failed - JavaScript heap out of memory`, as Node prints it:
    the arguments of its handler, which V8's functions have kept on the stack."""
    near: List[int] = []
    started = False
    for call, outer in zip(base.calls, base.calls[1:]):
        started = started or "OOMErrorHandler" in call.name
        if started:
            near += words_between(session, call.sp, outer.sp)
        if "V8" in call.name and "FatalProcessOutOfMemory" in call.name:
            break
    where, what = "", ""
    for text in texts(session, near or words):
        if text.startswith(_ALLOCATION):
            what = what or text
        else:
            where = where or text
    return f"{where} {what}".strip() or None


def _last_gcs(session: Session, base: Ending) -> List[str]:
    """The lines that V8 prints as `<--- Last few GCs --->`: it copies them to its stack."""
    sp = _stack_pointer(session, base.thread)
    outermost = max((call.sp for call in base.calls), default=sp)
    data = session.target.read_partial(sp, min(max(outermost - sp, 0), 1 << 17))
    lines = [match.group().decode("ascii").strip() for match in _LAST_GC.finditer(data)]
    return list(dict.fromkeys(lines))


def _failure(session: Session, base: Ending, words: Sequence[int]) -> Optional[str]:
    """V8's FailureMessage (src/base/logging.cc), which is made so that dumps have it: a marker,
    then the text."""
    sp = _stack_pointer(session, base.thread) & ~7
    for index, word in enumerate(words):
        if word == _FAILURE_MESSAGE:
            data = session.target.read_partial(sp + 8 * (index + 1), _MAX_FAILURE)
            return data.partition(b"\0")[0].decode("utf-8", "replace").strip() or None
    return None


def _assertion(session: Session, words: Sequence[int]) -> Optional[str]:
    """Node's AssertionInfo: three texts, the first of them file and line."""
    reader = reader_of(session)
    for word in words:
        if not word or word & 7:
            continue
        parts = []
        for number in range(3):
            at = reader.word(word + 8 * number)
            text = None if at is None else text_at(session, at)
            if text is None:
                break
            parts.append(text)
        if len(parts) == 3 and _PLACE.match(parts[0]):
            place, message, function = parts
            return f"{place}:{function}: Assertion `{message}' failed."
    return None
