"""`suspects` and `group`: where memory has gathered, and how it is held."""

from __future__ import annotations

import argparse
from typing import Iterable

from v8inspect.commands.arguments import Namespace, arg, natural
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


def _percent(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"`{text}` is no number from 0 to 100")
    return value


@command(
    "suspects",
    "says what looks like a leak, the likeliest first",
    arg("-n", "--number", type=natural, default=5, metavar="N", help="N; 0: all (usual: 5)"),
    arg(
        "--least",
        type=_percent,
        default=5.0,
        metavar="PERCENT",
        help="of what is alive, that one must retain (usual: 5)",
    ),
    example="suspects\nsuspects --least 1",
    see=("path ADDRESS", "group", "diff OTHER", "dominators ADDRESS"),
    details=(
        "Objects that retain much by many parts: collections with what fills them, lists, single\n"
        "great ones. And, however little they retain: 100 listeners of one event, 100 timers with\n"
        "one callback, 1000 pending promises in one place, contexts of `vm` that nothing of C++\n"
        "holds. One dump can't tell a leak from a big cache; `diff` of two can."
    ),
)
def suspects(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each suspect."""
    from v8inspect.analysis.suspects import suspects
    from v8inspect.heap.health import problems

    yield from suspects(ctx.session, args.least, args.number or None)
    for problem in problems(ctx.session):
        ctx.damage(problem)


@command(
    "group",
    "puts objects together by how they are held",
    arg("name", nargs="?", help="only objects of this name"),
    arg(
        "-n",
        "--number",
        type=natural,
        default=20,
        metavar="N",
        help="N greatest; 0: all (usual: 20)",
    ),
    arg("-a", "--all", action="store_true", help="also what is no more than its holders"),
    example="group\ngroup Session",
    see=("path ADDRESS", "suspects", "diff --by path OTHER"),
    details=(
        "All that is reached from the roots in the same way is one line, such as everything in\n"
        "`Object.sessions → Map(value)`: array indices and keys of Maps are folded, and so are\n"
        "links of lists (`Link.next*`). Each object is counted once, by its shortest way;\n"
        "handles of C++ come before stacks. Without NAME only lines where there are more objects\n"
        "than hold them: elements, entries, listeners. Rows are in ascending order of what they\n"
        "retain."
    ),
)
def group(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each way of being held."""
    from v8inspect.analysis.group import grouped
    from v8inspect.heap.health import problems

    yield from grouped(ctx.session, args.name, args.number or None, args.all)
    for problem in problems(ctx.session):
        ctx.damage(problem)
