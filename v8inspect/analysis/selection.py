"""Which objects a command is about, from the words of its user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from v8inspect.analysis.where import Tested
from v8inspect.errors import UsageError
from v8inspect.heap.finding import Wanted, kinds_of, property_keys

if TYPE_CHECKING:
    from v8inspect.session import Session


def selected(
    session: Session,
    constructor: Optional[str] = None,
    property_: Optional[str] = None,
    kind: Optional[str] = None,
    where: Optional[str] = None,
    isolate: Optional[int] = None,
    live: bool = False,
) -> Optional[Wanted]:
    """The conditions as one, or None if there is none but the isolate. Raises UsageError for a
    kind or an expression that means nothing."""
    if constructor is None and property_ is None and kind is None and where is None:
        return None
    test = None if where is None else Tested(session, where)
    if kind is not None and kinds_of(session, kind) is None:
        raise UsageError("findjsobjects", f"there is no kind {kind!r}")
    return Wanted(
        constructor,
        None if property_ is None else property_keys(session, property_),
        kind,
        test,
        None if test is None else test.of_map,
        isolate,
        live,
    )
