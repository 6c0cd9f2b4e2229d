"""`refresh`."""

from __future__ import annotations

from v8inspect.commands.refresh import RefreshedRow
from v8inspect.render.text import Line, view


@view(RefreshedRow)
def _refreshed(row: RefreshedRow) -> Line:
    return f"{row.process}: {row.bytes / (1 << 20):,.0f} MB copied"
