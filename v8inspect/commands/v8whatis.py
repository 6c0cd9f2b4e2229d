"""`v8whatis`: what lies at an address."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "v8whatis",
    "tells which heap object an address lies in",
    arg("address", metavar="ADDR", help="any address, inside of an object too"),
    feed="address",
    example="v8whatis 0x2b0337d42a48",
    see=("inspect ADDR", "findrefs ADDR"),
)
def v8whatis(ctx: Context, args: Namespace) -> Iterable[Row]:
    """One row."""
    from v8inspect.analysis.whatis import whatis

    return whatis(ctx.session, ctx.address(args.address))
