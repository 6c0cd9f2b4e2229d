"""`process`: how a program was started, where, when, with what limits."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import ISOLATE, Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "process",
    "shows arguments, folder, start, memory limits, environment and listeners of the process",
    arg("--env", action="store_true", help="values of environment variables, not only names"),
    ISOLATE,
    example="process",
    see=("nodeinfo", "getactivehandles", "timers"),
    details=(
        "Values of environment variables are often secrets: they are shown only on request.\n"
        "The folder is known once the program asked for it; on Node.js 18 the time of the start\n"
        "is not kept."
    ),
)
def process(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each thread that runs Node.js, the main thread's first."""
    from v8inspect.analysis.node_process import process_rows

    return process_rows(ctx.session, args.isolate, args.env)
