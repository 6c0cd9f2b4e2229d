"""What a `process` object knows besides what nodeinfo shows: folder, exit code, listeners.

Node: lib/internal/bootstrap/node.js (exitCode, _exiting),
lib/internal/bootstrap/switches/does_own_process_state.js and lib/internal/main/worker_thread.js
(cwd), lib/events.js (18 to 26).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

from v8inspect.node.objects import (
    Callback,
    by_name,
    callback_of,
    is_true,
    items,
    number_of,
    object_under,
    variable_around,
)
from v8inspect.objects.binary import JSTypedArray
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.js_object import JSArray, JSObject
from v8inspect.objects.properties import AccessorPair, Property
from v8inspect.objects.strings import String
from v8inspect.objects.tagged import Number, Value

_MAX_TEXT = 1 << 16


@dataclass(frozen=True)
class Listener:
    """A function that listens to an event of `process`."""

    event: str
    callback: Callback


def working_directory(process: JSObject) -> Optional[str]:
    """What process.cwd() last gave, unless it was changed since: Node keeps it in the closure.

    A worker's is out of date when the main thread has called chdir() since, which they count.
    """
    function = by_name(process, "cwd")
    if not isinstance(function, JSFunction):
        return None
    counter, last = (
        variable_around(function, "cwdCounter"),
        variable_around(function, "lastCounter"),
    )
    if isinstance(counter, JSTypedArray):
        changes = next((item for _, item in counter.numbers()), None)
        if not isinstance(changes, Number) or number_of(last) != changes.value:
            return None
    found = variable_around(function, "cachedCwd")
    return (found.text(_MAX_TEXT) or None) if isinstance(found, String) else None


def exit_code(process: JSObject) -> Optional[int]:
    """process.exitCode, None if it was not set.

    An own property in 18; in 20 a variable of the getter; later two elements of an array that C++
    shares, whose indices are variables of the getter too.
    """
    item = process.property("exitCode")
    if item is None:
        return None
    getter = _getter(item)
    if getter is None:
        return _whole(item.value)
    code = variable_around(getter, "exitCode")
    if code is not None:
        return _whole(code)
    known = _field(getter, "kHasExitCode")
    return _field(getter, "kExitCode") if known else None


def is_exiting(process: JSObject) -> Optional[bool]:
    """process._exiting: whether process.exit() is under way."""
    item = process.property("_exiting")
    if item is None:
        return None
    getter = _getter(item)
    if getter is None:
        return is_true(item.value)
    kept = _field(getter, "kExiting")
    if kept is None:  # 18
        kept = _element(variable_around(getter, "exitingAliasedUint32Array"), 0)
    return None if kept is None else bool(kept)


def listeners(process: JSObject) -> Sequence[Listener]:
    """Who listens to events of `process`: the functions that the program gave."""
    events = object_under(process, "_events")
    found: list[Listener] = []
    if events is None:
        return found
    for item in events.properties():
        if not isinstance(item, Property) or item.is_symbol or item.is_accessor:
            continue
        value = item.value
        for function in items(value) if isinstance(value, JSArray) else [value]:
            # What once() adds is a wrapper that has the function as its `listener`.
            wrapped = by_name(function, "listener") if isinstance(function, JSObject) else None
            callback = callback_of(wrapped) or callback_of(function)
            if callback is not None:
                found.append(Listener(item.name, callback))
    return found


def _getter(item: Property) -> Optional[JSFunction]:
    pair = item.value
    getter = pair.getter if isinstance(pair, AccessorPair) else None
    return getter if isinstance(getter, JSFunction) else None


def _field(getter: JSFunction, index_name: str) -> Optional[int]:
    index = number_of(variable_around(getter, index_name))
    return None if index is None else _element(variable_around(getter, "fields"), int(index))


def _element(array: Optional[Value], index: int) -> Optional[int]:
    if isinstance(array, JSTypedArray):
        for at, item in array.numbers(index):
            return int(item.value) if at == index and isinstance(item, Number) else None
    return None


def _whole(value: Value) -> Optional[int]:
    number = number_of(value)
    return int(number) if number is not None and number.is_integer() else None
