"""`timers`: what runs when."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import ISOLATE, Namespace
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "timers",
    "shows timers, intervals and immediates with their callbacks and when they are due",
    ISOLATE,
    example="timers",
    see=("getactivehandles", "getactiverequests", "inspect ADDRESS"),
    details=(
        "Times are relative to the event loop's: when it last looked at the clock. In a program\n"
        "whose loop is blocked that may be long before the dump."
    ),
)
def timers(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each timer, thread by thread."""
    from v8inspect.analysis.node_timers import timer_rows

    return timer_rows(ctx.session, args.isolate)
