"""`getactiverequests`: what was asked for and has not come back."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import ISOLATE, Namespace
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "getactiverequests",
    "shows file operations, connects, writes, look-ups and jobs that are under way",
    ISOLATE,
    example="getactiverequests",
    see=("getactivehandles", "timers", "inspect ADDRESS"),
    details=(
        "Callbacks are the program's own, where Node.js has wrapped them. Jobs of the thread pool\n"
        "are shown too, though process._getActiveRequests() leaves them out."
    ),
)
def getactiverequests(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each request, thread by thread."""
    from v8inspect.analysis.node_handles import UNKNOWN_LISTS, requests, unknown_lists

    if unknown_lists(ctx.session, args.isolate):
        ctx.damage(UNKNOWN_LISTS)
    return requests(ctx.session, args.isolate)
