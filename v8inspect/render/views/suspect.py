"""`suspects`: a sentence for each, what fills it, who holds it, what to look at."""

from __future__ import annotations

from typing import List, Union

from v8inspect.analysis.suspect import HeldRow, NoSuspects, SuspectRow
from v8inspect.render.text import Line, Lines, Part, view
from v8inspect.render.views.node_handles import callback_parts

_STEPS = 6  # of the way from the root that are shown
_Parts = List[Union[str, Part]]


@view(SuspectRow)
def _suspect(row: SuspectRow) -> Lines:
    lines: List[Line] = [
        (f"{row.number}. ", Part("bad", f"{_what(row)} {_verb(row)} {_bytes(row)}")),
    ]
    if row.callback is not None:
        all_ = "all" if row.alike == row.looked_at else str(row.alike)
        of = all_ if row.looked_at == row.count else f"{all_} of {row.looked_at} looked at"
        if row.callback.promise is not None:
            lines.append(f"   {of} settle a promise")
        else:
            call = "call" if row.of == "Timeout" else "are"
            lines.append((f"   {of} {call} ", *callback_parts(row.callback)))
    others = row.fillings[1:] if row.of else row.fillings
    if others:
        parts = ", ".join(f"{item.count} {item.name} ({item.retained} bytes)" for item in others)
        lines.append(f"   {'besides' if row.of else 'in it'} {parts}")
    lines.append(("   held by ", *_way(row)))
    look: _Parts = ["   look at ", Part("address", str(row.address)), f": {row.class_}"]
    if row.emitter is not None:
        look += [", ", Part("address", str(row.emitter)), f": {row.emitter_class}"]
    if row.sample is not None and row.sample != row.address:
        look += [", ", Part("address", str(row.sample)), f": one {row.of}"]
    lines.append(tuple(look))
    return Lines(lines)


def _what(row: SuspectRow) -> str:
    count = row.count or 0
    if row.kind == "listeners":
        return f"{count} listeners of '{row.event}' on one {row.emitter_class}"
    if row.kind == "timers":
        every = "" if row.milliseconds is None else f" of {_number(row.milliseconds)} ms"
        return f"{count} timers{every}"
    if row.kind == "list":
        return f"A list of {count} {row.of}"
    if row.kind == "scattered":
        return f"{count} {_plural(row.of)}"
    if row.kind == "promises":
        return f"{count} pending promises"
    if row.kind == "contexts":
        return f"{count} contexts of vm"
    if row.kind == "collection":
        length = "" if row.length in (None, count) else f" of {row.length}"
        return f"{_a(row.class_)}{length} with {count} {_plural(row.of)} in it"
    return _a(row.class_)


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else str(value)


def _verb(row: SuspectRow) -> str:
    one = row.kind in ("collection", "object", "list")
    return "retains" if one else "retain"


def _bytes(row: SuspectRow) -> str:
    return f"{row.retained} bytes, {row.share:.1%} of what is alive"


def _plural(name: object) -> str:
    return {"Function": "functions", "(string)": "strings", "Context": "contexts of closures"}.get(
        str(name), str(name)
    )


def _a(name: str) -> str:
    return f"{'An' if name[:1] in 'AEIOaeio' else 'A'} {name}"


def _way(row: SuspectRow) -> _Parts:
    """The end of the way from the root, without steps that say nothing."""
    steps = [step for step in row.path if not _is_silent(step)]
    parts: _Parts = [row.root] if len(steps) <= _STEPS else ["…"]
    for step in steps[-_STEPS:]:
        parts += [" → ", Part("name", _step(step))]
    return parts


def _is_silent(step: HeldRow) -> bool:
    return step.kind == "internal" and step.via in ("context", "previous")


def _step(step: HeldRow) -> str:
    if step.kind == "element":
        return f"({step.class_})[{step.via}]"
    if step.kind == "internal" and step.via.startswith("("):
        return f"{step.class_}{step.via}"
    return f"{step.class_}.{step.via}"


@view(NoSuspects)
def _none(row: NoSuspects) -> Line:
    alive = f"the {row.live_bytes} bytes that are alive"
    return f"nothing stands out: no object retains {row.percent:g} % of {alive}"
