"""How this V8 names things: from lines of its own stack traces, and from its heap snapshot."""

from __future__ import annotations

from typing import Mapping

from v8inspect.learn.record import Record
from v8inspect.learn.snapshot import Snapshot

_BUILTINS = {"nullReceiver": "at String.indexOf", "view": "at DataView.prototype.getInt32"}


def from_stacks(record: Record, lines: Mapping[str, str]) -> None:
    """`lines` are those of calls of which the program knows how they could be named."""
    function = {"at Receiver.run": 1, "at Function.run": 0}.get(lines["functionReceiver"])
    accessor = {"at get accessed": 1, "at get accessed [as accessed]": 0}.get(lines["accessor"])
    for name, value in (("receiver_function_name", function), ("accessor_is_method", accessor)):
        if value is not None:
            record.put(f"Naming.{name}", value, "measured: a stack trace")
    known = all(lines[name] == line for name, line in _BUILTINS.items())
    record.put("Naming.known_builtins", int(known), "measured: a stack trace")


def from_snapshot(record: Record, snapshot: Snapshot) -> None:
    """An instance of a class with a static field `name`, and the global object."""
    by_property = snapshot.counts.get("CalibrationByProperty", 0)
    by_function = snapshot.counts.get("CalibrationByFunction", 0)
    if by_property or by_function:
        value = int(by_property > by_function)
        record.put("Naming.function_name_property", value, "measured: heap snapshot")
    suffixed = any(name.endswith("(global*)") for name in snapshot.counts)
    record.put("Naming.global_suffix", int(suffixed), "measured: heap snapshot")
