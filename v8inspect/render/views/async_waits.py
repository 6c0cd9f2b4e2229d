"""`async`: what waits where, for what, and who waits for it."""

from __future__ import annotations

from typing import Iterator, List, Optional, Union

from v8inspect.analysis.async_tree import BranchRow, TreeTotal
from v8inspect.analysis.async_waiters import MicrotaskRow, WaiterRow
from v8inspect.analysis.async_waits import AsyncTotal, OriginRow, SuspendedRow
from v8inspect.render.text import Line, Lines, Part, view
from v8inspect.render.views.heads import brief, place_text

_HEADING = (" Count Address        Function, and where it waits",)
_PREFIX = {"async function": "async ", "async generator": "async* ", "generator": "function* "}
_COMBINATORS = {"all": "Promise.all", "allSettled": "Promise.allSettled", "any": "Promise.any"}
_Parts = List[Union[str, Part]]


@view(SuspendedRow, heading=_HEADING)
def _suspended(row: SuspendedRow) -> Lines:
    lines = Lines([(f" {row.count:5} ", Part("address", f"{row.address!s:<14}"), " ", *_call(row))])
    lines += [(" " * 24, *parts) for parts in _details(row)]
    return lines


@view(BranchRow, heading=_HEADING)
def _branch(row: BranchRow) -> Line:
    of = row.of
    parts: _Parts = [f" {of.count:5} ", Part("address", f"{of.address!s:<14}"), " "]
    parts += ["  " * row.depth, *_call(of)]
    if of.awaits is not None:
        parts += [", awaits ", *_origin(of.awaits)]
    return tuple(parts)


@view(MicrotaskRow, heading=(" Microtasks     Why        Function",))
def _microtask(row: MicrotaskRow) -> Line:
    parts: _Parts = [" ", Part("address", f"{row.address!s:<14}"), f" {row.task:<10} "]
    if row.problem is not None:
        return (*parts, Part("bad", row.problem))
    if row.function is not None:
        name = ("async " if row.async_ else "") + row.function
        parts += [Part("name", name), f" ({place_text(row.script, row.line, row.column)})"]
    elif row.callee is not None:
        parts += ["V8's own ", Part("address", str(row.callee))]
    return tuple(parts)


@view(AsyncTotal, under=SuspendedRow)
def _total(row: AsyncTotal) -> Line:
    text = f" {row.suspended:5} suspended in {_many(row.places, 'place')}"
    if row.microtasks:
        text += f"; {_many(row.microtasks, 'microtask')}"
    return text + (f"; {row.hidden} not shown" if row.hidden else "")


@view(TreeTotal, under=BranchRow)
def _trees(row: TreeTotal) -> Line:
    text = f" {row.suspended:5} suspended in {_many(row.trees, 'different tree')}"
    return text + (f"; {row.hidden} not shown" if row.hidden else "")


def _call(row: SuspendedRow) -> _Parts:
    where = place_text(row.script, row.line, row.column)
    parts: _Parts = [Part("name", _PREFIX.get(row.kind, "") + row.function), f" ({where})"]
    if row.state != "suspended":
        parts.append(Part("faint", f", {row.state}"))
    return parts


def _details(row: SuspendedRow) -> Iterator[_Parts]:
    if row.awaits is not None:
        yield ["awaits ", *_origin(row.awaits)]
    for waiter in row.awaited_by or []:
        yield ["awaited by ", *_waiter(waiter)]
    if row.this is not None:
        yield [Part("name", "this"), " = ", *brief(row.this)]
    names = row.parameters or []
    for number, value in enumerate(row.arguments or []):
        name = names[number] if number < len(names) else ""
        yield [Part("name", name or f"arg{number + 1}"), " = ", *brief(value)]
    for number, value in enumerate(row.registers or []):
        yield [Part("faint", f"r{number}"), " = ", *brief(value)]


def _waiter(row: WaiterRow) -> _Parts:
    parts: _Parts = []
    if row.function is not None:
        prefix = "async " if row.how == "await" else ""
        where = place_text(row.script, row.line, row.column)
        parts += [Part("name", prefix + row.function), f" ({where})"]
    elif row.how in _COMBINATORS:
        parts += [Part("name", _COMBINATORS[row.how]), f" (index {row.number})"]
    else:
        parts.append("V8's own handler" if row.how == "then" else "a promise")
    if row.address is not None:
        parts += [" ", Part("address", str(row.address))]
    if row.count is not None and row.count > 1:
        parts.append(f" ({row.count} of them)")
    return parts


def _origin(row: OriginRow) -> _Parts:
    parts: _Parts = []
    by, address = row.by, row.address
    if by in ("async function", "async generator"):
        parts.append(Part("name", f"{_PREFIX[by]}{row.function or '(anonymous)'}"))
    elif by in _COMBINATORS:
        parts += [Part("name", _COMBINATORS[by]), f" of {row.of}"]
    elif by == "resolve":
        parts.append(f"the first of {row.of} promises" if (row.of or 0) > 1 else "a promise")
    elif by == "then":
        parts += ["then(", Part("name", row.function or "(anonymous)"), ")"]
    elif by in ("timer", "request"):
        parts += [Part("name", f"{by} ({row.detail})")]
    elif by == "resolver":
        parts += ["what ", Part("name", row.detail or ""), " settles"]
    else:
        return [*_promise(row.promise, row.state)]
    if address is not None:
        parts += [" ", Part("address", str(address))]
    return parts


def _promise(address: int, state: Optional[str]) -> _Parts:
    return [f"a {state} promise ", Part("address", f"{int(address):#x}")]


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
