"""Text of `unwinder`."""

from __future__ import annotations

from v8inspect.commands.unwinder import UnwinderRow
from v8inspect.render.text import Line, view


@view(UnwinderRow)
def _unwinder(row: UnwinderRow) -> Line:
    return f"the unwinder is {'on' if row.on else 'off'}"
