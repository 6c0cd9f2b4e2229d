"""Functions: one in detail, all closures grouped by their definition, and sources with numbers."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from v8inspect.analysis.describe import Describer
from v8inspect.analysis.description import Described, Options
from v8inspect.analysis.values import value_at
from v8inspect.errors import NotAnObject, NothingFound
from v8inspect.objects import scripts
from v8inspect.objects.awaiting import suspended_place
from v8inspect.objects.builtins import JSBoundFunction
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.generators import JSGeneratorObject
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.tagged import Value
from v8inspect.rows import Address, Row, Summary
from v8inspect.stack.code_owner import owner_of

if TYPE_CHECKING:
    from v8inspect.session import Session

MAX_LINES = 10_000  # of one function
_MAX_BOUND = 64


@dataclass(frozen=True)
class FunctionRow(Row):
    """`jsfunction`: a function and where it was defined; line and column from 1, of its parameter
    list. `own_name` is empty where V8 guessed `name`. For a bound function the rest is of what it
    wraps in the end, and `target` (what it wraps directly), `this` and `arguments` are there."""

    json_sparse: ClassVar[bool] = True

    address: Address
    name: str
    own_name: str
    kind: Optional[str]
    script: Optional[str]
    line: Optional[int]
    column: Optional[int]
    parameters: Optional[int]
    shared: Optional[Address]
    target: Optional[Described] = None
    this: Optional[Described] = None
    arguments: Optional[List[Described]] = None


@dataclass(frozen=True)
class DefinitionRow(Row):
    """`jsfunctions`: the closures of one definition. `address` is one of them, `shared` what they
    share (SharedFunctionInfo)."""

    address: Address
    shared: Address
    count: int
    name: str
    own_name: str
    script: Optional[str]
    line: Optional[int]
    column: Optional[int]


@dataclass(frozen=True)
class FunctionClosure(Row):
    """`jsfunctions -l`: one closure."""

    address: Address
    shared: Address
    name: str


@dataclass(frozen=True)
class SourceLine(Row):
    """`jssource`: a line of a script. `inside`: it is of the function; `column` (from 1): the
    position that was asked for is in this line."""

    script: str
    line: int
    text: str
    inside: bool
    column: Optional[int]


@dataclass(frozen=True)
class SourceHeading(Summary):
    """Which function follows."""

    name: str
    script: str
    line: Optional[int]
    column: Optional[int]


class Definition(NamedTuple):
    """Name and place of a function's code."""

    name: str
    own_name: str
    kind: str
    place: Optional[scripts.Place]
    parameters: Optional[int]


def definition_of(shared: SharedFunctionInfo) -> Definition:
    """What `jsfunction` and `jsfunctions` say of a function's code."""
    return Definition(
        shared.debug_name,
        shared.name,
        shared.kind,
        scripts.place_of(shared),
        shared.parameter_count,
    )


def function_row(session: Session, address: int) -> FunctionRow:
    """A function, bound function or SharedFunctionInfo; raises NotAnObject."""
    value = value_at(session, address)
    target: Value = value
    for _ in range(_MAX_BOUND):
        if not isinstance(target, JSBoundFunction):
            break
        target = target.target
    shared = target.shared if isinstance(target, JSFunction) else target
    if not isinstance(value, (JSFunction, JSBoundFunction, SharedFunctionInfo)):
        raise NotAnObject(address, f"it is {getattr(value, 'type_name', 'a Smi')}, no function")
    if isinstance(shared, SharedFunctionInfo):
        found = definition_of(shared)
        place = found.place
    else:
        found, place = Definition("", "", "", None, None), None
    bound = value if isinstance(value, JSBoundFunction) else None
    describer = Describer(session, Options(depth=0, strings=80))
    return FunctionRow(
        Address(value.word),
        found.name,
        found.own_name,
        found.kind or None,
        place.script if place else None,
        place.line if place else None,
        place.column if place else None,
        found.parameters,
        Address(shared.word) if isinstance(shared, SharedFunctionInfo) else None,
        describer.value(bound.target, 0) if bound else None,
        describer.value(bound.bound_this, 0) if bound else None,
        [describer.value(item, 0) for item in bound.arguments()] if bound else None,
    )


def _closures(session: Session, isolate: Optional[int]) -> Tuple[Dict[int, List[int]], Reader]:
    """Untagged addresses of all closures by the tagged pointer to what they share."""
    reader = reader_of(session)
    layout = reader.layout
    first, last = layout.first_js_function_type, layout.last_js_function_type
    at = layout.JSFunction.shared
    grouped: Dict[int, List[int]] = {}
    only = None if isolate is None else [isolate]
    for addresses, _ in session.heap.collect(lambda map: first <= map.type <= last, only):
        for address in addresses:
            shared = reader.word(address + at)
            if shared is not None:
                grouped.setdefault(shared, []).append(address)
    return grouped, reader


def definitions(
    session: Session,
    name: Optional[str] = None,
    file: Optional[str] = None,
    closures: bool = False,
    isolate: Optional[int] = None,
    pc: Optional[int] = None,
) -> Iterator[Union[DefinitionRow, FunctionClosure]]:
    """Definitions ascending by their number of closures (then by name); with `closures` those.

    `name` and `file` are parts of the function's name and of its script's; `pc` is a raw address
    in its code or bytecode. Raises NothingFound."""
    owns = None if pc is None else owner_of(session, pc)
    if pc is not None and owns is None:
        raise NothingFound("functions whose code holds", f"{pc:#x}")
    grouped, reader = _closures(session, isolate)
    rows: List[DefinitionRow] = []
    for word, addresses in grouped.items():
        shared = reader.value(word)
        if not isinstance(shared, SharedFunctionInfo):
            continue
        if name is not None and name not in shared.debug_name:
            continue
        if owns is not None and not owns(shared):
            continue
        script = scripts.script_of(shared)
        if file is not None and (script is None or file not in script.name):
            continue
        place = scripts.place_of(shared)
        rows.append(
            DefinitionRow(
                Address(addresses[0] + 1),
                Address(word),
                len(addresses),
                shared.debug_name,
                shared.name,
                script.name if script else None,
                place.line if place else None,
                place.column if place else None,
            )
        )
    if not rows and (name is not None or file is not None):
        raise NothingFound(
            "functions named" if file is None else "functions in", name or file or ""
        )
    rows.sort(key=lambda row: (row.count, row.name, row.script or "", row.line or 0))
    if not closures:
        yield from rows
        return
    for row in rows:
        for address in grouped[int(row.shared)]:
            yield FunctionClosure(Address(address + 1), row.shared, row.name)


def source_lines(
    session: Session, address: int, around: int
) -> Iterator[Union[SourceHeading, SourceLine]]:
    """The lines of a function with `around` more before and after; raises NotAnObject.

    Of a suspended generator or async function: those around the position where it waits.
    """
    value = value_at(session, address)
    place: Optional[scripts.Place] = None
    if isinstance(value, JSGeneratorObject):
        place = suspended_place(value)
        value = value.function
    for _ in range(_MAX_BOUND):
        if not isinstance(value, JSBoundFunction):
            break
        value = value.target
    shared = value.shared if isinstance(value, JSFunction) else value
    if isinstance(shared, scripts.Script):
        yield from _lines(shared, 0, max(len(shared.line_ends()) - 1, 0), None, 0)
        return
    if not isinstance(shared, SharedFunctionInfo):
        raise NotAnObject(address, "it is no function, and nothing that has one")
    script = scripts.script_of(shared)
    bounds = scripts.position_of(shared)
    if script is None or bounds is None or not script.line_ends():
        # So that a pipe goes on to the next function.
        raise NotAnObject(address, f"function {shared.debug_name or '<anonymous>'} has no source")
    start = scripts.token_position(shared)
    first = bisect_line(script, bounds[0] if start is None else start)
    last = bisect_line(script, max(bounds[1] - 1, bounds[0]))
    shown = place or script.place(bounds[0])
    yield SourceHeading(
        shared.debug_name,
        script.name,
        shown.line if shown else None,
        shown.column if shown else None,
    )
    if place is not None:
        here = bisect_line(script, _position(script, place))
        yield from _lines(script, here, here, place, around)
        return
    yield from _lines(script, first, last, shown, around)


def bisect_line(script: scripts.Script, position: int) -> int:
    """The number of a position's line, from 0."""
    ends = script.line_ends()
    return min(bisect_right(ends, position - 1), len(ends) - 1)


def _position(script: scripts.Script, place: scripts.Place) -> int:
    """A position in the line of a place."""
    ends = script.line_ends()
    first = script.place(0)
    line = place.line - (first.line if first else 1)
    return ends[line - 1] + 1 if 0 < line < len(ends) else 0


def _lines(
    script: scripts.Script,
    first: int,
    last: int,
    place: Optional[scripts.Place],
    around: int,
) -> Iterator[SourceLine]:
    ends = script.line_ends()
    base = script.place(0)
    offset = base.line if base else 1
    stop = min(last + around, len(ends) - 1, first + MAX_LINES)
    for number in range(max(first - around, 0), stop + 1):
        begin = ends[number - 1] + 1 if number else 0
        text = script.source(begin, ends[number] - begin).text.rstrip("\r\n")
        line = number + offset
        column = place.column if place is not None and place.line == line else None
        yield SourceLine(script.name, line, text, first <= number <= last, column)
