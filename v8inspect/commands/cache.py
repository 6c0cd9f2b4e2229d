"""`cache`: what is kept of dumps on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@dataclass(frozen=True)
class CacheRow(Row):
    """Whether indices are kept and used from now on."""

    on: bool


@command(
    "cache",
    "keeps indices of dumps on disk; lists or removes them",
    arg("state", nargs="?", choices=("on", "off"), help="keep and use them from now on, or not"),
    arg("--clear", action="store_true", help="remove all of them"),
    example="cache on\ncache",
    details=(
        "When it is on (`v8inspect --cache -c CORE …` in the shell, `v8 cache on` in GDB and\n"
        "LLDB, there best in the start-up file), counts, graph and dominators of a dump are kept\n"
        "in a file when a command has made them, and used when the same dump is opened again.\n"
        "It has addresses, sizes and references, no contents; only you may read it. It is used\n"
        "for a dump of the same size, time, first and last bytes, by the same v8inspect."
    ),
)
def cache(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each index; for `on` and `off` what it is now."""
    from v8inspect.analysis.kept import kept_rows

    if args.state is not None:
        yield CacheRow(ctx.host.keep(args.state == "on"))
    if args.state is None or args.clear:
        yield from kept_rows(args.clear)
