"""The shell's output: stdout for the answer, and nothing else; stderr for remarks."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Iterable, List, Optional

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
        # Windows sets no TERM; its Terminal, which takes colours, says so in a variable of its own.
        kind = os.environ.get("TERM", "xterm" if "WT_SESSION" in os.environ else "dumb")
        able = self._tty and kind != "dumb"
        self.colour = able and not os.environ.get("NO_COLOR")
        self._pager: Optional[Pager] = None
        self._held: List[str] = []
        self._held_lines = 0
        self._may_page = use_pager and able and sys.stdin.isatty()
        self._page_at = 0  # from this many lines on there is a pager; 0: never
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                # Names can hold what this locale's encoding has not.
                stream.reconfigure(errors="backslashreplace")

    def rows(self, rows: Iterable[Row], json: bool) -> None:
        """See Output. A bar is for people who wait for text."""
        self.bar.enabled = not json and self._tty and sys.stderr.isatty()
        if self._may_page:
            self._page_at = os.get_terminal_size(sys.stdout.fileno()).lines
        super().rows(rows, json)

    def write(self, text: str) -> None:
        """See StreamOutput. Nothing is paged before it is longer than the screen."""
        self.bar.stop()
        if self._pager is not None:
            self._pager.write(text)
        elif self._page_at and self._held_lines < self._page_at:
            self._held.append(text)
            self._held_lines += text.count("\n")
            if self._held_lines >= self._page_at:
                self._start_pager()
        else:
            self._print(text)

    def show_held(self) -> None:
        """Prints what waits for the decision whether it is to be paged."""
        held, self._held = self._held, []
        if held:
            self._print("".join(held))

    def finish(self) -> None:
        """See StreamOutput."""
        self.bar.stop()
        pager, self._pager = self._pager, None
        if pager is not None:
            pager.close()
        else:
            self.show_held()
        self._held_lines = 0

    def _start_pager(self) -> None:
        from v8inspect.shell.pager import Pager, pager_command

        command = pager_command()
        if command is None:
            self._page_at = 0
            self.show_held()
            return
        self._pager = Pager(command)
        held, self._held = self._held, []
        self._pager.write("".join(held))

    def _print(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            # Python flushes once more at exit and would complain then.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise

    def remark(self, line: str) -> None:
        """See StreamOutput."""
        self.bar.stop()
        try:
            print(line, file=sys.stderr, flush=True)
        except OSError:  # a closed stderr is no reason to fail
            pass
