"""`open`."""

from __future__ import annotations

from v8inspect.commands.open import OpenedRow
from v8inspect.render.text import Line, view


@view(OpenedRow)
def _opened(row: OpenedRow) -> Line:
    executable = row.executable or "executable not found"
    return f"{row.path}: {row.format}, {row.arch}, {executable}"
