"""`async`: what the process waits for."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import ISOLATE, LIVE, Namespace, arg, natural
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "async",
    "shows suspended async functions and generators, and microtasks that wait",
    arg("-v", "--verbose", action="store_true", help="each call, with its arguments and registers"),
    arg("-t", "--tree", action="store_true", help="who awaits whom, the outermost first"),
    arg(
        "-n",
        "--number",
        type=natural,
        default=0,
        metavar="N",
        help="only the N most frequent; with -v the first N calls; 0: all",
    ),
    LIVE,
    ISOLATE,
    example="async -n 10\nasync -t",
    see=("inspect ADDRESS", "jssource ADDRESS", "findrefs ADDRESS", "timers"),
    details=(
        "Calls of one function that wait at one place are one line, with their number and the\n"
        "address of one of them. What a call awaits is told where that can be known: another call, "
        "a combinator, a timer, a request; with -v also by who keeps the resolve function.\n\n"
        "Calls that nothing refers to any more, and that the next GC would take, are among them;\n"
        "--live leaves them out."
    ),
)
def async_(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each place or call, and for each microtask."""
    from v8inspect.analysis.async_tree import trees
    from v8inspect.analysis.async_waits import waits
    from v8inspect.heap.health import problems

    session = ctx.session
    if args.tree:
        yield from trees(session, args.isolate, args.number, args.live)
    else:
        yield from waits(session, args.isolate, args.number, args.verbose, args.live)
    for problem in problems(session):
        ctx.damage(problem)
