"""`cache`: a line for each index."""

from __future__ import annotations

from v8inspect.analysis.kept import KeptRow, KeptTotal
from v8inspect.render.text import Line, Part, view


@view(KeptRow)
def _kept(row: KeptRow) -> Line:
    return (f"{row.used} {row.size:>12} ", Part("name", row.dump or "(damaged)"), f" {row.file}")


@view(KeptTotal)
def _total(row: KeptTotal) -> Line:
    freed = f"; {row.freed} bytes removed" if row.freed else ""
    return f"{row.count} indices of {row.size} bytes in {row.folder}{freed}"
