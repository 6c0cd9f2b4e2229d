"""The processes of a dump as rows: one for each thread that runs Node.js."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, ClassVar, Dict, Iterator, List, Optional

from v8inspect.analysis.node_handles import CallbackRow, callback_row
from v8inspect.errors import NothingFound
from v8inspect.node import process_state
from v8inspect.node.clock import Clock, clock
from v8inspect.node.environ import environ
from v8inspect.node.environment import environments
from v8inspect.node.memory_limits import memory_limits
from v8inspect.node.process import ProcessInfo, processes
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.reader import reader_of
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class ListenerRow(Row):
    """A listener to an event of `process`."""

    event: str
    callback: CallbackRow


@dataclass(frozen=True)
class ProcessRow(Row):
    """One `process` object; fields that can't be told are left out.

    `started` is by the wall clock, ISO 8601; `uptime` is in seconds up to when the event loop last
    looked at the clock. `env_names` are of the whole process; `env` has the values, if they were
    asked for. `env_current` is false where only the variables are known that the process was
    started with. `limits` are in bytes.
    """

    json_sparse: ClassVar[bool] = True

    address: Address
    isolate: int
    argv: List[str]
    execArgv: List[str]
    versions: Dict[str, str]
    limits: Dict[str, Optional[int]]
    listeners: List[ListenerRow]
    pid: Optional[int] = None
    version: Optional[str] = None
    arch: Optional[str] = None
    platform: Optional[str] = None
    execPath: Optional[str] = None
    argv0: Optional[str] = None
    cwd: Optional[str] = None
    started: Optional[str] = None
    uptime: Optional[float] = None
    exitCode: Optional[int] = None
    exiting: Optional[bool] = None
    env_names: Optional[List[str]] = None
    env: Optional[Dict[str, str]] = None
    env_current: Optional[bool] = None


def process_rows(session: Session, isolate: Optional[int], values: bool) -> Iterator[ProcessRow]:
    """A row for each isolate that has a `process`; `values` of environment variables or not."""
    clocks = {item.isolate: clock(session, item) for item in environments(session, isolate)}
    found = False
    for info in processes(session):
        if isolate is None or info.isolate == isolate:
            found = True
            yield _row(session, info, clocks.get(info.isolate, Clock()), values)
    if not found:
        raise NothingFound("objects named", "process")


def _row(session: Session, info: ProcessInfo, time: Clock, values: bool) -> ProcessRow:
    limits = memory_limits(session, session.heap.isolates[info.isolate])
    # A worker has a copy of its own, which is not in the C library's hands.
    variables = environ(session.memory) if info.isolate == 0 else None
    process = reader_of(session).value(info.address)
    known = process if isinstance(process, JSObject) else None
    return ProcessRow(
        address=Address(info.address),
        isolate=info.isolate,
        argv=list(info.argv),
        execArgv=list(info.exec_argv),
        versions=dict(info.versions),
        limits={
            "max_old_generation_size": limits.max_old_generation_size,
            "max_semi_space_size": limits.max_semi_space_size,
            "heap_size_limit": limits.heap_size_limit,
        },
        listeners=[] if known is None else _listeners(session, known),
        pid=info.pid,
        version=info.version,
        arch=info.arch,
        platform=info.platform,
        execPath=info.exec_path,
        argv0=info.argv0,
        cwd=None if known is None else process_state.working_directory(known),
        started=_iso(time.origin_wall),
        uptime=None if time.uptime is None else round(time.uptime / 1000, 3),
        exitCode=None if known is None else process_state.exit_code(known),
        exiting=None if known is None else process_state.is_exiting(known),
        env_names=None if variables is None else sorted(variables.variables),
        env=dict(variables.variables) if variables is not None and values else None,
        env_current=None if variables is None else variables.current,
    )


def _listeners(session: Session, process: JSObject) -> List[ListenerRow]:
    rows = []
    for item in process_state.listeners(process):
        callback = callback_row(session, item.callback)
        if callback is not None:
            rows.append(ListenerRow(item.event, callback))
    return rows


def _iso(milliseconds: Optional[float]) -> Optional[str]:
    if milliseconds is None:
        return None
    when = _EPOCH + timedelta(milliseconds=milliseconds)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
