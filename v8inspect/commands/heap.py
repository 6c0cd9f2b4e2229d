"""`heap`: spaces, pages, sizes, and how sound they are."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import ISOLATE, Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "heap",
    "shows the spaces of the heap, their pages and sizes",
    arg("--live", action="store_true", help="how much of it is alive, and how much garbage"),
    ISOLATE,
    example="heap\nheap --live",
    see=("findjsobjects --sort size", "doctor"),
    details=(
        "Size is address space; used and free share what V8 can allocate in. Unexplained bytes\n"
        "are neither objects nor free: a measure of damage, 0 in a sound dump. Resync are objects\n"
        "whose size was taken from where the next one begins.\n"
        "\n"
        "Garbage is what a collection would free: no root of V8's and no stack leads to it. What\n"
        "has grown since the last collection is among it; it says nothing of leaks."
    ),
)
def heap(ctx: Context, args: Namespace) -> Iterable[Row]:
    """Rows by isolate and space, then the totals."""
    from v8inspect.analysis.spaces import live_spaces, spaces
    from v8inspect.heap.health import problems

    yield from (live_spaces if args.live else spaces)(ctx.session, args.isolate)
    for problem in problems(ctx.session):
        ctx.damage(problem)
