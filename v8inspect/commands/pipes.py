"""Commands one after the other: `findjsinstances Session | jsprint user | head -5`.

What goes from one to the next are addresses; a command that takes one runs once for each. `head`
and `wc` let rows through. A command alone is a pipe of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterable, Iterator, List, Sequence

from v8inspect.commands.registry import Command, find
from v8inspect.errors import NotAnObject, UsageError
from v8inspect.rows import Address, Row, Summary

if TYPE_CHECKING:
    from v8inspect.commands.arguments import Namespace
    from v8inspect.commands.context import Context


@dataclass(frozen=True)
class AddressRow(Row):
    """An address and nothing else."""

    address: Address


@dataclass(frozen=True)
class _Stage:
    command: Command
    args: Namespace


class Pipe:
    """A line of commands with `|` between them; raises UsageError, HelpRequested."""

    def __init__(self, words: Sequence[str], front_end: str) -> None:
        self._stages: List[_Stage] = []
        for part in _parts(words):
            if not part:
                raise UsageError("", "nothing on one side of a `|`")
            entry = find(part[0], front_end)
            inside = bool(self._stages)
            if inside and entry.feed is None and entry.passes is None:
                raise UsageError(entry.name, "takes no addresses from a pipe")
            if not inside and entry.passes is not None:
                raise UsageError(entry.name, "stands behind a `|`")
            # mdb's and the shell's `head -5`.
            rest = ["-n", part[1][1:]] if _is_short_count(entry, part) else part[1:]
            self._stages.append(_Stage(entry, entry.parse(rest, fed=inside)))

    @property
    def name(self) -> str:
        """The name of the last command, which is the one that answers."""
        return self._stages[-1].command.name

    @property
    def json(self) -> bool:
        """Whether one of them was asked for JSON."""
        return any(stage.args.json for stage in self._stages)

    def rows(self, context: Context) -> Iterable[Row]:
        """What the last command says; everything before it runs as it is asked for rows."""
        addresses_only = any(stage.args.addresses for stage in self._stages)
        first, *others = self._stages
        rows: Iterable[Row]
        if first.command.source is not None and (others or addresses_only):
            rows = map(AddressRow, first.command.source(context, first.args))
        else:
            rows = first.command.body(context, first.args)
        for stage in others:
            if stage.command.passes is not None:
                rows = stage.command.passes(rows, stage.args)
            else:
                rows = _fed(context, stage, _addresses(rows, stage.command.name))
        if addresses_only:
            rows = map(AddressRow, _addresses(rows, self.name))
        return rows


def _is_short_count(entry: Command, part: Sequence[str]) -> bool:
    return entry.passes is not None and len(part) == 2 and part[1][1:].isdigit()


def _parts(words: Sequence[str]) -> Iterator[List[str]]:
    part: List[str] = []
    for word in words:
        if word == "|":
            yield part
            part = []
        else:
            part.append(word)
    yield part


_NONE = object()


def _addresses(rows: Iterable[Row], command: str) -> Iterator[Address]:
    for row in rows:
        if isinstance(row, Summary):
            continue
        address = getattr(row, "address", _NONE)
        if address is None:
            continue  # rows of this kind have one, but this has not
        if not isinstance(address, Address):
            raise UsageError(command, "there are no addresses in what comes before")
        yield address


def _fed(context: Context, stage: _Stage, addresses: Iterable[Address]) -> Iterator[Row]:
    """The rows of one command for each address. One that is no object for it does not end the
    rest, but the answer is marked."""
    for address in addresses:
        setattr(stage.args, str(stage.command.feed), str(address))
        try:
            yield from stage.command.body(context, stage.args)
        except NotAnObject as error:
            context.damage(f"{error.address:#x}: {error.why}")
