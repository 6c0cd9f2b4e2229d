"""`unwinder`: GDB's own stack commands go through JavaScript, or stay as GDB makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@dataclass(frozen=True)
class UnwinderRow(Row):
    """Whether GDB's own stacks go through V8's code."""

    on: bool


@command(
    "unwinder",
    "lets gdb's own `bt`, `up` and `info frame` go through JavaScript",
    arg("state", nargs="?", choices=("on", "off"), help="on or off (default: tells which it is)"),
    example="unwinder off",
    see=("bt",),
    front_ends=("gdb",),
    details=(
        "It is on from the start, and without effect where the program has no V8. GDB shows a "
        "function that was inlined into another as a line without a number above it."
    ),
)
def unwinder(ctx: Context, args: Namespace) -> Iterator[UnwinderRow]:
    """Switches, and says what it is now."""
    wanted = None if args.state is None else args.state == "on"
    yield UnwinderRow(ctx.host.unwinder(wanted))
