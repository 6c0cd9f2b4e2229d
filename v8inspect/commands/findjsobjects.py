"""`findjsobjects`: the census."""

from __future__ import annotations

from typing import Iterable, Iterator

from v8inspect.commands.arguments import ISOLATE, LIVE, Namespace, arg, positive
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Address, Row


def _objects(ctx: Context, args: Namespace) -> Iterator[Address]:
    """Every object that is counted."""
    from v8inspect.analysis.selection import selected
    from v8inspect.heap.finding import Wanted, find

    wanted = selected(
        ctx.session, args.constructor, args.property, args.kind, args.where, args.isolate, args.live
    )
    whole = Wanted(isolate=args.isolate, live=args.live)
    for address, _ in find(ctx.session, wanted or whole):
        yield Address(address + 1)


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
    arg("-p", "--property", metavar="PROP", help="only objects that have this property"),
    arg("-c", "--constructor", metavar="NAME", help="only objects of this name"),
    arg("-k", "--kind", metavar="KIND", help="only arrays, functions, dictionary, map, …"),
    arg("--where", metavar="EXPRESSION", help="only objects for which this holds"),
    LIVE,
    ISOLATE,
    example="findjsobjects -n 20 --sort size",
    source=_objects,
    see=("findjsinstances NAME", "findjsobjects -d", "heap"),
    details=(
        "Names are those of V8's own heap snapshot; all closures are one row, Function. Sizes are\n"
        "bytes of the objects themselves: elements and property arrays are not included. Objects\n"
        "that are garbage but not yet collected are counted, without --live.\n"
        "\n"
        'An EXPRESSION is over properties: `status == "failed" && n > 3`, `user.name ~ "^a"`,\n'
        '`typeof next == "object" && !(tags[0] == null)`. Nothing in the dump is run by it.'
    ),
)
def findjsobjects(ctx: Context, args: Namespace) -> Iterable[Row]:
    """Rows of the census, then its total."""
    from v8inspect.analysis.census import census, detailed_census, filtered_census
    from v8inspect.analysis.selection import selected
    from v8inspect.heap.finding import Wanted
    from v8inspect.heap.health import problems

    wanted = selected(
        ctx.session, args.constructor, args.property, args.kind, args.where, args.isolate, args.live
    )
    if wanted is None and args.live and args.detailed:
        wanted = Wanted(isolate=args.isolate, live=True)
    if wanted is not None:
        yield from filtered_census(ctx.session, wanted, args.sort, args.number, args.detailed)
    elif args.detailed:
        yield from detailed_census(ctx.session, args.sort, args.number, args.isolate)
    else:
        yield from census(ctx.session, args.sort, args.number, args.isolate, args.live)
    for problem in problems(ctx.session):
        ctx.damage(problem)
