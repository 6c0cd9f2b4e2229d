"""`unwinder`: a debugger's own stack goes through JavaScript, or stays as the debugger makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@dataclass(frozen=True)
class UnwinderRow(Row):
    """Whether the debugger's own stacks go through V8's code."""

    on: bool


@command(
    "unwinder",
    "lets the debugger's own `bt` and `up` go through JavaScript",
    arg("state", nargs="?", choices=("on", "off"), help="on or off (default: tells which it is)"),
    example="unwinder off",
    see=("bt",),
    front_ends=("gdb", "lldb"),
    details=(
        "In GDB it is on from the start, and without effect where the program has no V8.\n\n"
        "In LLDB it needs version 22 and is off from the start: LLDB 22.1.8 itself crashes when an "
        "expression is evaluated while a frame is selected that a plugin has made. Without it LLDB "
        "goes through JavaScript too, but has no names for it."
    ),
)
def unwinder(ctx: Context, args: Namespace) -> Iterator[UnwinderRow]:
    """Switches, and says what it is now."""
    wanted = None if args.state is None else args.state == "on"
    yield UnwinderRow(ctx.host.unwinder(wanted))
