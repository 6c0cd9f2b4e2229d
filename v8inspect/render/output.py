"""Carries rendered lines to a stream: the base of what the front ends give to the runner."""

from __future__ import annotations

from typing import Iterable

from v8inspect.errors import OutputClosed, OutputFailed
from v8inspect.render.errors import failure_lines
from v8inspect.rows import Row

_CHUNK_LINES = 256


class StreamOutput:
    """Implements `commands.context.Output` over `write` (the answer) and `remark` (stderr lines).

    Lines are written in chunks, the first ones early, so that a pipe is fed while rows come.
    """

    colour = False

    def write(self, text: str) -> None:
        """Writes text of the answer; may raise OSError."""
        raise NotImplementedError

    def remark(self, line: str) -> None:
        """Writes one line beside the answer."""
        raise NotImplementedError

    def finish(self) -> None:
        """Called when an answer is complete or given up."""

    def poll(self) -> None:
        """Called now and then in long listings; may raise Interrupted."""

    def rows(self, rows: Iterable[Row], json: bool) -> None:
        """See Output."""
        if json:
            from v8inspect.render.json_lines import json_lines

            lines = json_lines(rows)
        else:
            from v8inspect.render.text import text_lines

            lines = text_lines(rows, self.colour)
        pending = []
        limit = 1
        try:
            try:
                for line in lines:
                    pending.append(line)
                    if len(pending) >= limit:
                        self._put(pending)
                        limit = min(2 * limit, _CHUNK_LINES)
            finally:
                # What came before an error is shown before the error.
                self._put(pending)
        finally:
            self.finish()

    def text(self, text: str) -> None:
        """See Output."""
        self._put([text])
        self.finish()

    def note(self, line: str) -> None:
        """See Output."""
        from v8inspect.render.clean import clean

        for part in line.split("\n"):
            self.remark(clean(part))

    def failure(self, error: BaseException, command: str) -> None:
        """See Output."""
        for line in failure_lines(error, command):
            self.remark(line)

    def _put(self, lines: list[str]) -> None:
        if not lines:
            return
        text = "\n".join(lines) + "\n"
        lines.clear()
        try:
            self.write(text)
        except BrokenPipeError:
            raise OutputClosed() from None
        except OSError as error:
            raise OutputFailed(error.strerror or str(error)) from None
        self.poll()
