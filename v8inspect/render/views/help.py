"""`help`."""

from __future__ import annotations

from v8inspect.commands.help import CommandRow, HelpHint, HelpRow
from v8inspect.render.text import Line, Lines, Part, view


@view(CommandRow)
def _command(row: CommandRow) -> Line:
    also = f" (also {', '.join(row.aliases)})" if row.aliases else ""
    return (Part("name", f"{row.command:<18}"), f" {row.summary}{also}")


@view(HelpHint, under=CommandRow)
def _hint(row: HelpHint) -> Lines:
    return Lines(["", row.hint])


@view(HelpRow)
def _help(row: HelpRow) -> Lines:
    return Lines(row.text.splitlines())
