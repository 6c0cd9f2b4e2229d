"""`getactivehandles`: what keeps the event loop alive."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import ISOLATE, Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "getactivehandles",
    "shows servers, sockets, child processes, watchers, … that keep the event loop alive",
    arg("-a", "--all", action="store_true", help="also those that do not keep it alive"),
    ISOLATE,
    example="getactivehandles",
    see=("getactiverequests", "timers", "inspect ADDRESS"),
    details=(
        "`idle` has a reference, but waits for nothing at the moment; `unref` does not keep the\n"
        "loop alive. Addresses are shown as far as JavaScript keeps them."
    ),
)
def getactivehandles(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each handle, thread by thread."""
    from v8inspect.analysis.node_handles import UNKNOWN_LISTS, handles, unknown_lists

    if unknown_lists(ctx.session, args.isolate):
        ctx.damage(UNKNOWN_LISTS)
    return handles(ctx.session, args.isolate, args.all)
