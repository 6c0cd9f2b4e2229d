"""`timers`: when, how often, what."""

from __future__ import annotations

from typing import Optional, Union

from v8inspect.analysis.node_timers import TimerRow, TimersTotal
from v8inspect.render.text import Line, Part, view
from v8inspect.render.views.node_handles import callback_parts


@view(TimerRow, heading=(" Timer          Kind      Due in        Of            Ref Callback",))
def _timer(row: TimerRow) -> Line:
    due = "now" if row.kind == "immediate" else _milliseconds(row.due_in)
    late = row.state == "running" or (row.due_in is not None and row.due_in < 0)
    every = "" if row.kind == "immediate" else _milliseconds(row.milliseconds)
    ref = {True: "ref", False: "-", None: "?"}[row.ref]
    parts: list[Union[str, Part]] = [
        " ",
        Part("address", f"{row.address!s:<14}"),
        f" {row.kind:<9} ",
        Part("bad" if late else "name", f"{'running' if row.state == 'running' else due:<13}"),
        f" {every:<13} {ref:<3} ",
    ]
    parts += ["?"] if row.callback is None else callback_parts(row.callback)
    if row.arguments:
        parts.append(f" with {row.arguments} argument{'' if row.arguments == 1 else 's'}")
    return tuple(parts)


def _milliseconds(number: Optional[float]) -> str:
    return "?" if number is None else f"{number:,} ms"


@view(TimersTotal, under=TimerRow)
def _total(row: TimersTotal) -> Line:
    where = f" of isolate {row.isolate}" if row.isolate else ""
    text = f"{row.timers} timer{'' if row.timers == 1 else 's'}{where}"
    text += f", {row.refs} of them with a reference{_counted(row.refs, row.counted)}"
    if row.immediates:
        text += f"; {row.immediates} immediate{'' if row.immediates == 1 else 's'}"
        text += f", {row.immediate_refs} of them with a reference"
        text += _counted(row.immediate_refs, row.immediates_counted)
    return text


def _counted(ours: int, theirs: Optional[int]) -> str:
    return "" if theirs is None or theirs == ours else f" (Node.js counts {theirs})"
