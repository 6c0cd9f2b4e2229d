"""`jsarray`, `jsclosure`, `jsconstructor`: parts of one object, a line each."""

from __future__ import annotations

from typing import Iterator

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.inspect import ADDRESS
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "jsarray",
    "lists the elements of an array, an address a line",
    arg("-i", "--index", action="store_true", help="the index before each"),
    ADDRESS,
    feed="address",
    example="jsarray -i 0x1fc83cb433d9",
    see=("inspect", "jsprint"),
    aliases=("jselement",),
    details="Holes have no line. The address of a Smi is its tagged word, which `inspect` takes.",
)
def jsarray(ctx: Context, args: Namespace) -> Iterator[Row]:
    """An ElementRow for each."""
    from v8inspect.analysis.printed import array_elements

    for row in array_elements(ctx.session, ctx.address(args.address), args.index):
        if row.of.problem is not None:
            ctx.damage(f"part of this could not be read: {row.of.problem}")
        yield row


@command(
    "jsclosure",
    "shows the variables that a function captured",
    arg("-a", "--all", action="store_true", help="those of all functions around it too"),
    ADDRESS,
    feed="address",
    example="jsclosure 0x9cdcd5be429",
    see=("inspect", "jsfunction"),
)
def jsclosure(ctx: Context, args: Namespace) -> Iterator[Row]:
    """A ClosureRow for each."""
    from v8inspect.analysis.printed import closure

    yield from closure(ctx.session, ctx.address(args.address), args.all)


@command(
    "jsconstructor",
    "shows the constructor of an object",
    arg("-v", "--verbose", action="store_true", help="its address too"),
    ADDRESS,
    feed="address",
    example="jsconstructor -v 0x2c88ca33e709",
    see=("inspect", "jsfunction", "jssource"),
)
def jsconstructor(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One ConstructorRow."""
    from v8inspect.analysis.printed import constructor

    yield constructor(ctx.session, ctx.address(args.address), args.verbose)
