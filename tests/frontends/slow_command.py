"""A command that takes a minute, for the tests of Ctrl-C; run inside the debuggers."""

from __future__ import annotations

import time
from typing import Any, Dict, Iterator

from v8inspect.commands.arguments import Namespace
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command("slow", "takes a minute", example="slow")
def slow(ctx: Context, args: Namespace) -> Iterator[Row]:
    """No rows, much progress."""
    print("v8inspect-slow-starts", flush=True)
    for done in range(1200):
        time.sleep(0.05)
        ctx.host.progress("sleeping", done, 1200)
    yield from ()


def __lldb_init_module(debugger: Any, _: Dict[str, Any]) -> None:
    from lldb_plugin.adapter import register

    register(debugger)
