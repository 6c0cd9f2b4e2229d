"""`report`: one page about the dump."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import Namespace
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "report",
    "shows on one page what ended the process, its stack, its heap and what it waited for",
    example="report",
    see=("error", "bt", "findjsobjects", "async", "getactivehandles"),
    details=(
        "The first command for a core that nobody has seen yet. Each section is the beginning of "
        "what another command shows in full. What can't be told is a remark in its section."
    ),
)
def report(ctx: Context, args: Namespace) -> Iterable[Row]:
    """Rows of all sections."""
    from v8inspect.analysis.report import report as rows
    from v8inspect.heap.health import problems

    yield from rows(ctx.session)
    for problem in problems(ctx.session):
        ctx.damage(problem)
