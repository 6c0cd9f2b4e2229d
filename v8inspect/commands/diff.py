"""`diff`: what has grown since an earlier dump, or from dump to dump."""

from __future__ import annotations

from typing import Iterable, List

from v8inspect.commands.arguments import Namespace, arg, natural
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row

_BY = ("constructor", "retained", "map", "path")


@command(
    "diff",
    "shows what has grown since earlier dumps of the same program",
    arg("other", nargs="+", metavar="OTHER", help="earlier dumps, the oldest first"),
    arg("--by", choices=_BY, help="only one table; without it constructor and path"),
    arg(
        "-n",
        "--number",
        type=natural,
        default=10,
        metavar="N",
        help="N of each; 0: all (usual: 10)",
    ),
    example="diff early.core\ndiff --by path one.core two.core",
    see=("suspects", "group", "path ADDRESS"),
    details=(
        "The dump at hand is the last one. Live objects are compared: by constructor (sorted by\n"
        "their own bytes), by constructor and what they retain, by Map (constructor and\n"
        "properties), by path: how they are held, as `group` shows it. Only what has grown is\n"
        "shown, in ascending order. Dumps may be of other processes and platforms. With several\n"
        "there is a small plot for each row. Each is closed before the next is opened."
    ),
)
def diff(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each kind of objects that has grown."""
    from v8inspect.analysis.diff import differences, in_order
    from v8inspect.analysis.summary import Summary, summary_of
    from v8inspect.heap.health import problems

    summaries: List[Summary] = []
    for path in args.other:
        session = ctx.host.beside(path)
        try:
            summaries.append(summary_of(session))
            for problem in problems(session):
                ctx.damage(f"{path}: {problem}")
        finally:
            session.close()
    summaries.append(summary_of(ctx.session))
    if not in_order(summaries):
        ctx.note("note: by their processes' clocks these dumps are not in the order of their time")
    by = (args.by,) if args.by else ("constructor", "path")
    yield from differences(summaries, by, args.number or None)
    for problem in problems(ctx.session):
        ctx.damage(problem)
