"""The shell's output: stdout for the answer, and nothing else; stderr for remarks."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Iterable, Optional

from v8inspect.render.output import StreamOutput
from v8inspect.rows import Row
from v8inspect.shell.progress import Bar

if TYPE_CHECKING:
    from v8inspect.shell.pager import Pager


class Terminal(StreamOutput):
    """Output on this process' stdout and stderr; paged where a person reads it."""

    def __init__(self, bar: Bar, use_pager: bool = True) -> None:
        self.bar = bar
        self._tty = sys.stdout.isatty()
        self._use_pager = use_pager and self._tty and sys.stdin.isatty()
        self._pager: Optional[Pager] = None
        self.colour = (
            self._tty and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        )
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                # Names can hold what this locale's encoding has not.
                stream.reconfigure(errors="backslashreplace")

    def rows(self, rows: Iterable[Row], json: bool) -> None:
        """See Output. A bar is for people who wait for text."""
        self.bar.enabled = not json and self._tty and sys.stderr.isatty()
        super().rows(rows, json)

    def write(self, text: str) -> None:
        """See StreamOutput."""
        self.bar.stop()
        if self._use_pager and self._pager is None:
            from v8inspect.shell.pager import Pager, pager_command

            command = pager_command()
            if command is None:
                self._use_pager = False
            else:
                self._pager = Pager(command)
        if self._pager is not None:
            self._pager.write(text)
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            # Python flushes once more at exit and would complain then.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise

    def finish(self) -> None:
        """See StreamOutput."""
        self.bar.stop()
        pager, self._pager = self._pager, None
        if pager is not None:
            pager.close()

    def remark(self, line: str) -> None:
        """See StreamOutput."""
        self.bar.stop()
        try:
            print(line, file=sys.stderr, flush=True)
        except OSError:  # a closed stderr is no reason to fail
            pass
