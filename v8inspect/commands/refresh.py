"""`refresh`: another picture of the live process, at the prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

from v8inspect.commands.arguments import Namespace
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@dataclass(frozen=True)
class RefreshedRow(Row):
    """The picture that is looked at from now on."""

    process: str
    bytes: int


@command(
    "refresh",
    "takes another picture of the live process",
    example="refresh",
    see=("findjsobjects", "bt"),
    front_ends=("shell",),
    details="At the prompt of `v8inspect -p PID` all commands look at one picture, taken when "
    "it starts. In another picture objects may be elsewhere: no address of the one before holds.",
)
def refresh(ctx: Context, args: Namespace) -> Iterator[RefreshedRow]:
    """Stops the process again, copies, and lets it go on."""
    target = ctx.host.refresh().target
    yield RefreshedRow(target.name, target.facts.size)
