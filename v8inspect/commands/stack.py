"""`bt`, `frame`, `up`, `down`, `jsframe`, `jsargs`, `source`, `threads`: where the program is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Optional

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.errors import NothingFound
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
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
    return _shown(ctx, None, _selected(ctx) + 1)


@command(
    "down",
    "selects the frame that the selected one called, and shows it",
    example="down",
    see=("up", "bt"),
)
def down(ctx: Context, args: Namespace) -> Iterable[Row]:
    """One row."""
    return _shown(ctx, None, max(_selected(ctx) - 1, 0))


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
    from v8inspect.analysis.stack import all_frames, argument_rows

    frames = all_frames(ctx.session, _thread(ctx, args.thread))
    return argument_rows(ctx.session, frames[_index(ctx, len(frames), args.number)])


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
    from v8inspect.analysis.stack import all_frames, source_rows

    frames = all_frames(ctx.session, _thread(ctx, args.thread))
    index = _index(ctx, len(frames), None)
    return source_rows(frames[index], args.line, max(args.lines, 1))


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
    from v8inspect.analysis.stack import all_frames

    frames = all_frames(ctx.session, _thread(ctx, None))
    shared = frames[_index(ctx, len(frames), None)].shared
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


def _selected(ctx: Context) -> int:
    from v8inspect.analysis.stack import all_frames

    return _index(ctx, len(all_frames(ctx.session, _thread(ctx, None))), None)


def _index(ctx: Context, count: int, number: Optional[int]) -> int:
    """The frame to look at; selects it if it was named."""
    from v8inspect.analysis.stack import all_frames, first_js

    selection = ctx.host.selection
    if number is None:
        number = selection.frame
    if number is None:
        number = first_js(all_frames(ctx.session, _thread(ctx, selection.thread)))
    if not 0 <= number < count:
        raise NothingFound("frame", str(number))
    selection.frame = number
    return number


def _shown(ctx: Context, thread: Optional[int], number: Optional[int]) -> Iterable[Row]:
    from v8inspect.analysis.stack import all_frames, frame_detail

    chosen = _thread(ctx, thread)
    frames = all_frames(ctx.session, chosen)
    index = _index(ctx, len(frames), number)
    return [frame_detail(ctx.session, frames[index], index, chosen.tid)]
