"""Registers every command under the prefix `v8`, and carries its output through GDB."""

from __future__ import annotations

from typing import List, Optional, Union

import gdb

from gdb_plugin.host import GdbHost
from gdb_plugin.own_stack import OwnStack
from v8inspect.commands.completion import complete
from v8inspect.commands.registry import Command, commands
from v8inspect.commands.runner import ANSWERED, DAMAGED, run_line
from v8inspect.errors import OutputClosed
from v8inspect.render.errors import failure_lines
from v8inspect.render.output import StreamOutput

_OVERVIEW = """Look into core dumps of Node.js (v8inspect).

`v8 help` lists the commands, `v8 help COMMAND` explains one.
`v8 open FILE [EXE]` looks at a dump that GDB has not loaded."""


class GdbOutput(StreamOutput):
    """Through gdb.write, so that paging and logging work; failures become a GdbError."""

    def __init__(self) -> None:
        self.problems: List[str] = []

    def write(self, text: str) -> None:
        """See StreamOutput."""
        try:
            gdb.write(text)
        except KeyboardInterrupt:  # `q` in GDB's pager
            raise OutputClosed() from None

    def remark(self, line: str) -> None:
        """See StreamOutput."""
        gdb.write(line + "\n", gdb.STDERR)

    def failure(self, error: BaseException, command: str) -> None:
        """See Output."""
        self.problems += failure_lines(error, command)


class _Adapter(gdb.Command):
    def __init__(self, word: str, entry: Command, host: GdbHost) -> None:
        self.__doc__ = f"{entry.summary}\n\n{entry.manual}"
        self._word = word
        self._host = host
        super().__init__(f"v8 {word}", gdb.COMMAND_DATA)

    def invoke(self, argument: str, from_tty: bool) -> None:
        """Called by GDB with the rest of the line."""
        _run(f"{self._word} {argument}", self._host)

    def complete(self, text: str, word: Optional[str]) -> Union[List[str], int]:
        """Called by GDB for TAB."""
        if self._word == "open":
            return int(gdb.COMPLETE_FILENAME)
        if word is None:  # asked only where words end
            return []
        # For GDB a word starts after dashes and dots, for us after a space.
        cut = len(text.rpartition(" ")[2]) - len(word)
        return [name[cut:] for name in complete(f"{self._word} {text}", self._host.name)]


class _Prefix(gdb.Command):
    def __init__(self, host: GdbHost) -> None:
        self.__doc__ = _OVERVIEW
        self._host = host
        super().__init__("v8", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)

    def invoke(self, argument: str, from_tty: bool) -> None:
        """`v8` alone, `v8 --json …` and unknown commands."""
        _run(argument, self._host)


def _run(line: str, host: GdbHost) -> None:
    output = GdbOutput()
    status = run_line(line, host, output)
    if status not in (ANSWERED, DAMAGED):
        raise gdb.GdbError("\n".join(output.problems))


def register() -> None:
    """Adds `v8` and its commands to this GDB."""
    host = GdbHost()
    host.own_stack = OwnStack()
    _Prefix(host)
    for entry in commands(host.name):
        for word in (entry.name, *entry.aliases):
            _Adapter(word, entry, host)
