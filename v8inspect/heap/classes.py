"""The classes that the graph's objects are summed up by: names of JS objects, one for all strings,
one for the contexts of closures, and V8's own types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from v8inspect.heap.names_by_map import STRINGS
from v8inspect.scan.scanner import MAP_RECEIVER

if TYPE_CHECKING:
    from v8inspect.scan.scanner import ScannedMap
    from v8inspect.session import Session

CONTEXT = "Context"


class Classes:
    """`of_map` has the number of the class of each Map, `names` the names by number; those in
    `internal` are V8's own."""

    def __init__(self, session: Session) -> None:
        known: dict[tuple[str, bool], int] = {}
        session.census.tallies()  # names the odd ones
        self.of_map = [
            known.setdefault(_class(session, map_), len(known))
            for map_ in session.heap.scanner.maps()
        ]
        self.names = [name for name, _ in known]
        self.internal = {number for (_, internal), number in known.items() if internal}


def classes_of(session: Session) -> Classes:
    """The session's Classes."""
    return session.kept(Classes)


def _class(session: Session, map_: ScannedMap) -> tuple[str, bool]:
    layout = session.layout
    if map_.flags & MAP_RECEIVER:
        return session.census.namer.of_map(map_.address), False
    if map_.type < layout.first_nonstring_type:
        return STRINGS, False
    if layout.Context.first_type <= map_.type <= layout.Context.last_type:
        return CONTEXT, False
    return layout.type_names.get(map_.type, str(map_.type)), True
