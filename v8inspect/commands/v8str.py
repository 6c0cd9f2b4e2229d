"""`v8str`: the characters of a string, and what it is made of."""

from __future__ import annotations

from typing import Iterator

from v8inspect.commands.arguments import Namespace, arg, natural
from v8inspect.commands.context import Context
from v8inspect.commands.inspect import ADDRESS
from v8inspect.commands.nodebuffer import FORCE, OUTPUT
from v8inspect.commands.registry import command
from v8inspect.rows import Row

_LIMIT = 1 << 20


@command(
    "v8str",
    "shows the characters of a string, or saves them",
    OUTPUT,
    FORCE,
    arg("-v", "--verbose", action="store_true", help="what it is made of, a part a line"),
    arg(
        "-N",
        "--string-length",
        type=natural,
        default=_LIMIT,
        metavar="LEN",
        help="characters to show (1 Mi; 0: all)",
    ),
    ADDRESS,
    feed="address",
    example="v8str 0x1c78df5b4d21\nv8str -o page.html 0x1c78df5b4d21",
    see=("strings", "inspect"),
    details=(
        "The file is in UTF-8, written whole or not at all, and only its owner may read it. With "
        "-v strings of every shape are taken apart: cons, sliced, thin, external."
    ),
)
def v8str(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One TextRow."""
    from v8inspect.analysis.save import save
    from v8inspect.analysis.texts import string_row, utf8_chunks

    address = ctx.address(args.address)
    limit = 256 if args.output is not None else args.string_length
    row = string_row(ctx.session, address, limit, args.verbose, args.output)
    if args.output is not None:
        save(args.output, utf8_chunks(ctx.session, address), args.force)
    if row.problem is not None:
        ctx.damage(f"part of the string could not be read: {row.problem}")
    yield row
