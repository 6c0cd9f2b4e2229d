"""`v8whatis`."""

from __future__ import annotations

from v8inspect.analysis.whatis import WhatRow
from v8inspect.render.text import Line, Part, view


@view(WhatRow)
def _row(row: WhatRow) -> Line:
    if row.object is None:
        return (Part("address", str(row.address)), f": {row.where}, in no object")
    offset = f"+{row.offset}" if row.offset else ""
    return (
        Part("address", str(row.address)),
        ": ",
        Part("address", str(row.object)),
        f"{offset} ({row.type}",
        f": {row.name}" if row.name and row.name != row.type else "",
        f"), {row.where}",
    )
