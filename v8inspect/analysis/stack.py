"""`bt`, `frame`, `jsframe`, `jsargs`, `threads`: stacks as rows.

V8's own chain of frames is what counts; the native frames between its parts are found by unwinding
and fall in place by their stack pointers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import (
    TYPE_CHECKING,
    ClassVar,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from v8inspect.analysis.describe import Describer
from v8inspect.analysis.description import Described, Options
from v8inspect.errors import MemoryUnreadable, NoHeapMemory, NothingFound
from v8inspect.objects.code import BytecodeArray
from v8inspect.objects.contexts import Context
from v8inspect.objects.reader import reader_of
from v8inspect.objects.scripts import script_of
from v8inspect.objects.tagged import Value
from v8inspect.rows import Address, Row, Summary
from v8inspect.stack.async_frames import async_frames
from v8inspect.stack.confirming import confirmed
from v8inspect.stack.frame import INTERNAL, JS, NATIVE, Frame, Stack
from v8inspect.stack.mixed import mixed_frames
from v8inspect.stack.names import printed_name
from v8inspect.stack.native.names import readable
from v8inspect.stack.parameters import parameter_names
from v8inspect.stack.stacks import stacks_of
from v8inspect.stack.values import Boolean, Captured, FrameValues, OptimizedOut, values_of

if TYPE_CHECKING:
    from v8inspect.session import Session
    from v8inspect.target import Thread

_LINE = Options(depth=0, strings=40, nested_strings=40)
_SHOWN_ARGUMENTS = 16
_MAX_LINE = 1000  # units of a line of source that is shown
_MAX_CONTEXTS = 16
_SLICE = 64  # frames between two looks at progress
_GLOBAL = ("native", "script")  # kinds of contexts that all functions share


@dataclass(frozen=True)
class ThreadHead(Summary):
    """Stands above the frames of a thread. `number` counts from 1 as debuggers do."""

    number: int
    tid: int
    name: Optional[str]
    signal: int
    isolate: Optional[Address]
    state: str
    selected: bool = True


@dataclass(frozen=True)
class FrameRow(Row):
    """One frame of a stack. `index` counts all frames of the thread from 0, the innermost;
    `line` and `column` (from 1) are those of the call; `tier` says what runs it. `address` is the
    function's. `pc`, `fp` raw. `offset`: bytes from the start of a native `function`.
    `awaiting`: it does not run, but goes on when the frames above are done."""

    json_sparse: ClassVar[bool] = True
    json_hidden: ClassVar[Tuple[str, ...]] = ("more_arguments", "selected", "verbose")

    index: int
    thread: int
    kind: str
    function: str
    tier: str
    script: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    inlined: bool = False
    construct: bool = False
    approximate: bool = False
    awaiting: bool = False
    receiver: Optional[Described] = None
    arguments: Optional[List[Described]] = None
    more_arguments: int = 0
    address: Optional[Address] = None
    module: Optional[str] = None
    offset: Optional[int] = None
    pc: Optional[Address] = None
    fp: Optional[Address] = None
    problem: Optional[str] = None
    unverified: bool = False  # of an unknown V8, and nothing in the dump confirms it
    selected: bool = False
    verbose: bool = False


@dataclass(frozen=True)
class StackEnd(Summary):
    """Why a stack ends before its end (`damaged`), or how many frames are not shown."""

    text: str
    damaged: bool = False


@dataclass(frozen=True)
class Held(Row):
    """A value of a frame under a name: of a register, a parameter, a variable. `variable`: the
    local variable in a register, where the source tells it."""

    json_sparse: ClassVar[bool] = True

    name: str
    value: Described
    variable: Optional[str] = None


@dataclass(frozen=True)
class FrameDetail(Row):
    """A frame with all that it holds. `parameters` are the arguments by the names that the source
    text gives them, `registers` the interpreter's, `variables` those of the function's contexts,
    the innermost first."""

    json_sparse: ClassVar[bool] = True

    frame: FrameRow
    parameters: List[Held] = field(default_factory=list)
    registers: List[Held] = field(default_factory=list)
    variables: List[Held] = field(default_factory=list)
    bytecode: Optional[Address] = None
    bytecode_offset: Optional[int] = None
    code: Optional[Address] = None


@dataclass(frozen=True)
class ThreadRow(Row):
    """One thread: its isolate, what it runs on top."""

    json_sparse: ClassVar[bool] = True

    thread: int
    tid: int
    name: Optional[str]
    isolate: Optional[Address]
    state: str
    frames: int
    signal: int = 0
    function: Optional[str] = None
    script: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None


@dataclass(frozen=True)
class ArgumentRow(Row):
    """One argument of a frame, for pipes: `address` is the tagged word."""

    index: int
    name: str
    address: Optional[Address]
    value: Described


@dataclass(frozen=True)
class FunctionOnStack(Row):
    """A function on the stack, for pipes."""

    index: int
    function: str
    address: Address


@dataclass(frozen=True)
class SourceRow(Row):
    """A line of source; `current` is where the frame stands, at `column` (from 1)."""

    json_sparse: ClassVar[bool] = True

    script: str
    line: int
    text: str
    current: bool = False
    column: Optional[int] = None


def detailed(row: Row) -> Row:
    """The same row to be shown with pc, fp and tier."""
    return replace(row, verbose=True) if isinstance(row, FrameRow) else row


def thread_of(session: Session, number: Optional[int]) -> Thread:
    """The thread with this number (from 1) or tid; None: the one that crashed."""
    threads = session.target.threads()
    if number is None and threads:
        return threads[0]
    for index, thread in enumerate(threads, 1):
        if number in (index, thread.tid):
            return thread
    raise NothingFound("thread", "any" if number is None else str(number))


def stack_rows(
    session: Session,
    threads: Sequence[Thread],
    limit: int = 0,
    values: bool = True,
    selected: Optional[int] = None,
) -> Iterator[Union[ThreadHead, FrameRow, StackEnd]]:
    """The frames of these threads, innermost first, `limit` of each (0: all)."""
    numbers = {thread.tid: i for i, thread in enumerate(session.target.threads(), 1)}
    for thread in threads:
        stack = stacks_of(session).of(thread)
        number = numbers[thread.tid]
        yield _head(session, thread, number, stack)
        for index, frame in enumerate(all_frames(session, thread)):
            if limit and index >= limit:
                yield StackEnd("more frames")
                break
            if index % _SLICE == 0:
                session.progress("reading frames", index, 0)
            row = frame_row(session, frame, index, number, values)
            yield row if index != selected else replace(row, selected=True)
        if stack.problem is not None:
            yield StackEnd(f"the stack is damaged: {stack.problem}", True)


def all_frames(session: Session, thread: Thread) -> Iterator[Frame]:
    """Frames as `bt` counts them, read as far as somebody looks."""
    stack = stacks_of(session).of(thread)
    yield from mixed_frames(session, thread, stack)
    yield from async_frames(session, stack)


def frame_of(session: Session, thread: Thread, number: Optional[int]) -> Tuple[int, Frame]:
    """Frame `number` with its number; None: the innermost JS frame, else the innermost of all.
    Raises NothingFound."""
    first: Optional[Frame] = None
    for index, frame in enumerate(all_frames(session, thread)):
        first = first or frame
        if index == number or (number is None and frame.kind == JS):
            return index, frame
    if number is None and first is not None:
        return 0, first
    raise NothingFound("frame", str(number or 0))


def frame_row(
    session: Session, frame: Frame, index: int, thread: int, values: bool = True
) -> FrameRow:
    """One frame as a row; with receiver and arguments if `values`."""
    place = frame.place
    receiver: Optional[Described] = None
    shown: Optional[List[Described]] = None
    more = 0
    if values and frame.kind not in (NATIVE, INTERNAL):
        held = values_of(session, frame)
        shown = [describe(session, value) for value in held.arguments[:_SHOWN_ARGUMENTS]]
        more = len(held.arguments) - len(shown)
        receiver = None if held.receiver is None else describe(session, held.receiver)
    return FrameRow(
        index,
        thread,
        frame.kind,
        frame_name(session, frame),
        frame.tier,
        script=None if place is None else place.script,
        line=None if place is None else place.line,
        column=None if place is None else place.column,
        inlined=frame.inlined,
        construct=frame.construct,
        approximate=frame.approximate,
        awaiting=frame.tier == "suspended",
        receiver=receiver,
        arguments=shown,
        more_arguments=more,
        address=None if frame.function is None else Address(frame.function.word),
        module=frame.module or None,
        offset=frame.offset,
        pc=None if frame.pc is None else Address(frame.pc),
        fp=Address(frame.fp) if frame.fp else None,
        problem=frame.problem,
        unverified=not (session.layout.verified or confirmed(frame)),
    )


def frame_detail(session: Session, frame: Frame, index: int, thread: Thread) -> FrameDetail:
    """All that is known of one frame."""
    tids = [each.tid for each in session.target.threads()]
    held = values_of(session, frame)
    names = _local_names(session, frame)
    return FrameDetail(
        frame_row(session, frame, index, tids.index(thread.tid) + 1),
        [Held(name, describe(session, value)) for name, value in _named(frame, held)],
        [
            Held(f"r{i}", describe(session, value), names.get(i))
            for i, value in enumerate(held.registers)
        ],
        _variables(session, held.context),
        None if frame.bytecode is None else Address(frame.bytecode),
        frame.bytecode_offset,
        None if frame.code is None else Address(frame.code.word),
    )


def argument_rows(session: Session, frame: Frame) -> Iterator[ArgumentRow]:
    """The arguments of a frame, `this` first."""
    held = values_of(session, frame)
    pairs = _named(frame, held)
    if held.receiver is not None:
        pairs = [("this", held.receiver), *pairs]
    for index, (name, value) in enumerate(pairs):
        described = describe(session, value)
        yield ArgumentRow(index, name, described.address, described)


def function_rows(session: Session, thread: Thread) -> Iterator[FunctionOnStack]:
    """The functions of a stack that are known, innermost first."""
    for index, frame in enumerate(all_frames(session, thread)):
        if frame.function is not None:
            yield FunctionOnStack(index, frame_name(session, frame), Address(frame.function.word))


def source_rows(frame: Frame, line: Optional[int], count: int) -> Iterator[SourceRow]:
    """`count` lines of the frame's script, around its call or around `line`."""
    script = script_of(frame.shared) if frame.shared is not None else None
    if script is None:
        raise NothingFound("source", "this frame")
    place = frame.place
    if line is None:
        if place is None:
            raise NothingFound("line", "this frame")
        line = place.line
    ends = script.line_ends()
    first = script.place(0)
    base = first.line if first is not None else 1
    top = min(max(line - base - count // 2, 0), max(len(ends) - count, 0))
    for index in range(top, min(top + count, len(ends))):
        start = ends[index - 1] + 1 if index else 0
        text = script.source(start, min(ends[index] - start, _MAX_LINE)).text
        here = place is not None and place.line == index + base
        column = place.column if here and place is not None else None
        yield SourceRow(script.name, index + base, text.rstrip("\r"), here, column)


def thread_rows(session: Session) -> Iterator[ThreadRow]:
    """All threads, the one that crashed first. Of a dump without a heap their numbers, before
    NoHeapMemory is raised."""
    try:
        stacks = stacks_of(session)
    except NoHeapMemory:
        for number, thread in enumerate(session.target.threads(), 1):
            yield ThreadRow(number, thread.tid, thread.name, None, "", 0, thread.signal)
        raise
    for number, thread in enumerate(session.target.threads(), 1):
        stack = stacks.of(thread)
        top = next((frame for frame in stack.frames if frame.kind == JS), None)
        row = ThreadRow(
            number,
            thread.tid,
            thread.name,
            None if stack.isolate is None else Address(stack.isolate),
            stack.state if stack.frames else ("idle" if stack.isolate else ""),
            sum(frame.kind != INTERNAL for frame in stack.frames),
            # The kernel gives all threads the number that ended the first.
            thread.signal if number == 1 else 0,
        )
        if top is not None:
            place = top.place
            row = replace(row, function=frame_name(session, top))
            if place is not None:
                row = replace(row, script=place.script, line=place.line, column=place.column)
        yield row


def describe(session: Session, value: Value) -> Described:
    """A value of a frame in one line's worth."""
    if isinstance(value, OptimizedOut):
        return Described(None, "OPTIMIZED_OUT", "", None, "optimized out")
    if isinstance(value, Captured):
        return Described(None, "CAPTURED_OBJECT", "Object", None, "never allocated")
    if isinstance(value, Boolean):
        return Described(None, "ODDBALL", "Boolean", value.value, "oddball")
    return Describer(session, _LINE).value(value, 0)


def _named(frame: Frame, held: FrameValues) -> List[Tuple[str, Value]]:
    names = parameter_names(frame.shared) if frame.shared is not None else []
    pairs = []
    for index, value in enumerate(held.arguments):
        name = names[index] if index < len(names) else ""
        if names and names[-1].startswith("...") and index >= len(names) - 1:
            name = f"{names[-1][3:]}[{index - len(names) + 1}]"
        pairs.append((name or f"arg{index + 1}", value))
    return pairs


def _local_names(session: Session, frame: Frame) -> Mapping[int, str]:
    from v8inspect.stack.local_names import local_names  # late: `bt` does not need it

    if frame.bytecode is None or frame.shared is None:
        return {}
    array = reader_of(session).value(frame.bytecode)
    if not isinstance(array, BytecodeArray):
        return {}
    try:
        return local_names(frame.shared, array)
    except MemoryUnreadable:
        return {}


def _variables(session: Session, context: Optional[Value]) -> List[Held]:
    found: List[Held] = []
    for _ in range(_MAX_CONTEXTS):
        if not isinstance(context, Context) or context.kind in _GLOBAL:
            break
        for variable in context.variables():
            found.append(Held(variable.name, describe(session, variable.value)))
        context = context.previous
    return found


def frame_name(session: Session, frame: Frame) -> str:
    """How `bt` names it; empty for a native frame without a symbol."""
    if frame.kind == NATIVE:
        return readable(frame.builtin) if frame.builtin else ""
    if frame.kind == INTERNAL:
        return frame.builtin
    return printed_name(session, frame)


def _head(session: Session, thread: Thread, number: int, stack: Stack) -> ThreadHead:
    isolate = None if stack.isolate is None else Address(stack.isolate)
    return ThreadHead(number, thread.tid, thread.name, thread.signal, isolate, stack.state)
