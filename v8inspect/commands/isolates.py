"""`isolates`: one for each heap."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import Namespace
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "isolates",
    "shows the isolates: main thread and workers, who runs them, how much heap they have",
    example="isolates",
    see=("heap", "threads", "findjsobjects --isolate N"),
)
def isolates(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each isolate."""
    from v8inspect.analysis.isolates import isolate_rows
    from v8inspect.heap.health import problems

    yield from isolate_rows(ctx.session)
    for problem in problems(ctx.session):
        ctx.damage(problem)
