"""The shell as a host of commands: the dump or process is the one of the command line."""

from __future__ import annotations

import sys
from typing import Optional

from v8inspect.commands.host import Host, Source
from v8inspect.errors import UsageError
from v8inspect.shell.terminal import Terminal


class ShellHost(Host):
    """`source` from -c or -p, -e and --sysroot."""

    name = "shell"

    def __init__(self, source: Optional[Source], output: Terminal) -> None:
        super().__init__()
        self._source = source
        self._output = output

    def selected(self) -> Optional[Source]:
        """See Host."""
        if self._source is None:
            raise UsageError("", "no core dump is given; say: v8inspect -c CORE COMMAND")
        return self._source

    def confirm(self, question: str) -> bool:
        """See Host."""
        if not sys.stdin.isatty():
            return super().confirm(question)
        self._output.show_held()
        print(question, end="", file=sys.stderr)
        print("[y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def save(self) -> None:
        """See Host."""
        try:
            super().save()
        finally:
            self._output.bar.stop()

    def progress(self, what: str, done: int, total: int) -> None:
        """See Host."""
        self._output.bar(what, done, total)
