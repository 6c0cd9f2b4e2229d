"""What ended the process, as a row: `error`, and the first part of `report`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Dict, List, Optional, Tuple, Union

from v8inspect.analysis.description import Described, Property
from v8inspect.analysis.stack import FrameRow, frame_row
from v8inspect.analysis.thrown import ThrownRow, thrown_row
from v8inspect.rows import Address, Row
from v8inspect.stack import ending as endings
from v8inspect.stack.async_frames import async_frames
from v8inspect.stack.ending import Ending, ending
from v8inspect.stack.faults import passed_on
from v8inspect.stack.frame import JS
from v8inspect.stack.native.names import readable

if TYPE_CHECKING:
    from v8inspect.session import Session

# Linux, the same on x64 and arm64.
_SIGNALS: Dict[int, str] = {
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS",
    8: "SIGFPE", 9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE",
    14: "SIGALRM", 15: "SIGTERM", 16: "SIGSTKFLT", 19: "SIGSTOP", 24: "SIGXCPU", 25: "SIGXFSZ",
    31: "SIGSYS",
}  # fmt: skip
_FAULTS = (4, 7, 8, 11)  # SIGILL, SIGBUS, SIGFPE, SIGSEGV
# Windows: winnt.h, ntstatus.h.
_EXCEPTIONS: Dict[int, str] = {
    0x80000003: "breakpoint",
    0x80000004: "single step",
    0xC0000005: "access violation",
    0xC0000006: "in-page error",
    0xC000001D: "illegal instruction",
    0xC0000094: "integer divided by zero",
    0xC0000096: "privileged instruction",
    0xC00000FD: "stack overflow",
    0xC0000409: "fast fail",
    0xE06D7363: "C++ exception",
}
_TKILL = -6  # Linux: SI_TKILL, what raise() and abort() leave
_RAISING = ("abort", "raise", "kill", "pthread_kill", "__pthread_kill_implementation", "uv_kill")
_MAX_OTHERS = 8


@dataclass(frozen=True)
class EndingRow(Row):
    """How the process ended.

    `kind`: 'exception', 'rejection' (of a promise that nobody handled), 'out of memory', 'fatal
    error' (of V8's API or an addon), 'assertion' (of Node's C++), 'check' (of V8's), 'abort'
    (process.abort()), 'native abort' (native code has called abort()), 'signal', 'nothing' (it ran
    when the dump was made). The fields of ThrownRow are those of the exception, if there is one;
    `message` is that of a fatal error else. `found`: how the exception was found: 'throw' (the
    argument of the throw itself), 'argument' (of Node's function that gives up), 'isolate' (pending
    in V8), 'native stack' (an Error that V8's functions were at work with: likely, not sure).
    `fault`: the address that a signal is about; `sent`: somebody has sent it. `at` is where the
    program was, its innermost frame with a source. `others`: further Errors on the native stack.
    """

    json_sparse: ClassVar[bool] = True

    kind: str
    thread: int
    tid: int
    signal: Optional[str] = None
    fault: Optional[Address] = None
    sent: Optional[bool] = None
    function: Optional[str] = None
    found: Optional[str] = None
    class_: Optional[str] = None
    message: Optional[str] = None
    code: Union[str, int, float, None] = None
    address: Optional[Address] = None
    value: Optional[Described] = None
    stack: Optional[List[FrameRow]] = None
    stack_text: Optional[str] = None
    properties: Optional[List[Property]] = None
    cause: Optional[ThrownRow] = None
    errors: Optional[List[ThrownRow]] = None
    at: Optional[FrameRow] = None
    gcs: Optional[List[str]] = None
    others: Optional[List[Address]] = None
    problem: Optional[str] = None


def ending_row(session: Session) -> EndingRow:
    """What ended the process."""
    end = ending(session)
    name = _SIGNALS.get(end.signal, f"signal {end.signal}") if end.signal else None
    facts = session.target.facts
    if facts.exception_code is not None:
        known = _EXCEPTIONS.get(facts.exception_code)
        name = f"exception {facts.exception_code:#x}" + (f" ({known})" if known else "")
    fault, sent = _fault(session, end)
    thrown = None
    if end.thrown:
        thrown = thrown_row(session, end.thrown[0].word, 1)
    row = EndingRow(
        kind=end.kind,
        thread=1,
        tid=end.thread.tid,
        signal=name,
        fault=fault,
        sent=sent,
        function=_native(end),
        message=end.message,
        at=_at(session, end),
        gcs=list(end.gcs) or None,
        problem=end.stack.problem,
    )
    if thrown is None:
        return row
    others = [Address(item.word) for item in end.thrown[1 : 1 + _MAX_OTHERS]]
    return EndingRow(
        row.kind, row.thread, row.tid, row.signal, row.fault, row.sent, row.function,
        end.thrown[0].how, thrown.class_, thrown.message, thrown.code, thrown.address,
        thrown.value, thrown.stack, thrown.stack_text, thrown.properties, thrown.cause,
        thrown.errors, row.at, row.gcs, others or None, thrown.problem or row.problem,
    )  # fmt: skip


def _at(session: Session, end: Ending) -> Optional[FrameRow]:
    if end.kind == endings.REJECTION:
        return None  # it is long ago that the program was there
    frames = end.stack.frames
    for index, frame in enumerate(frames):
        if frame.kind == JS:
            return frame_row(session, frame, index, 1, values=False)
    for frame in async_frames(session, end.stack):
        return frame_row(session, frame, len(frames), 1, values=False)
    return None


def _fault(session: Session, end: Ending) -> Tuple[Optional[Address], Optional[bool]]:
    """The address that a signal is about, and whether somebody has sent it."""
    facts = session.target.facts
    code, address = facts.signal_code, facts.fault_address
    if code == _TKILL and end.signal in _FAULTS:
        told = passed_on(session.target, end.thread, end.signal)
        code, address = (None, None) if told is None else told
    if end.kind != endings.SIGNAL:
        return None, None
    if code is not None and code <= 0:
        return None, True
    return (None if address is None or end.signal not in _FAULTS else Address(address)), None


def _native(end: Ending) -> Optional[str]:
    """The innermost native function that has a name, and that did not only raise the signal."""
    names = [readable(call.name) for call in end.calls if call.name]
    return next((name for name in names if name not in _RAISING), None)
