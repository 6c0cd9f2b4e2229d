"""`jsfunction`, `jsfunctions`, `jssource`: functions by definition, and their sources."""

from __future__ import annotations

from typing import Iterator

from v8inspect.commands.arguments import ISOLATE, Namespace, arg, natural
from v8inspect.commands.context import Context
from v8inspect.commands.inspect import ADDRESS
from v8inspect.commands.registry import command
from v8inspect.rows import Row


@command(
    "jsfunction",
    "shows the name of a function and where it was defined",
    ADDRESS,
    feed="address",
    example="jsfunction 0x9cdcd5be429",
    see=("jssource", "jsclosure", "inspect"),
)
def jsfunction(ctx: Context, args: Namespace) -> Iterator[Row]:
    """One FunctionRow."""
    from v8inspect.analysis.functions import function_row

    yield function_row(ctx.session, ctx.address(args.address))


@command(
    "jsfunctions",
    "lists functions by definition, with the number of closures of each",
    arg("-n", "--name", metavar="NAME", help="only those whose name has NAME in it"),
    arg("-s", "--script", metavar="FILE", help="only those whose script's name has FILE in it"),
    arg("-x", "--code", metavar="PC", help="only the one whose code holds PC"),
    arg("-l", "--list", action="store_true", help="the closures themselves, one a line"),
    ISOLATE,
    example="jsfunctions -s app.js\njsfunctions -l -n onRequest",
    see=("jsfunction", "jsclosure", "jssource"),
)
def jsfunctions(ctx: Context, args: Namespace) -> Iterator[Row]:
    """DefinitionRows, or FunctionClosures."""
    from v8inspect.analysis.functions import definitions
    from v8inspect.heap.health import problems

    pc = None if args.code is None else int(ctx.address(args.code))
    yield from definitions(ctx.session, args.name, args.script, args.list, args.isolate, pc)
    for problem in problems(ctx.session):
        ctx.damage(problem)


@command(
    "jssource",
    "shows the source of a function with line numbers",
    arg(
        "-n",
        "--lines",
        type=natural,
        default=5,
        metavar="LINES",
        help="lines before and after it (5)",
    ),
    arg(
        "address",
        metavar="ADDR",
        nargs="?",
        help="of a function, … (default: the function of the selected frame)",
    ),
    feed="address",
    example="jssource 0x9cdcd5be429",
    see=("jsfunction", "inspect"),
    details=(
        "ADDR is a function, what is bound to one, a generator or async function (the line where "
        "it waits), a SharedFunctionInfo or a Script."
    ),
)
def jssource(ctx: Context, args: Namespace) -> Iterator[Row]:
    """SourceLines."""
    from v8inspect.analysis.functions import source_lines

    if args.address is not None:
        address = ctx.address(args.address)
    else:
        from v8inspect.commands.stack import selected_function

        address = selected_function(ctx)
    yield from source_lines(ctx.session, address, args.lines)
