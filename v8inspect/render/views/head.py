"""`wc`."""

from __future__ import annotations

from v8inspect.commands.head import CountRow
from v8inspect.render.text import Line, view


@view(CountRow)
def _count(row: CountRow) -> Line:
    return str(row.count)
