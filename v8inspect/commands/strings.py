"""`strings`: what text takes the memory."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import ISOLATE, LIVE, Namespace, arg, natural
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "strings",
    "shows the largest strings, the duplicates, or those that match",
    arg("--duplicates", action="store_true", help="contents that are there more than once"),
    arg("--contains", metavar="TEXT", default="", help="only strings that hold TEXT"),
    arg("--regex", metavar="PATTERN", help="only strings that match (Python's syntax)"),
    arg("-n", "--number", type=natural, default=20, metavar="N", help="rows; 0: all (usual: 20)"),
    LIVE,
    ISOLATE,
    example="strings --duplicates -n 10",
    see=("findrefs -s TEXT", "findrefs ADDRESS"),
    details=(
        "One row for each content, greatest first: by bytes, with --duplicates by the bytes that\n"
        "all but one of them take. Strings that are joined or cut of others (cons, sliced) share\n"
        "the characters of their parts: the parts are counted."
    ),
)
def strings(ctx: Context, args: Namespace) -> Iterable[Row]:
    """Rows, then the sums of all that match."""
    from v8inspect.analysis.strings import strings as rows
    from v8inspect.heap.health import problems

    yield from rows(
        ctx.session,
        args.number or None,
        args.duplicates,
        args.contains,
        args.regex,
        args.isolate,
        args.live,
    )
    for problem in problems(ctx.session):
        ctx.damage(problem)
