"""`getactivehandles` and `getactiverequests`: one line each, the same columns for all kinds."""

from __future__ import annotations

from typing import Optional, Union

from v8inspect.analysis.node_handles import (
    CallbackRow,
    HandleRow,
    HandlesTotal,
    RequestRow,
    RequestsTotal,
)
from v8inspect.render.text import Line, Part, view

_Parts = list[Union[str, Part]]


@view(HandleRow, heading=(" Handle         Kind          State    Fd   Owner and more",))
def _handle(row: HandleRow) -> Line:
    state = row.state if row.state != "open" else _alive(row)
    fd = "" if row.fd is None else str(row.fd)
    parts: _Parts = [
        " ",
        Part("address", f"{'-' if row.address is None else str(row.address):<14}"),
        f" {row.kind:<13} ",
        Part("good" if row.keeps_alive else "faint", state),
    ]
    who: _Parts = []
    if row.owner is not None:
        who = _object(row.owner, row.owner_class)
    elif row.class_ is not None:
        who = [Part("name", row.class_)]
    if row.tls is not None and row.tls != row.owner:
        who += ["  ", *_object(row.tls, "TLSSocket")]
    for text in _facts(row):
        who += ["  " if who else "", Part("string", text)]
    if who or fd:
        parts += [" " * max(8 - len(state), 0), f" {fd:<4} ", *who]
    return tuple(parts)


def _alive(row: HandleRow) -> str:
    if row.keeps_alive:
        return "alive"
    return "idle" if row.ref else "unref"


def _facts(row: HandleRow) -> list[str]:
    facts = []
    if row.kind.endswith("server") and row.local is not None:
        facts.append(f"listens on {row.local}")
    elif row.asked is not None:
        facts.append(f"listens on {row.asked} (the system chose the port)")
    elif row.local is not None or row.remote is not None:
        facts.append(f"{row.local or '?'} -> {row.remote or '?'}")
    if row.host is not None:
        facts.append(f"to {row.host}")
    facts += [text for text in (row.http, row.path, row.signal) if text is not None]
    if row.stdio is not None:
        facts.append(f"{row.stdio} of process {row.pid}")
    elif row.pid is not None:
        facts.append(f"process {row.pid}: {row.command or '?'}")
    if row.thread_id is not None:
        facts.append(f"thread {row.thread_id}")
    if row.due_in is not None:
        facts.append(f"next due in {row.due_in} ms")
    if row.bytes_read or row.bytes_written:
        facts.append(f"{row.bytes_read:,} bytes in, {row.bytes_written:,} out")
    if row.write_queue:
        facts.append(f"{row.write_queue:,} bytes wait to be written")
    return facts


@view(HandlesTotal, under=HandleRow)
def _handles_total(row: HandlesTotal) -> Line:
    text = f"{_many(row.keep_alive, 'handle')} keep{_s(row.keep_alive)} the event loop"
    text += f"{_where(row.isolate)} alive"
    if row.counted is not None and row.counted != row.keep_alive:
        text += f" (libuv counts {row.counted})"
    if row.hidden:
        text += f"; {row.hidden} more do not (-a shows them)"
    return text


@view(RequestRow, heading=(" Request        Kind           Callback or owner, and more",))
def _request(row: RequestRow) -> Line:
    parts: _Parts = [" ", Part("address", f"{row.address!s:<14}"), f" {row.kind:<14} "]
    if row.callback is not None:
        parts += callback_parts(row.callback)
    elif row.promise is not None:
        parts += _object(row.promise, "Promise")
    else:
        parts.append(Part("name", row.class_))
    if row.owner is not None:
        parts += ["  ", *_object(row.owner, row.owner_class)]
    facts = [row.path, None if row.new_path is None else f"to {row.new_path}"]
    facts += [None if row.fd is None else f"fd {row.fd}", row.host, row.remote]
    facts.append(None if row.bytes is None else f"{row.bytes:,} bytes")
    for text in facts:
        if text is not None:
            parts += ["  ", Part("string", text)]
    return tuple(parts)


@view(RequestsTotal, under=RequestRow)
def _requests_total(row: RequestsTotal) -> Line:
    text = f"{_many(row.requests, 'request')} under way{_where(row.isolate)}"
    if row.counted is not None and row.counted != row.requests:
        text += f" (libuv counts {row.counted})"
    return text


def callback_parts(row: CallbackRow) -> _Parts:
    """`name (script:line:column) of <Class 0x…>`, or what is settled."""
    if row.promise is not None:
        return ["settles ", *_object(row.promise, "Promise")]
    parts: _Parts = [Part("name", row.name)]
    if row.script:
        parts.append(f" ({row.script}:{row.line}:{row.column})")
    if row.this is not None:
        parts += [" of ", *_object(row.this, row.this_class)]
    return parts


def _object(address: int, name: Optional[str]) -> _Parts:
    return ["<", Part("name", name or "Object"), " ", Part("address", f"{int(address):#x}"), ">"]


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _s(count: int) -> str:
    return "s" if count == 1 else ""


def _where(isolate: int) -> str:
    return f" of isolate {isolate}" if isolate else ""
