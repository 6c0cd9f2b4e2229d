"""Timers as rows: what runs when, by the clock of each thread's event loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Iterator, Optional, Union

from v8inspect.analysis.node_handles import CallbackRow, callback_row
from v8inspect.errors import NothingFound
from v8inspect.node.clock import Clock, clock
from v8inspect.node.environment import Environment, environments
from v8inspect.node.timers import Timer, due_in, timers
from v8inspect.rows import Address, Row, Summary

if TYPE_CHECKING:
    from v8inspect.session import Session


@dataclass(frozen=True)
class TimerRow(Row):
    """One timer; fields that can't be told or do not apply are left out.

    `due_in` is in milliseconds from the loop's time, which is when it last looked at the clock:
    negative for a timer that is late. `arguments` is the number of further arguments.
    """

    json_sparse: ClassVar[bool] = True

    kind: str
    isolate: int
    address: Address
    state: str
    arguments: int
    callback: Optional[CallbackRow] = None
    milliseconds: Optional[float] = None
    due_in: Optional[float] = None
    ref: Optional[bool] = None


@dataclass(frozen=True)
class TimersTotal(Summary):
    """How many timers and immediates there are, and how many of them are referenced, by us and
    by Node's own counts."""

    isolate: int
    timers: int
    refs: int
    counted: Optional[int]
    immediates: int
    immediate_refs: int
    immediates_counted: Optional[int]


def timer_rows(
    session: Session, isolate: Optional[int] = None
) -> Iterator[Union[TimerRow, TimersTotal]]:
    """The timers of each environment: those being run, immediates, the others as they are due."""
    found = environments(session, isolate)
    if not found:
        raise NothingFound("objects of class", "node::Environment")
    for environment in found:
        known = timers(session, environment)
        time = clock(session, environment)
        for timer in known.timers:
            yield _row(session, environment, timer, time)
        late = [timer for timer in known.timers if timer.kind != "immediate"]
        soon = [timer for timer in known.timers if timer.kind == "immediate"]
        yield TimersTotal(
            environment.isolate,
            len(late),
            sum(timer.ref is True for timer in late),
            known.refs,
            len(soon),
            sum(timer.ref is True for timer in soon),
            known.immediate_refs,
        )


def _row(session: Session, environment: Environment, timer: Timer, time: Clock) -> TimerRow:
    return TimerRow(
        kind=timer.kind,
        isolate=environment.isolate,
        address=Address(timer.object.word),
        state=timer.state,
        arguments=timer.arguments,
        callback=callback_row(session, timer.callback),
        milliseconds=_whole(timer.milliseconds),
        due_in=_whole(due_in(timer, time)),
        ref=timer.ref,
    )


def _whole(number: Optional[float]) -> Optional[float]:
    """A whole number as an int, which JSON shows without a fraction."""
    return int(number) if number is not None and number.is_integer() else number
