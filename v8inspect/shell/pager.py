"""Long answers on a terminal go through the user's pager, as git's do."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import List, Optional


def pager_command() -> Optional[List[str]]:
    """$PAGER, else less or more; None when there is none, or when it is `cat` or empty."""
    posix = os.name == "posix"
    words = shlex.split(os.environ["PAGER"], posix=posix) if "PAGER" in os.environ else []
    if "PAGER" not in os.environ:
        # Windows' more knows neither UTF-8 nor colours.
        known = ("less", "more") if posix else ("less",)
        words = [name for name in known if shutil.which(name)][:1]
    if not words or words == ["cat"] or shutil.which(words[0]) is None:
        return None
    return words


class Pager:
    """A running pager. `write` raises BrokenPipeError once the user has left it."""

    def __init__(self, command: List[str]) -> None:
        # F: leave at once if it fits the screen; R: our colours; X: leave the text on the screen.
        environment = {"LESS": "FRX", "LV": "-c", **os.environ}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            env=environment,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
        )

    def write(self, text: str) -> None:
        """Hands over text; blocks while the user reads."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(text)
            self._process.stdin.flush()
        except OSError as error:  # Windows says EINVAL
            raise BrokenPipeError from error

    def close(self) -> None:
        """Ends the text and waits until the user leaves."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except OSError:  # BrokenPipeError, on Windows EINVAL
            pass
        while True:
            try:
                self._process.wait()
                return
            except KeyboardInterrupt:  # the pager has its own use for it
                continue
