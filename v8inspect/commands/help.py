"""`help`: all commands, or one in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, List, Union

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command, commands, find
from v8inspect.rows import Row, Summary


@dataclass(frozen=True)
class CommandRow(Row):
    """One command."""

    command: str
    aliases: List[str]
    usage: str
    summary: str


@dataclass(frozen=True)
class HelpRow(Row):
    """The help of one command."""

    command: str
    text: str


@dataclass(frozen=True)
class HelpHint(Summary):
    """How to learn more."""

    hint: str = "help COMMAND says more of one of them"


@command(
    "help",
    "what there is, or one command in full",
    arg("command", nargs="?", help="the one to explain"),
    example="help findjsobjects",
)
def show_help(ctx: Context, args: Namespace) -> Iterator[Union[CommandRow, HelpRow, HelpHint]]:
    """A row for each command of this front end, or the text of one."""
    if args.command is not None:
        entry = find(args.command, ctx.host.name)
        yield HelpRow(entry.name, entry.help)
        return
    for entry in commands(ctx.host.name):
        yield CommandRow(entry.name, list(entry.aliases), entry.usage, entry.summary)
    yield HelpHint()
