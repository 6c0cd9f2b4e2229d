"""`roots`, `handles`: what is alive by itself, and what C++ holds."""

from __future__ import annotations

from typing import Iterable

from v8inspect.commands.arguments import ISOLATE, Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "roots",
    "shows what is alive by itself: V8's roots, handles of C++, stacks",
    arg("category", nargs="*", help="only categories with this in their name: `stack`, `global`"),
    arg("-v", "--verbose", action="store_true", help="each root with its slot and what it holds"),
    ISOLATE,
    example="roots\nroots -v stack",
    see=("handles", "path ADDRESS"),
    details=(
        "All that is alive is held by one of these. On a stack every word counts that is an\n"
        "object's address, in the frame that `bt` shows under that number. What is in a flushed\n"
        "cache lives no longer for that: V8 empties these when a collection begins."
    ),
)
def roots(ctx: Context, args: Namespace) -> Iterable[Row]:
    """Rows by category, or one for each root."""
    from v8inspect.analysis.roots import root_counts, root_rows
    from v8inspect.heap.health import problems

    rows = root_rows if args.verbose else root_counts
    yield from rows(ctx.session, " ".join(args.category), args.isolate)
    for problem in problems(ctx.session):
        ctx.damage(problem)


@command(
    "handles",
    "counts the handles of C++ by what they hold",
    arg(
        "kind",
        nargs="?",
        choices=("local", "global", "weak", "eternal"),
        help="only these",
    ),
    ISOLATE,
    example="handles\nhandles local",
    see=("roots -v", "path ADDRESS"),
    details=(
        "Local handles live as long as their HandleScope: many of one name are an addon that\n"
        "opens no scope in a loop. Global ones (persistent, references of Node-API) live until\n"
        "they are reset, weak ones keep nothing alive, eternal ones are there to stay."
    ),
)
def handles(ctx: Context, args: Namespace) -> Iterable[Row]:
    """Rows by kind and name, then how many there are of each kind."""
    from v8inspect.analysis.roots import handle_census
    from v8inspect.heap.handle_roots import WEAK
    from v8inspect.heap.health import problems

    kind = WEAK if args.kind == "weak" else args.kind
    yield from handle_census(ctx.session, kind, args.isolate)
    for problem in problems(ctx.session):
        ctx.damage(problem)
