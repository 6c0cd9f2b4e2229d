"""What the process waits for: suspended async functions and generators, and queued microtasks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import (
    TYPE_CHECKING,
    AbstractSet,
    ClassVar,
    Dict,
    Iterator,
    List,
    Optional,
    Tuple,
    Union,
)

from v8inspect.analysis.async_origins import Origins, name_in
from v8inspect.analysis.async_waiters import (
    MicrotaskRow,
    WaiterRow,
    microtask_rows,
    place_in,
    waiter_row,
)
from v8inspect.analysis.describe import Describer
from v8inspect.analysis.description import Described, Options
from v8inspect.heap import suspended as found
from v8inspect.heap.suspended import Suspended
from v8inspect.objects.awaiting import (
    Waiter,
    promise_of,
    suspended_in,
    waiters,
)
from v8inspect.objects.generators import JSGeneratorObject
from v8inspect.objects.promises import JSPromise
from v8inspect.objects.reader import reader_of
from v8inspect.rows import Address, Row, Summary
from v8inspect.stack.parameters import parameter_names

if TYPE_CHECKING:
    from v8inspect.session import Session

_LOOKED_AT = 1000  # of a group, for who awaits them
_VALUES = Options(depth=0, strings=80, nested_strings=80)
QUEUED = "queued"


@dataclass(frozen=True)
class OriginRow(Row):
    """The promise that is awaited, and what will settle it, where that can be told: `by` is 'async
    function', 'async generator', 'all', 'allSettled', 'any', 'resolve', 'then', 'timer',
    'request', or 'resolver' (`holder` is the class of what keeps its resolve function)."""

    json_sparse: ClassVar[bool] = True

    promise: Address
    state: str
    by: Optional[str] = None
    address: Optional[Address] = None
    function: Optional[str] = None
    of: Optional[int] = None
    detail: Optional[str] = None


@dataclass(frozen=True)
class SuspendedRow(Row):
    """Calls of one function that wait at one place, or one call with `-v`.

    `kind` is 'async function', 'async generator' or 'generator'; `state` 'suspended', 'queued'
    (a microtask will make it go on) or 'not started' before the first `next`; `address` is that
    of the first.
    """

    json_sparse: ClassVar[bool] = True

    kind: str
    state: str
    isolate: int
    count: int
    address: Address
    function: str
    script: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    promise: Optional[Address] = None
    awaits: Optional[OriginRow] = None
    awaited_by: Optional[List[WaiterRow]] = None
    this: Optional[Described] = None
    parameters: Optional[List[str]] = None
    arguments: Optional[List[Described]] = None
    registers: Optional[List[Described]] = None


@dataclass(frozen=True)
class AsyncTotal(Summary):
    """How many there are in all."""

    suspended: int
    places: int
    microtasks: int
    hidden: int


AsyncRow = Union[SuspendedRow, MicrotaskRow, AsyncTotal]


def groups(
    session: Session,
    isolate: Optional[int] = None,
    queued: AbstractSet[int] = frozenset(),
    live: bool = False,
) -> List[Tuple[int, List[Suspended]]]:
    """(isolate, calls of one function that are at one place), the smallest group first.

    `queued`: tagged addresses of those that a microtask will make go on."""
    result: List[Tuple[int, List[Suspended]]] = []
    for item in session.heap.isolates:
        if isolate is None or item.number == isolate:
            by_place: Dict[Tuple[int, int, str, str], List[Suspended]] = {}
            for one in found.suspended(session, item.number, live):
                if one.word in queued:
                    one = one._replace(state=QUEUED)
                key = (one.shared, one.point, one.state, one.kind)
                by_place.setdefault(key, []).append(one)
            result += [(item.number, group) for group in by_place.values()]
    result.sort(key=lambda pair: len(pair[1]))
    return result


def waits(
    session: Session,
    isolate: Optional[int] = None,
    number: int = 0,
    verbose: bool = False,
    live: bool = False,
) -> Iterator[AsyncRow]:
    """A row for each place where functions wait, ascending by how many do (with `verbose` for each
    call), then one for each microtask. `number`: the greatest N only, 0 all; `live`: no garbage."""
    tasks = list(microtask_rows(session, isolate))
    queued = {int(task.callee) for task in tasks if task.async_ and task.callee is not None}
    all_groups = groups(session, isolate, queued, live)
    total = sum(len(group) for _, group in all_groups)
    shown = all_groups[-number:] if number and not verbose else all_groups
    origins = Origins(session, isolate, [one for _, group in all_groups for one in group])
    left = number or total
    for isolate_number, group in shown:
        if not verbose:
            yield _row(session, isolate_number, group, origins)
            continue
        for one in group[:left]:
            yield _row(session, isolate_number, [one], origins, verbose=True)
        left -= min(left, len(group))
    yield from tasks
    hidden = len(all_groups) - len(shown) if not verbose else total - min(total, number or total)
    yield AsyncTotal(total, len(all_groups), len(tasks), hidden)


def _row(
    session: Session,
    isolate: int,
    group: List[Suspended],
    origins: Origins,
    verbose: bool = False,
) -> SuspendedRow:
    # One of which it is known what it waits for, if there are too many to know it of all.
    one = next((x for x in group[:_LOOKED_AT] if origins.awaited_by(x.word)), group[0])
    row = suspended_row(
        isolate, one, session, len(group), origin_row(session, one, origins, verbose)
    )
    view = reader_of(session).value(one.word)
    this = arguments = registers = names = None
    if verbose and isinstance(view, JSGeneratorObject):
        this, arguments, registers = _values(session, view)
        shared = suspended_in(view)[0]
        names = None if shared is None else parameter_names(shared)[: len(arguments)] or None
    return replace(
        row,
        awaited_by=awaited_by(session, group),
        this=this,
        parameters=names,
        arguments=arguments,
        registers=registers,
    )


def suspended_row(
    isolate: int,
    one: Suspended,
    session: Session,
    count: int,
    awaits: Optional[OriginRow],
) -> SuspendedRow:
    """The row of a call that stands for `count`, without who awaits it and its values."""
    view = reader_of(session).value(one.word)
    generator = view if isinstance(view, JSGeneratorObject) else None
    place = None if generator is None else place_in(generator)
    promise = None if generator is None else promise_of(generator)
    return SuspendedRow(
        kind=one.kind,
        state=one.state,
        isolate=isolate,
        count=count,
        address=Address(one.word),
        function=name_in(generator),
        script=None if place is None else place.script,
        line=None if place is None else place.line,
        column=None if place is None else place.column,
        promise=None if promise is None else Address(promise.word),
        awaits=awaits,
    )


def _values(
    session: Session, generator: JSGeneratorObject
) -> Tuple[Described, List[Described], List[Described]]:
    """Receiver, arguments, registers. V8 keeps the parameters first, then the registers."""
    describer = Describer(session, _VALUES)
    shared = suspended_in(generator)[0]
    count = 0 if shared is None else shared.parameter_count or 0
    values = [describer.value(value, 0) for value in generator.registers()]
    return describer.value(generator.receiver, 0), values[:count], values[count:]


def awaited_by(session: Session, group: List[Suspended]) -> Optional[List[WaiterRow]]:
    """Who waits for what these will give, equal ones once."""
    rows: Dict[Tuple[object, ...], List[WaiterRow]] = {}
    for generator in found.views(session, [one.word for one in group[:_LOOKED_AT]]):
        promise = promise_of(generator)
        for waiter in [] if promise is None else waiters(promise):
            if isinstance(waiter, Waiter):
                row = waiter_row(waiter)
                key = (row.how, row.function, row.script, row.line, row.column, row.number)
                rows.setdefault(key, []).append(row)
    result = []
    for same in rows.values():
        first = same[0]
        if len(group) > 1:
            first = replace(first, count=len(same))
        result.append(first)
    return result or None


def origin_row(
    session: Session, one: Suspended, origins: Origins, deep: bool
) -> Optional[OriginRow]:
    """The promise that a call awaits, and what will settle it."""
    word = origins.awaited_by(one.word)
    promise = None if word is None else reader_of(session).value(word)
    if not isinstance(promise, JSPromise):
        return None
    origin = origins.of(promise, deep)
    return OriginRow(
        Address(promise.word),
        promise.state,
        origin.by,
        None if origin.word is None else Address(origin.word),
        origin.function,
        origin.of,
        origin.detail,
    )
