"""`cache`: what `--cache` has kept."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "cache",
    "lists or removes the indices that --cache has kept",
    arg("--clear", action="store_true", help="remove all of them"),
    example="cache",
    details=(
        "With `v8inspect --cache -c CORE …` counts, graph and dominators of a dump are kept in a\n"
        "file when they have been made, and used when the same dump is opened with --cache again.\n"
        "It has addresses, sizes and references, no contents; only you may read it. It is used\n"
        "for a dump of the same size, time, first and last bytes, by the same v8inspect."
    ),
)
def cache(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each index."""
    from v8inspect.analysis.kept import kept_rows

    yield from kept_rows(args.clear)
