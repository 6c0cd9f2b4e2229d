"""`nodebuffer`: the bytes of a Buffer, where they are or into a file."""

from __future__ import annotations

from typing import Iterator

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.inspect import ADDRESS
from v8inspect.commands.registry import command
from v8inspect.rows import Row

OUTPUT = arg("-o", "--output", metavar="FILE", help="write it to FILE, which must not exist")
FORCE = arg("--force", action="store_true", help="replace FILE if it exists")


@command(
    "nodebuffer",
    "shows where the bytes of a Buffer are, or saves them",
    OUTPUT,
    FORCE,
    ADDRESS,
    feed="address",
    example="nodebuffer 0x2c88ca33e709\nnodebuffer -o body.bin 0x2c88ca33e709",
    see=("inspect", "v8whatis"),
    details=(
        "ADDR is a Buffer, a typed array, a DataView or an ArrayBuffer. The file is written whole "
        "or not at all, and only its owner may read it."
    ),
)
def nodebuffer(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One BufferRow."""
    from v8inspect.analysis.buffers import binary_at, buffer_row, chunks
    from v8inspect.analysis.save import save

    value = binary_at(ctx.session, ctx.address(args.address))
    if args.output is not None:
        save(args.output, chunks(value), args.force)
    yield buffer_row(ctx.session, value, args.output)
