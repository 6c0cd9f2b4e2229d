"""`layout`: makes a layout table for the V8 in a Node.js binary."""

from __future__ import annotations

from typing import Iterable, Iterator

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "layout",
    "makes a layout table for the V8 of a Node.js binary",
    arg("action", choices=("learn",), help="learn: run it, and derive the table"),
    arg("node", metavar="NODE", help="the executable"),
    arg("-o", "--output", metavar="FILE", help="write the table to it"),
    arg("-a", "--all", action="store_true", help="show every constant, not only those taken over"),
    arg("--force", action="store_true", help="replace FILE"),
    example="layout learn ./node -o v8-14.1.json",
    see=("doctor",),
    front_ends=("shell",),
    details=(
        "Runs a program of ours in that Node.js, looks at its memory as at any live process, and "
        "derives each constant from what the program knows, from V8's own printer, stack traces "
        "and heap snapshot, and from the constants that V8 exports for debuggers. What could not "
        "be derived is taken from the nearest table and listed. Linux x64 only; takes half a "
        "minute."
    ),
)
def layout(ctx: Context, args: Namespace) -> Iterable[Row]:
    """LearntRows."""
    return _learn(ctx, args)


def _learn(ctx: Context, args: Namespace) -> Iterator[Row]:
    from v8inspect.analysis.learning import rows
    from v8inspect.analysis.save import save
    from v8inspect.learn.learn import learn

    learnt = learn(args.node)
    yield from rows(learnt, args.all)
    for remark in learnt.record.remarks:
        ctx.note(remark)
    if args.output is not None:
        save(args.output, [learnt.text.encode()], args.force)
