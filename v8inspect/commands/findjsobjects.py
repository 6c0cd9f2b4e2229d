"""`findjsobjects`: the census."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import ISOLATE, Namespace, arg, positive
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "findjsobjects",
    "counts JS objects by constructor name",
    arg("-d", "--detailed", action="store_true", help="by name and properties, with a sample each"),
    arg(
        "--sort",
        choices=("count", "size", "name"),
        default="count",
        help="order of the table, ascending",
    ),
    arg(
        "-n",
        "--number",
        type=positive,
        metavar="N",
        help="only the N greatest; the total is of all",
    ),
    ISOLATE,
    example="findjsobjects -n 20 --sort size",
    see=("findjsinstances NAME", "findjsobjects -d", "heap"),
    details=(
        "Names are those of V8's own heap snapshot; all closures are one row, Function. Sizes are\n"
        "bytes of the objects themselves: elements and property arrays are not included. Objects\n"
        "that are garbage but not yet collected are counted."
    ),
)
def findjsobjects(ctx: Context, args: Namespace) -> Iterable[Row]:
    """Rows of the census, then its total."""
    from v8inspect.analysis.census import census, detailed_census
    from v8inspect.heap.health import problems

    rows = detailed_census if args.detailed else census
    yield from rows(ctx.session, args.sort, args.number, args.isolate)
    for problem in problems(ctx.session):
        ctx.damage(problem)
