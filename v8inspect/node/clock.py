"""When a thread of Node.js started, and what time its event loop thinks it is.

Node: src/node_perf.cc, src/node_perf_common.h (PERFORMANCE_MILESTONES), src/env.h. Milestones are
a Float64Array that JavaScript sees: nanoseconds of the monotonic clock, since 20.10 with the wall
clock's time of the origin (µs) before them. `timer_base` is what the loop's clock said when the
Environment was made; timers count from it. It lies at another place in each release, but it is the
one word before the lists that is just below that milestone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional

from v8inspect.node.environment import Environment
from v8inspect.objects.binary import JSTypedArray
from v8inspect.objects.tagged import Number

if TYPE_CHECKING:
    from v8inspect.session import Session

# ENVIRONMENT (18), TIME_ORIGIN and that (to 20.9), or TIME_ORIGIN_TIMESTAMP and those; then
# NODE_START, V8_START, LOOP_START, LOOP_EXIT, BOOTSTRAP_COMPLETE.
_LENGTHS = (6, 7, 8)
_WALL = (1.0e15, 1.0e16)  # microseconds: 2001 to 2286
_NS = 1e6  # nanoseconds in a millisecond
_BEFORE = 10_000  # milliseconds that may pass between two of these times
_USUAL_BASE = {"10.2": 1312, "11.3": 1496, "12.4": 1552, "13.6": 1616, "14.6": 1760}


@dataclass(frozen=True)
class Clock:
    """Times of one environment in milliseconds of the monotonic clock, but `origin_wall`, which
    is in milliseconds of the Unix epoch. None: not known.

    `now` is when the loop last looked at the clock: the dump is that old or younger.
    """

    origin: Optional[float] = None  # performance.now() counts from it: the start of the process
    origin_wall: Optional[float] = None  # performance.timeOrigin
    environment: Optional[float] = None  # start of this thread's Node.js
    timer_base: Optional[int] = None
    now: Optional[int] = None

    @property
    def uptime(self) -> Optional[float]:
        """Milliseconds from the start of the process to `now`."""
        return None if self.now is None or self.origin is None else self.now - self.origin

    @property
    def timers_now(self) -> Optional[int]:
        """`now` as timers count it."""
        if self.now is None or self.timer_base is None:
            return None
        return self.now - self.timer_base


def clock(session: Session, environment: Environment) -> Clock:
    """The clock of an environment."""
    now = None if environment.loop is None else environment.loop.time
    found = next(_milestones(session, environment), None)
    if found is None:
        return Clock(now=now)
    wall, origin, start = found
    if now is not None and now < origin / _NS - _BEFORE:
        now = None  # no loop's clock: another libuv than we know lies there
    return Clock(
        origin=origin / _NS,
        origin_wall=None if wall is None else wall / 1e3,
        environment=start / _NS,
        timer_base=_timer_base(environment, start / _NS, now),
        now=now,
    )


def _milestones(
    session: Session, environment: Environment
) -> Iterator[tuple[Optional[float], float, float]]:
    """Wall clock's time of the origin, the origin, the start of the environment."""
    for address, _ in session.census.instances("Float64Array", environment.isolate):
        array = environment.reader.value(address | 1)
        if not isinstance(array, JSTypedArray) or array.length not in _LENGTHS:
            continue
        numbers = [item.value for _, item in array.numbers() if isinstance(item, Number)]
        if len(numbers) != array.length:
            continue
        *first, node, v8, _, loop_exit, _ = numbers
        # 18 counts from NODE_START.
        wall = first[-3] if len(first) > 2 else None
        origin, start = first[-2] if len(first) > 1 else node, first[-1]
        ordered = 0 < origin <= node <= v8 and origin <= start and loop_exit >= -1
        if ordered and (wall is None or _WALL[0] < wall < _WALL[1]):
            yield wall, origin, start


def _timer_base(environment: Environment, start: float, now: Optional[int]) -> Optional[int]:
    """The loop's clock when the environment was made, a little before its milestone."""
    if environment.queues is None:
        return None
    memory = environment.reader.memory
    latest = start + 1 if now is None else min(start + 1, now)
    data = memory.target.read_partial(environment.address, environment.queues.handles)
    words = memoryview(data[: len(data) & ~7]).cast("Q").tolist()
    usual = _USUAL_BASE.get(environment.reader.layout.table)
    if usual is not None and usual // 8 < len(words):
        if start - _BEFORE <= words[usual // 8] <= latest:
            return int(words[usual // 8])
    fits = {int(word) for word in words if start - _BEFORE <= word <= latest}
    return fits.pop() if len(fits) == 1 else None
