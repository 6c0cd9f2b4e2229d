"""`setup`."""

from __future__ import annotations

from v8inspect.commands.setup import SetupRow
from v8inspect.render.text import Line, Part, view


@view(SetupRow)
def _step(row: SetupRow) -> Line:
    return (Part("name", f"{row.step:<14}"), row.detail)
