"""`jsprop`: the values of an object's properties, for pipes."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "jsprop",
    "lists the values of an object's properties, an address a line",
    arg("address", metavar="ADDR", help="of an object"),
    feed="address",
    example="jsprop 0x2c88ca33e709 | print",
    see=("jsarray", "jsprint"),
)
def jsprop(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each."""
    from v8inspect.analysis.property_values import property_values

    return property_values(ctx.session, ctx.address(args.address))
