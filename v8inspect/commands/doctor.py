"""`doctor`: can the answers about this dump be believed, and why."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "doctor",
    "checks the dump and the layout of its V8",
    arg("-c", "--constants", action="store_true", help="every constant in use and its source"),
    example="doctor",
    see=("heap", "nodeinfo"),
)
def doctor(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each check, or for each constant."""
    from v8inspect.analysis.doctor import checks, constants

    if args.constants:
        yield from constants(ctx.session)
        return
    for row in checks(ctx.session):
        yield row
        if not row.ok and row.vital:
            ctx.damage(f"{row.check}: {row.detail}")
