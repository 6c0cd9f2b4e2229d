"""`redact`: a copy of the core without its contents."""

from __future__ import annotations

from typing import Iterator

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "redact",
    "writes a copy of the core in which values are masked",
    arg("file", help="the copy, which must not exist"),
    arg("--names", action="store_true", help="mask names of classes, functions, files too"),
    arg("--keys", action="store_true", help="leave names of properties that may be data"),
    arg("--force", action="store_true", help="replace FILE if it exists"),
    example="redact shared.core",
    see=("findjsobjects", "retained", "bt"),
    details=(
        "Texts, numbers, bytes of Buffers and sources of scripts are masked, and all memory of\n"
        "C++ is left out but for what commands need. Objects, their Maps, lengths and references\n"
        "stay, and so do names of classes, properties, functions, scripts and mapped files (not\n"
        "with --names). Keys of objects that serve as dictionaries, and names of properties that\n"
        "are no identifiers, may be data: they become other names (not with --keys). The file is\n"
        "sparse: copy it with cp --sparse=always."
    ),
)
def redact(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One RedactRow."""
    from v8inspect.analysis.redact import redact as write

    yield write(ctx.session, args.file, args.names, args.keys, args.force)
    if not args.names:
        properties = "all properties" if args.keys else "properties, unless they may be data"
        ctx.note(
            f"note: names of classes, functions, files and {properties}, are in it as they were"
        )
