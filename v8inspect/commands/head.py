"""`head` and `wc`: what lets rows of a pipe through, or counts them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Iterable, Iterator

from v8inspect.commands.arguments import Namespace, arg, positive
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.errors import UsageError
from v8inspect.rows import Row, Summary


@dataclass(frozen=True)
class CountRow(Row):
    """How many rows came."""

    count: int


def _head(rows: Iterable[Row], args: Namespace) -> Iterator[Row]:
    return islice(rows, args.number)


def _count(rows: Iterable[Row], args: Namespace) -> Iterator[Row]:
    yield CountRow(sum(1 for row in rows if not isinstance(row, Summary)))


@command(
    "head",
    "shows the first rows of a pipe",
    arg("-n", "--number", type=positive, default=10, metavar="N", help="how many (10)"),
    example="findjsinstances Session | head -5",
    passes=_head,
)
def head(ctx: Context, args: Namespace) -> Iterable[Row]:
    """Only in pipes."""
    raise UsageError("head", "stands behind a `|`")


@command(
    "wc",
    "counts the rows of a pipe",
    example="findjsinstances Session | wc",
    passes=_count,
)
def wc(ctx: Context, args: Namespace) -> Iterable[Row]:
    """Only in pipes."""
    raise UsageError("wc", "stands behind a `|`")
