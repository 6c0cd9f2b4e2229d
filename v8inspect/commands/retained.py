"""`retained`, `dominators`, `path`: what keeps memory, and what keeps that."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import Namespace, arg, natural, positive
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row

_NUMBER = arg(
    "-n", "--number", type=natural, default=20, metavar="N", help="N greatest; 0: all (usual: 20)"
)


@command(
    "retained",
    "shows how much memory would go with the objects of each name",
    arg("name", nargs="?", help="the objects of this name, one by one"),
    _NUMBER,
    example="retained -n 10\nretained -n 5 Session",
    see=("dominators ADDRESS", "path ADDRESS", "findjsobjects --live"),
    details=(
        "An object retains what would go if it did: itself, and all that roots lead to only\n"
        "through it, memory of buffers included. Only what is alive is looked at. Rules are those\n"
        "of Chrome's DevTools. Rows are in ascending order; of one name each byte is counted\n"
        "once. Size is the objects' own bytes."
    ),
)
def retained(ctx: Context, args: Namespace) -> Iterable[Row]:
    """Rows by name, or by object."""
    from v8inspect.analysis.retained import retained_by_name, retained_instances
    from v8inspect.heap.health import problems

    limit = args.number or None
    if args.name is None:
        yield from retained_by_name(ctx.session, limit)
    else:
        yield from retained_instances(ctx.session, args.name, limit)
    for problem in problems(ctx.session):
        ctx.damage(problem)


@command(
    "dominators",
    "shows what an object dominates, and what dominates it",
    arg("address", nargs="?", help="of the object; without it the greatest of all"),
    _NUMBER,
    feed="address",
    example="dominators -n 10",
    see=("retained", "path ADDRESS"),
    details=(
        "All ways from roots to an object lead through its dominators: if one of them went, so\n"
        "would the object. First come those, from the greatest on, then the object itself, then\n"
        "the N greatest of those that it dominates immediately."
    ),
)
def dominators(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each object."""
    from v8inspect.analysis.retained import dominated
    from v8inspect.heap.health import problems

    word = None if args.address is None else (ctx.address(args.address) & ~7) | 1
    yield from dominated(ctx.session, word, args.number or None)
    for problem in problems(ctx.session):
        ctx.damage(problem)


@command(
    "path",
    "shows the shortest ways from roots to an object",
    arg("address", help="of the object"),
    arg("-n", "--number", type=positive, default=1, metavar="N", help="N ways (usual: 1)"),
    feed="address",
    example="path 0x34c1bd02b9",
    see=("findrefs ADDRESS", "dominators ADDRESS"),
    details=(
        "Each way begins with its root: a handle of C++, a stack, V8's own roots. Then a line for\n"
        "each reference on the way, as `findrefs` shows them. Weak references keep nothing alive\n"
        "and are left out; garbage has no way."
    ),
)
def path(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each step."""
    from v8inspect.analysis.retained import paths_to
    from v8inspect.heap.health import problems

    word = (ctx.address(args.address) & ~7) | 1
    yield from paths_to(ctx.session, word, args.number)
    for problem in problems(ctx.session):
        ctx.damage(problem)
