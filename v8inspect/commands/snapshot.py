"""`snapshot`: the heap as a `.heapsnapshot`."""

from __future__ import annotations

from typing import Iterator

from v8inspect.commands.arguments import Namespace, arg, natural, positive
from v8inspect.commands.context import Context
from v8inspect.commands.nodebuffer import FORCE
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "snapshot",
    "writes a heap snapshot for DevTools",
    arg("file", help="where to, by convention NAME.heapsnapshot"),
    arg("--no-strings", action="store_true", help="without what is in strings: they are masked"),
    arg(
        "--top", type=positive, metavar="N", help="only the N objects that retain most, and holders"
    ),
    arg("--filter", metavar="NAME", help="only objects of this constructor, and holders"),
    arg("--all", action="store_true", help="garbage too"),
    arg(
        "--isolate",
        type=natural,
        metavar="N",
        help="of isolate N; without it of the first, the main thread's",
    ),
    FORCE,
    example="snapshot heap.heapsnapshot\nsnapshot --no-strings --top 100000 part.heapsnapshot",
    see=("retained", "dominators", "findjsobjects"),
    details=(
        "The format is that of the dumped V8, with what it would have written behind a garbage\n"
        "collection. Load the file in Chrome's DevTools (Memory, Load profile), or in memlab. For\n"
        "heaps too large for those, --top and --filter keep objects and all that dominates them\n"
        "(--filter also what its objects hold); the rest stays as `(left out…)` with its bytes,\n"
        "so that retained sizes are true. The file is written whole or not at all, and only its\n"
        "owner may read it."
    ),
)
def snapshot(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One SnapshotRow."""
    from v8inspect.analysis.snapshot import write
    from v8inspect.heap.health import problems

    row = write(
        ctx.session,
        args.file,
        args.isolate,
        args.no_strings,
        args.all,
        args.top,
        args.filter,
        args.force,
    )
    yield row
    if row.incomplete:
        ctx.damage("more references than objects can have: some are not in the file")
    for problem in problems(ctx.session):
        ctx.damage(problem)
