"""What `export` has written."""

from __future__ import annotations

from v8inspect.analysis.exporting import ExportedRow
from v8inspect.render.text import Line, view


@view(ExportedRow, heading=("       Rows      Bytes File", " ---------- ---------- ----"))
def _file(row: ExportedRow) -> Line:
    return f" {row.rows:>10} {row.size:>10} {row.file}"
