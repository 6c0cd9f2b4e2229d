"""One page about a dump: what ended the process, and what it was doing and keeping.

Each section is a few rows of another analysis. What can't be told is a remark, and the rest is
told all the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Callable, ClassVar, Iterator, List, Optional, Tuple

from v8inspect.analysis.async_waits import AsyncTotal, SuspendedRow, waits
from v8inspect.analysis.biggest import biggest
from v8inspect.analysis.census import CensusTotal, census
from v8inspect.analysis.ending import ending_row
from v8inspect.analysis.isolates import isolate_rows
from v8inspect.analysis.node_handles import HandleRow, RequestRow, handles, requests
from v8inspect.analysis.node_process import process_rows
from v8inspect.analysis.node_timers import TimerRow, timer_rows
from v8inspect.analysis.stack import frame_row
from v8inspect.analysis.strings import string_row
from v8inspect.errors import Interrupted, NothingFound, V8InspectError
from v8inspect.heap.health import problems
from v8inspect.heap.texts import texts
from v8inspect.rows import Row, Summary
from v8inspect.scan.scanner import BY_WASTE
from v8inspect.stack.async_frames import async_frames
from v8inspect.stack.frame import BUILTIN, INTERNAL, Frame
from v8inspect.stack.stacks import stacks_of

if TYPE_CHECKING:
    from v8inspect.session import Session

_ARGUMENTS = 200  # characters of a command line
_FRAMES = 20
_CENSUS = 10
_BIGGEST = 8
_STRINGS = 3
_LEAST_WASTE = 10_000  # bytes
_ASYNC = 5
_MAX_TIMERS = 2000


@dataclass(frozen=True)
class SectionHead(Summary):
    """The heading of a section of the report."""

    section: str


@dataclass(frozen=True)
class SectionRow(Row):
    """A row of the report; the fields of `of` stand beside `section`."""

    json_merged: ClassVar[str] = "of"

    section: str
    of: Row


@dataclass(frozen=True)
class ProgramRow(Row):
    """Which program: versions, process id, command line, folder, start and how long it ran (to
    when its event loop last looked at the clock)."""

    json_sparse: ClassVar[bool] = True

    node: Optional[str]
    v8: str
    platform: Optional[str]
    pid: Optional[int]
    command: List[str]
    cwd: Optional[str] = None
    started: Optional[str] = None
    uptime: Optional[float] = None
    core: Optional[str] = None


@dataclass(frozen=True)
class TallyRow(Row):
    """How many there are of something; `kinds` of which kind."""

    what: str
    count: int
    kinds: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StringSums(Row):
    """All strings: their number and bytes, how many contents, and the bytes that repeated ones
    take beyond the first."""

    strings: int
    bytes: int
    contents: int
    wasted: int


@dataclass(frozen=True)
class RemarkRow(Row):
    """What could not be told, or what to keep in mind."""

    problem: str


Section = Callable[["Session"], Iterator[Row]]


def report(session: Session) -> Iterator[Row]:
    """The sections in order, each with a heading for text. Raises what Session.heap raises."""
    _ = session.heap  # without one there is nothing to tell in any section
    for name, rows in SECTIONS:
        found: List[Row] = []
        try:
            found = list(rows(session))
        except Interrupted:
            raise
        except V8InspectError as error:
            found.append(RemarkRow(_why(error)))
        if found:
            yield SectionHead(name)
            for row in found:
                yield SectionRow(name, row)


def _why(error: V8InspectError) -> str:
    words = " ".join(str(part) for part in error.args)
    return f"not told: {words or type(error).__name__}"


def _ending(session: Session) -> Iterator[Row]:
    yield ending_row(session)


def _program(session: Session) -> Iterator[Row]:
    for row in islice(process_rows(session, None, False), 1):
        known = [row.execPath or "", *row.execArgv, *row.argv[1:]]
        yield ProgramRow(
            row.version,
            session.layout.version,
            f"{row.platform}-{row.arch}" if row.platform else None,
            row.pid,
            [word[:_ARGUMENTS] for word in known if word],
            row.cwd,
            row.started,
            # Clocks differ where the program ran in an emulator.
            row.uptime if row.uptime is None or row.uptime >= 0 else None,
            session.target.name,
        )


def _stack(session: Session) -> Iterator[Row]:
    threads = session.target.threads()
    if not threads:
        raise NothingFound("thread", "in this dump")
    thread = threads[0]
    stack = stacks_of(session).of(thread)
    frames = [frame for frame in stack.frames if frame.kind != INTERNAL and not _hidden(frame)]
    frames += async_frames(session, stack)
    for index, frame in enumerate(frames[:_FRAMES]):
        yield frame_row(session, frame, index, 1, values=False)
    if len(frames) > _FRAMES:
        yield RemarkRow(f"{len(frames) - _FRAMES} more frames")
    if stack.problem is not None:
        yield RemarkRow(f"the stack is damaged: {stack.problem}")


def _hidden(frame: Frame) -> bool:
    """V8's own closures, which go on after an `await`: they have neither source nor name."""
    name = frame.shared.debug_name if frame.shared is not None else ""
    return frame.kind == BUILTIN and frame.shared is not None and not name


def _census(session: Session) -> Iterator[Row]:
    for row in census(session, "size", _CENSUS):
        if not isinstance(row, CensusTotal):
            yield row


def _big(session: Session) -> Iterator[Row]:
    yield from biggest(session, _BIGGEST)


def _strings(session: Session) -> Iterator[Row]:
    sums, groups = texts(session, BY_WASTE, limit=_STRINGS)
    yield StringSums(sums.count, sums.size, sums.contents, sums.wasted)
    yield from (string_row(session, group) for group in groups if group.wasted >= _LEAST_WASTE)


def _async(session: Session) -> Iterator[Row]:
    found = list(waits(session, number=_ASYNC))
    for row in found:
        if isinstance(row, AsyncTotal):
            yield TallyRow("suspended calls", row.suspended)
            yield TallyRow("microtasks", row.microtasks)
    for row in found:
        if isinstance(row, SuspendedRow):
            yield replace(row, awaited_by=None)


def _loop(session: Session) -> Iterator[Row]:
    found = [row for row in handles(session) if isinstance(row, HandleRow) and row.keeps_alive]
    yield _counted("handles", [row.kind for row in found])
    waiting = [row for row in requests(session) if isinstance(row, RequestRow)]
    yield _counted("requests", [row.kind for row in waiting])
    tally = session.census.tallies().get("Timeout")
    if tally is not None and tally.count > _MAX_TIMERS:
        # One by one they take a minute for 100,000.
        yield TallyRow("objects of class Timeout", tally.count)
        return
    due = [row for row in timer_rows(session) if isinstance(row, TimerRow)]
    yield _counted("timers", [row.kind for row in due])


def _counted(what: str, kinds: List[str]) -> TallyRow:
    return TallyRow(what, len(kinds), dict(Counter(kinds).most_common()))


def _health(session: Session) -> Iterator[Row]:
    for problem in problems(session):
        yield RemarkRow(problem)


SECTIONS: Tuple[Tuple[str, Section], ...] = (
    ("ending", _ending),
    ("program", _program),
    ("stack", _stack),
    ("memory", lambda session: isolate_rows(session)),
    ("census", _census),
    ("biggest", _big),
    ("strings", _strings),
    ("async", _async),
    ("loop", _loop),
    ("health", _health),
)
