"""`open`: looks at a dump that the debugger did not, or cannot, load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Optional

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@dataclass(frozen=True)
class OpenedRow(Row):
    """The dump that is looked at from now on."""

    path: str
    format: str
    arch: str
    executable: Optional[str]


@command(
    "open",
    "looks at a dump file that the debugger has not loaded",
    arg("file", help="the dump"),
    arg("exe", nargs="?", help="its node executable; found by itself where the dump says the path"),
    example="open /var/crash/core.4711 ~/node-v22/bin/node",
    see=("nodeinfo", "findjsobjects"),
    front_ends=("gdb", "lldb"),
    details="It stays open until another core is loaded in the debugger, or another `open`.",
)
def open_file(ctx: Context, args: Namespace) -> Iterator[OpenedRow]:
    """Opens, and says what it is."""
    target = ctx.host.open(args.file, args.exe).target
    executable = next((m for m in target.modules() if m.is_executable), None)
    path = None
    if executable is not None:
        # A minidump tells which executable it is of, and needs none.
        is_minidump = target.facts.platform == "windows"
        path = executable.path if is_minidump else executable.file
    yield OpenedRow(
        target.name,
        target.facts.format,
        target.arch,
        path,
    )
