"""`findrefs`: who refers to a value."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import LIVE, Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.errors import UsageError
from v8inspect.rows import Row


@command(
    "findrefs",
    "finds who refers to a value, a property name or a string",
    arg("what", metavar="X", help="an address; with -n a property name, with -s a text"),
    arg("-v", "--value", action="store_true", help="X is an address (this is the default)"),
    arg("-n", "--name", action="store_true", help="objects that have a property named X"),
    arg("-s", "--string", action="store_true", help="who holds a string whose text is X"),
    arg("-r", "--recursive", action="store_true", help="and who refers to those, up to the roots"),
    LIVE,
    aliases=("jsfindrefs",),
    feed="what",
    example="findrefs 0x34c1bd02b9",
    see=("inspect ADDRESS", "findrefs -r ADDRESS"),
    details=(
        "Properties, elements, context variables, entries of Maps and Sets, and internal parts of\n"
        "objects are looked at, garbage too without --live. `(weak)` does not keep the value alive."
    ),
)
def findrefs(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each reference."""
    from v8inspect.analysis.references import (
        references_to,
        references_to_name,
        references_to_string,
    )
    from v8inspect.heap.health import problems

    if args.value + args.name + args.string > 1:
        raise UsageError("findrefs", "-v, -n and -s exclude each other")
    if args.name:
        rows = references_to_name(ctx.session, args.what)
    elif args.string:
        rows = references_to_string(ctx.session, args.what, args.recursive)
    else:
        word = (ctx.address(args.what) & ~7) | 1
        rows = references_to(ctx.session, [word], args.recursive)
    for row in rows:
        if not args.live or ctx.session.graph.alive((row.address,))[0]:
            yield row
    for problem in problems(ctx.session):
        ctx.damage(problem)
