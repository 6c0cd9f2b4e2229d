"""Registers every command under the container `v8`, and carries its output through LLDB."""

from __future__ import annotations

import shlex
from typing import Any, List

import lldb

from lldb_plugin.host import LldbHost
from lldb_plugin.own_stack import OwnStack, is_offered
from v8inspect.commands.registry import Command, commands
from v8inspect.commands.runner import ANSWERED, DAMAGED, run_line
from v8inspect.render.errors import failure_lines
from v8inspect.render.output import StreamOutput

# No backquotes: LLDB evaluates what they enclose.
_OVERVIEW = "Look into core dumps of Node.js (v8inspect). v8 help lists the commands."


class LldbOutput(StreamOutput):
    """Through the result object, which is what scripts and debug consoles see."""

    def __init__(self, host: LldbHost, result: Any) -> None:
        self._host = host
        self._result = result
        self.problems: List[str] = []

    def write(self, text: str) -> None:
        """See StreamOutput."""
        self._result.Print(text)  # AppendMessage would trim blanks and empty lines at the end

    def poll(self) -> None:
        """See StreamOutput."""
        self._host.poll()

    def remark(self, line: str) -> None:
        """See StreamOutput."""
        prefix = "warning: "  # LLDB's own
        self._result.AppendWarning(line[len(prefix) :] if line.startswith(prefix) else line)

    def failure(self, error: BaseException, command: str) -> None:
        """See Output."""
        self.problems += failure_lines(error, command)


class _Adapter:
    """Base of the classes that LLDB makes objects of, one for each command."""

    word: str
    entry: Command
    host: LldbHost

    def __init__(self, debugger: Any, _: Any) -> None:
        pass

    def __call__(self, debugger: Any, argument: str, context: Any, result: Any) -> None:
        """Called by LLDB with the rest of the line."""
        output = LldbOutput(self.host, result)
        try:
            status = run_line(f"{self.word} {argument}", self.host, output)
        except BaseException as error:  # what escapes here would count as success
            status = 1
            output.failure(error, self.word)
        if status not in (ANSWERED, DAMAGED):
            result.SetError("\n".join(output.problems).partition("error: ")[2])

    def get_short_help(self) -> str:
        """For `help v8`."""
        return self.entry.summary

    def get_long_help(self) -> str:
        """For `help v8 COMMAND`."""
        return self.entry.manual


def register(debugger: Any) -> None:
    """Adds `v8` and its commands to this debugger."""
    host = LldbHost(debugger)
    if is_offered():
        host.own_stack = OwnStack(debugger, __package__ or "lldb_plugin")
    _do(debugger, f"command container add -o -h {shlex.quote(_OVERVIEW)} v8")
    for entry in commands(host.name):
        for word in (entry.name, *entry.aliases):
            # LLDB finds a class by its dotted name, so it must be a global of this module.
            name = f"Command_{word}"
            members = {"word": word, "entry": entry, "host": host}
            globals()[name] = type(name, (_Adapter,), members)
            _do(debugger, f"command script add -o -c {__name__}.{name} v8 {word}")


def _do(debugger: Any, line: str) -> None:
    result = lldb.SBCommandReturnObject()
    debugger.GetCommandInterpreter().HandleCommand(line, result)
    if not result.Succeeded():
        print(f"v8inspect: LLDB refuses `{line}`: {result.GetError()}")
