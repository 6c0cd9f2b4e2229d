"""`findjsinstances`: every object of one constructor name."""

from __future__ import annotations

from itertools import islice
from typing import Iterable

from v8inspect.commands.arguments import ISOLATE, LIVE, Namespace, arg, natural
from v8inspect.commands.context import Context
from v8inspect.commands.inspect import LIMITS, described
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "findjsinstances",
    "lists the objects of a constructor name",
    arg("name", help="as findjsobjects shows it"),
    arg(
        "-v",
        "--verbose",
        "--detailed",
        action="store_true",
        help="each as `inspect` shows it, with its options",
    ),
    arg(
        "-n",
        "--output-limit",
        type=natural,
        default=0,
        metavar="N",
        help="N at a time: at a prompt the same line again shows the next ones; 0: all",
    ),
    *LIMITS,
    LIVE,
    ISOLATE,
    example="findjsinstances -n 5 Session\nfindjsinstances -v -d 2 Session",
    see=("findjsobjects",),
)
def findjsinstances(ctx: Context, args: Namespace) -> Iterable[Row]:
    """Rows, and where more follow a row that says how many."""
    from v8inspect.analysis.instances import MoreRow, count_of, instances
    from v8inspect.heap.health import problems

    session = ctx.session
    total = count_of(session, args.name, args.isolate, args.live)
    first = ctx.offset if ctx.offset < total else 0
    last = min(first + args.output_limit, total) if args.output_limit else total
    rows = islice(instances(session, args.name, args.isolate, args.live), first, last)
    yield from described(ctx, args, (row.address for row in rows)) if args.verbose else rows
    if args.output_limit and (last < total or first):
        yield MoreRow(first + 1, last, total)
    ctx.stop_at(last if last < total else 0)
    for problem in problems(session):
        ctx.damage(problem)
