"""`error`: what ended the process."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import Namespace
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "error",
    "shows the exception, fatal error or signal that ended the process",
    example="error",
    see=("bt", "inspect ADDRESS", "report"),
    details=(
        "Of an exception its class, message, code, cause and the stack that it has captured; of a "
        "fatal error its message; of a signal where it struck."
    ),
)
def error(ctx: Context, args: Namespace) -> Iterable[Row]:
    """One row."""
    from v8inspect.analysis.ending import ending_row

    row = ending_row(ctx.session)
    yield row
    if row.problem is not None:
        ctx.damage(row.problem)
