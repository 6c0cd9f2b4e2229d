"""The biggest objects: what they are, how much they keep in one piece, who holds them."""

from __future__ import annotations

from v8inspect.analysis.biggest import BigRow
from v8inspect.render.text import Line, Part, view
from v8inspect.render.views.heads import Pieces

_HEADING = (
    "       Bytes    Length Address        What, and who holds it",
    " ----------- --------- -------------- ----------------------",
)


@view(BigRow, heading=_HEADING)
def _big(row: BigRow) -> Line:
    length = "" if row.length is None else str(row.length)
    pieces: Pieces = [f" {row.size:>11} {length:>9} ", Part("address", f"{row.address!s:<14}"), " "]
    pieces.append(Part("name", row.class_))
    if row.unheld:
        pieces.append(Part("faint", " that no object holds"))
    elif row.holder is not None:
        pieces += [
            f": {row.via} of {row.held_by or 'an object'} ",
            Part("address", str(row.holder)),
        ]
    return tuple(pieces)
