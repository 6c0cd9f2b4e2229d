"""The frames that wait below a running stack: what V8 prints as `at async …`.

V8: CaptureAsyncStackTrace in src/execution/isolate.cc. It starts at the microtask that runs: if
that continues an async function, then with those who wait for its promise, else with those who
wait for the promise that the task settles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Optional

from v8inspect.heap.microtasks import current_microtask
from v8inspect.objects.awaiting import (
    ALL,
    ALL_SETTLED,
    ANY,
    Waiter,
    continuations,
    promise_of,
    suspended_in,
)
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.generators import JSGeneratorObject
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.promises import JSPromise
from v8inspect.objects.scripts import script_of
from v8inspect.objects.source_positions import position_at
from v8inspect.stack.frame import BUILTIN, JS, Frame, Stack

if TYPE_CHECKING:
    from v8inspect.session import Session

SUSPENDED = "suspended"
"""The tier of the frames: they have no code that runs, and no fp."""

_COMBINATORS = {ALL: "PromiseAll", ALL_SETTLED: "PromiseAllSettled", ANY: "PromiseAny"}


def async_frames(session: Session, stack: Stack) -> list[Frame]:
    """What goes on when the frames of `stack` are done, innermost first; [] if nobody waits.

    Frames of kind JS are at their `await`. Promise.all, allSettled and any are of kind BUILTIN,
    with `position` the index of the promise among those that they wait for.
    """
    if stack.isolate is None or not stack.frames:
        return []
    return [frame_of(waiter) for waiter in _waiting(session, stack.isolate) if _shown(waiter)]


def _waiting(session: Session, isolate: int) -> Iterator[Waiter]:
    task = current_microtask(session, isolate)
    if task is None or task.waiter is None:
        return
    start: Optional[JSPromise] = task.waiter.promise
    generator = task.waiter.generator
    if generator is not None and generator.state != "running":
        return  # V8 itself begins only at what runs
    yield from continuations(promise_of(generator) if generator is not None else start)


def _shown(waiter: Waiter) -> bool:
    return waiter.generator is not None or waiter.kind in _COMBINATORS


def frame_of(waiter: Waiter) -> Frame:
    """The frame that a waiter is."""
    if waiter.generator is None:
        builtin = _COMBINATORS.get(waiter.kind, "")
        return Frame(BUILTIN, SUSPENDED, 0, builtin=builtin, position=waiter.number)
    return generator_frame(waiter.generator)


def generator_frame(generator: JSGeneratorObject) -> Frame:
    """The frame that a suspended generator or async function keeps."""
    shared, code, offset = suspended_in(generator)
    position = None if code is None or offset is None else position_at(code, offset)
    script = None if shared is None else script_of(shared)
    place = None if script is None or position is None else script.place(position)
    function = generator.function
    receiver = generator.receiver
    return Frame(
        JS,
        SUSPENDED,
        0,
        function=function if isinstance(function, JSFunction) else None,
        shared=shared,
        receiver=receiver.word if isinstance(receiver, HeapObject) else None,
        bytecode=None if code is None else code.word,
        bytecode_offset=offset,
        position=position,
        place=place,
        problem=None if place is not None else "its place is not known",
    )
