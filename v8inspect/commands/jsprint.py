"""`jsprint`: a value or its members, as mdb_v8 prints them."""

from __future__ import annotations

from typing import Iterator

from v8inspect.commands.arguments import Namespace, arg, natural
from v8inspect.commands.context import Context
from v8inspect.commands.inspect import ADDRESS
from v8inspect.commands.registry import command
from v8inspect.rows import Row

_STRINGS = 4096
_ITEMS = 10_000


@command(
    "jsprint",
    "prints a value, or members of it, in the way of JSON",
    arg("-a", "--addresses-too", action="store_true", help="the address of each value"),
    arg("-b", "--base", action="store_true", help="the address of the object before its members"),
    arg("-d", "--depth", type=natural, default=2, metavar="DEPTH", help="how deep it goes (2)"),
    arg(
        "-N",
        "--string-length",
        type=natural,
        default=_STRINGS,
        metavar="LEN",
        help=f"characters of a string ({_STRINGS}; 0: all)",
    ),
    arg(
        "-l",
        "--length",
        type=natural,
        default=_ITEMS,
        metavar="N",
        help=f"elements, properties and entries of each object ({_ITEMS}; 0: all)",
    ),
    ADDRESS,
    arg("member", nargs="*", help='a path: name, a.b[3].c, #private, ["a.b"]'),
    feed="address",
    example="jsprint 0x2c88ca33e709\njsprint 0x2c88ca33e709 user.name rooms[0]",
    see=("inspect",),
    details=(
        "With members, a line for each object. What is deeper is [...]; a member that is not "
        "there is undefined. Inherited members count; accessors are not run."
    ),
)
def jsprint(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One Printed."""
    from v8inspect.analysis.description import Options
    from v8inspect.analysis.printed import printed

    options = Options(
        depth=args.depth,
        strings=args.string_length,
        elements=args.length,
        properties=args.length,
    )
    address = ctx.address(args.address)
    row, damage = printed(ctx.session, address, args.member, options, args.addresses_too, args.base)
    yield row
    if damage:
        ctx.damage(f"part of this could not be read: {damage[0]}")
