"""Whether V8 was collecting garbage at that moment: a picture of a live process may show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from v8inspect.errors import V8InspectError
from v8inspect.stack.thread_state import thread_state

if TYPE_CHECKING:
    from v8inspect.session import Session


def is_collecting(session: Session) -> bool:
    """True where an isolate is in a collection: then objects are being moved, and those that are
    to be are in pages that count as left. False too where the heap cannot be read."""
    try:
        states = [thread_state(session, isolate.address) for isolate in session.isolates]
    except V8InspectError:
        return False
    return any(state is not None and state.vm_state == "GC" for state in states)
