"""Handles and requests as rows: what the event loop of each thread waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Iterator, Optional, Union

from v8inspect.errors import NothingFound
from v8inspect.node.environment import Environment, environments
from v8inspect.node.handles import ActiveHandle, active_handles
from v8inspect.node.objects import Callback, class_name
from v8inspect.node.requests import ActiveRequest, active_requests
from v8inspect.objects.js_object import JSObject
from v8inspect.rows import Address, Row, Summary

if TYPE_CHECKING:
    from v8inspect.session import Session

UNKNOWN_LISTS = "the lists of node::Environment were not found: handles and requests are missing"


@dataclass(frozen=True)
class CallbackRow(Row):
    """A function that will be called. `this` is what it is bound to, `promise` what it settles."""

    json_sparse: ClassVar[bool] = True

    address: Address
    name: str
    script: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    this: Optional[Address] = None
    this_class: Optional[str] = None
    promise: Optional[Address] = None


@dataclass(frozen=True)
class HandleRow(Row):
    """One handle; fields that can't be told or do not apply are left out.

    `address` is the JS handle object (absent where there is none), `class` its class, `owner` the
    object that the program knows. `keeps_alive`: `active` and `ref`; `listed`: what
    process._getActiveHandles() gives.
    """

    json_sparse: ClassVar[bool] = True

    kind: str
    isolate: int
    state: str
    active: bool
    ref: bool
    keeps_alive: bool
    listed: bool
    address: Optional[Address] = None
    class_: Optional[str] = None
    owner: Optional[Address] = None
    owner_class: Optional[str] = None
    fd: Optional[int] = None
    local: Optional[str] = None
    remote: Optional[str] = None
    asked: Optional[str] = None
    host: Optional[str] = None
    http: Optional[str] = None
    tls: Optional[Address] = None
    path: Optional[str] = None
    pid: Optional[int] = None
    command: Optional[str] = None
    stdio: Optional[str] = None
    signal: Optional[str] = None
    thread_id: Optional[int] = None
    due_in: Optional[int] = None
    bytes_read: Optional[int] = None
    bytes_written: Optional[int] = None
    write_queue: Optional[int] = None


@dataclass(frozen=True)
class RequestRow(Row):
    """One request; fields that can't be told or do not apply are left out.

    `listed`: what process._getActiveRequests() gives; the others are work of the thread pool and
    queries of c-ares.
    """

    json_sparse: ClassVar[bool] = True

    kind: str
    isolate: int
    address: Address
    class_: str
    listed: bool
    callback: Optional[CallbackRow] = None
    promise: Optional[Address] = None
    handle: Optional[Address] = None
    owner: Optional[Address] = None
    owner_class: Optional[str] = None
    path: Optional[str] = None
    new_path: Optional[str] = None
    fd: Optional[int] = None
    host: Optional[str] = None
    remote: Optional[str] = None
    bytes: Optional[int] = None


@dataclass(frozen=True)
class HandlesTotal(Summary):
    """How many handles keep one loop alive, by us and by libuv; `hidden` were not shown."""

    isolate: int
    keep_alive: int
    counted: Optional[int]
    hidden: int


@dataclass(frozen=True)
class RequestsTotal(Summary):
    """How many requests one loop waits for; `counted` is libuv's number."""

    isolate: int
    requests: int
    counted: Optional[int]


def handles(
    session: Session, isolate: Optional[int] = None, everything: bool = False
) -> Iterator[Union[HandleRow, HandlesTotal]]:
    """Handles of each environment: those that keep its loop alive or that Node lists, or all."""
    for environment in _all(session, isolate):
        found = active_handles(session, environment)
        shown = [item for item in found if everything or item.keeps_alive or item.listed]
        for item in shown:
            yield _handle_row(session, environment, item)
        loop = environment.loop
        yield HandlesTotal(
            environment.isolate,
            sum(item.keeps_alive for item in found),
            None if loop is None else loop.active_handles,
            len(found) - len(shown),
        )


def requests(
    session: Session, isolate: Optional[int] = None
) -> Iterator[Union[RequestRow, RequestsTotal]]:
    """Requests of each environment."""
    for environment in _all(session, isolate):
        count = 0
        for item in active_requests(session, environment):
            count += 1
            yield _request_row(session, environment, item)
        loop = environment.loop
        yield RequestsTotal(
            environment.isolate, count, None if loop is None else loop.active_requests
        )


def unknown_lists(session: Session, isolate: Optional[int] = None) -> bool:
    """Whether an environment's lists were not found."""
    return any(item.queues is None for item in environments(session, isolate))


def _all(session: Session, isolate: Optional[int]) -> list[Environment]:
    found = list(environments(session, isolate))
    if not found:
        raise NothingFound("objects of class", "node::Environment")
    return found


def callback_row(session: Session, callback: Optional[Callback]) -> Optional[CallbackRow]:
    """A callback as a row; a function without a name of its own is '(anonymous)'."""
    if callback is None:
        return None
    place, this = callback.place, callback.this
    return CallbackRow(
        address=Address(callback.function),
        name=callback.name or "(anonymous)",
        script=None if place is None else place.script,
        line=None if place is None else place.line,
        column=None if place is None else place.column,
        this=_address(this),
        this_class=None if this is None else class_name(session, this),
        promise=_address(callback.promise),
    )


def _handle_row(session: Session, environment: Environment, item: ActiveHandle) -> HandleRow:
    now = None if environment.loop is None else environment.loop.time
    return HandleRow(
        kind=item.kind,
        isolate=environment.isolate,
        state=item.state,
        active=item.active,
        ref=item.ref,
        keeps_alive=item.keeps_alive,
        listed=item.listed,
        address=_address(item.object),
        class_=_class(session, item.object),
        owner=_address(item.owner),
        owner_class=_class(session, item.owner),
        fd=item.fd,
        local=item.local,
        remote=item.remote,
        asked=item.asked,
        host=item.host,
        http=item.http,
        tls=_address(item.tls),
        path=item.path,
        pid=item.pid,
        command=item.command,
        stdio=item.stdio,
        signal=item.signal,
        thread_id=item.thread_id,
        due_in=None if item.due is None or now is None else item.due - now,
        bytes_read=item.bytes_read,
        bytes_written=item.bytes_written,
        write_queue=item.write_queue,
    )


def _request_row(session: Session, environment: Environment, item: ActiveRequest) -> RequestRow:
    return RequestRow(
        kind=item.kind,
        isolate=environment.isolate,
        address=Address(item.object.word),
        class_=class_name(session, item.object),
        listed=item.listed,
        callback=callback_row(session, item.callback),
        promise=_address(item.promise),
        handle=_address(item.handle),
        owner=_address(item.owner),
        owner_class=_class(session, item.owner),
        path=item.path,
        new_path=item.new_path,
        fd=item.fd,
        host=item.host,
        remote=item.remote,
        bytes=item.bytes,
    )


def _address(object: Optional[JSObject]) -> Optional[Address]:
    return None if object is None else Address(object.word)


def _class(session: Session, object: Optional[JSObject]) -> Optional[str]:
    return None if object is None else class_name(session, object)
