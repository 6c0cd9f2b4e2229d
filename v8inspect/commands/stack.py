"""`bt`, `frame`, `up`, `down`, `jsframe`, `jsargs`, `source`, `threads`: where the program is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Optional, Tuple

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.errors import NothingFound
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.stack.frame import Frame
    from v8inspect.target import Thread

_THREAD = arg(
    "-t",
    "--thread",
    type=int,
    metavar="N",
    help="of this thread: its number from `threads`, or its tid (default: the selected one)",
)


@command(
    "bt",
    "shows the stack: JavaScript, V8's and native frames in order",
    arg("count", metavar="N", nargs="?", type=int, help="only the N innermost frames"),
    arg("-a", "--all", action="store_true", help="of all threads"),
    arg("-v", "--verbose", action="store_true", help="with pc, fp, and what runs each frame"),
    _THREAD,
    aliases=("jsstack",),
    example="bt",
    see=("frame N", "threads", "source list"),
    details=(
        "Lines and columns are those of the calls, of inlined functions too. `~` marks a place\n"
        "that is only near the right one. Frames under `at async` do not run: they go on when\n"
        "what they await is done."
    ),
)
def bt(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each frame."""
    from v8inspect.analysis.stack import StackEnd, detailed, stack_rows

    session = ctx.session
    threads = session.target.threads() if args.all else [_thread(ctx, args.thread)]
    selected = None if args.all else ctx.host.selection.frame
    for row in stack_rows(session, threads, max(args.count or 0, 0), selected=selected):
        if isinstance(row, StackEnd) and row.damaged:
            ctx.damage(row.text)
        yield detailed(row) if args.verbose else row


@command(
    "frame",
    "selects a frame and shows it: arguments, registers, variables",
    arg("number", metavar="N", nargs="?", type=int, help="as `bt` counts (default: the selected)"),
    _THREAD,
    example="frame 3",
    see=("up", "down", "source list", "bt"),
)
def frame(ctx: Context, args: Namespace) -> Iterable[Row]:
    """One row with everything."""
    return _shown(ctx, args.thread, args.number)


@command(
    "up",
    "selects the frame that called the selected one, and shows it",
    example="up",
    see=("down", "bt"),
)
def up(ctx: Context, args: Namespace) -> Iterable[Row]:
    """One row."""
    return _shown(ctx, None, _frame(ctx, None, None)[1] + 1)


@command(
    "down",
    "selects the frame that the selected one called, and shows it",
    example="down",
    see=("up", "bt"),
)
def down(ctx: Context, args: Namespace) -> Iterable[Row]:
    """One row."""
    return _shown(ctx, None, _frame(ctx, None, None)[1] - 1)


@command(
    "jsframe",
    "lists the functions on the stack, an address a line",
    _THREAD,
    example="jsframe | jsfunction",
    see=("bt", "jsargs"),
)
def jsframe(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each JS frame that has a function."""
    from v8inspect.analysis.stack import function_rows

    return function_rows(ctx.session, _thread(ctx, args.thread))


@command(
    "jsargs",
    "lists `this` and the arguments of a frame",
    arg("number", metavar="N", nargs="?", type=int, help="as `bt` counts (default: the selected)"),
    _THREAD,
    example="jsargs 3",
    see=("frame N", "bt"),
)
def jsargs(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each."""
    from v8inspect.analysis.stack import argument_rows

    return argument_rows(ctx.session, _frame(ctx, args.thread, args.number)[2])


@command(
    "source",
    "shows the source around the call in a frame",
    arg("what", choices=("list",), help="list"),
    arg("-l", "--line", type=int, metavar="LINE", help="around this line of the frame's script"),
    arg("-n", "--lines", type=int, default=11, metavar="N", help="how many lines (default: 11)"),
    _THREAD,
    example="source list",
    see=("frame N", "jssource ADDRESS"),
)
def source(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each line."""
    from v8inspect.analysis.stack import source_rows

    return source_rows(_frame(ctx, args.thread, None)[2], args.line, max(args.lines, 1))


@command(
    "threads",
    "lists the threads, the isolate of each and what it runs",
    example="threads",
    see=("bt -t N", "bt -a"),
)
def threads(ctx: Context, args: Namespace) -> Iterable[Row]:
    """A row for each."""
    from v8inspect.analysis.stack import thread_rows

    return thread_rows(ctx.session)


def selected_function(ctx: Context) -> Address:
    """The SharedFunctionInfo of the selected frame; raises NothingFound."""
    shared = _frame(ctx, None, None)[2].shared
    if shared is None:
        raise NothingFound("JavaScript function", "of the selected frame")
    return Address(shared.word)


def _thread(ctx: Context, number: Optional[int]) -> Thread:
    from v8inspect.analysis.stack import thread_of

    session = ctx.session
    selection = ctx.host.selection
    if number is None:
        # The debugger may have selected one of another dump than `open` looks at.
        selected = ctx.host.thread()
        known = any(thread.tid == selected for thread in session.target.threads())
        number = selected if known else selection.thread
    thread = thread_of(session, number)
    if thread.tid != selection.thread:
        selection.thread, selection.frame = thread.tid, None
    return thread


def _frame(ctx: Context, thread: Optional[int], number: Optional[int]) -> Tuple[Thread, int, Frame]:
    """The frame to look at, which is the selected one from now on."""
    from v8inspect.analysis.stack import frame_of

    chosen = _thread(ctx, thread)
    selection = ctx.host.selection
    index, frame = frame_of(
        ctx.session, chosen, selection.frame if number is None else max(number, 0)
    )
    selection.frame = index
    return chosen, index, frame


def _shown(ctx: Context, thread: Optional[int], number: Optional[int]) -> Iterable[Row]:
    from v8inspect.analysis.stack import frame_detail

    chosen, index, frame = _frame(ctx, thread, number)
    return [frame_detail(ctx.session, frame, index, chosen)]
