"""Isolates as rows: one for each heap, whoever runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Dict, Iterator, List, Optional

from v8inspect.analysis.spaces import SpaceRow, spaces
from v8inspect.node.memory_limits import memory_limits
from v8inspect.node.objects import by_name, number_of, variable_around
from v8inspect.node.process import processes
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.reader import reader_of
from v8inspect.objects.tagged import Value
from v8inspect.rows import Address, Row
from v8inspect.stack.frame import INTERNAL
from v8inspect.stack.stacks import stacks_of

if TYPE_CHECKING:
    from v8inspect.session import Session

MAIN, WORKER = "main", "worker"


@dataclass(frozen=True)
class IsolateRow(Row):
    """One isolate. `kind` is 'main' or 'worker', absent where Node.js is not (yet) in it; `thread`
    the number of the thread that runs it, from 1, `tid` that of the kernel, `thread_id` what the
    worker's `threadId` is. `state` is V8's: 'JS', 'GC', 'EXTERNAL', …, or 'idle' if it runs no
    JavaScript. Sizes are in bytes: `used` by objects, `size` of its pages, `limit` that V8 had
    last for all of them; `old_used` and `old_limit` the same without the young generation, which is
    what `--max-old-space-size` is about: where they meet the program runs out of memory.
    """

    json_sparse: ClassVar[bool] = True

    isolate: int
    address: Address
    kind: Optional[str]
    state: str
    used: int
    size: int
    limit: Optional[int] = None
    old_used: Optional[int] = None
    old_limit: Optional[int] = None
    thread: Optional[int] = None
    tid: Optional[int] = None
    name: Optional[str] = None
    thread_id: Optional[int] = None
    frames: Optional[int] = None


def isolate_rows(session: Session) -> Iterator[IsolateRow]:
    """The isolates in order of their numbers."""
    kinds = _kinds(session)
    stacks = stacks_of(session)
    runners: Dict[int, List[int]] = {}
    threads = session.target.threads()
    for index, thread in enumerate(threads):
        state = stacks.isolates.of(thread)
        if state is not None:
            runners.setdefault(state.isolate, []).append(index)
    states = {state.isolate: state for state in stacks.isolates.states}
    for isolate in session.heap.isolates:
        rows = [row for row in spaces(session, isolate.number) if isinstance(row, SpaceRow)]
        runs = runners.get(isolate.address, [])
        runner = threads[runs[0]] if runs else None
        frames = [] if runner is None else stacks.of(runner).frames
        state = states.get(isolate.address)
        idle = "" if state is None and not runs else "idle"
        limits = memory_limits(session, isolate)
        kind, thread_id = kinds.get(isolate.number, (None, None))
        yield IsolateRow(
            isolate.number,
            Address(isolate.address),
            kind,
            state.vm_state if state is not None and frames else idle,
            sum(row.used for row in rows),
            sum(row.size for row in rows),
            limits.heap_size_limit,
            sum(row.used for row in rows if not row.space.startswith("new")),
            limits.max_old_generation_size,
            runs[0] + 1 if runs else None,
            None if runner is None else runner.tid,
            None if runner is None else runner.name,
            thread_id,
            None if runner is None else sum(frame.kind != INTERNAL for frame in frames),
        )


def _kinds(session: Session) -> Dict[int, tuple[str, Optional[int]]]:
    """By isolate: 'main' or 'worker', with the worker's threadId. A worker's process.cwd asks
    whether the main thread has changed its folder since (Node: lib/internal/main/worker_thread.js),
    the main one's has no such counter."""
    found: Dict[int, tuple[str, Optional[int]]] = {}
    for item in processes(session):
        process = reader_of(session).value(item.address)
        function = by_name(process, "cwd") if isinstance(process, JSObject) else None
        if not isinstance(function, JSFunction):
            continue
        worker = variable_around(function, "cwdCounter") is not None
        number = variable_around(function, "threadId") if worker else None
        kind = WORKER if worker else MAIN
        found.setdefault(item.isolate, (kind, _whole(number)))
    return found


def _whole(value: Optional[Value]) -> Optional[int]:
    number = number_of(value)
    return int(number) if number is not None and number.is_integer() else None
