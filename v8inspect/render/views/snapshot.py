"""`snapshot`."""

from __future__ import annotations

from v8inspect.analysis.snapshot import SnapshotRow
from v8inspect.render.text import Lines, Part, view


@view(SnapshotRow)
def _row(row: SnapshotRow) -> Lines:
    lines: list[object] = [
        (
            Part("name", row.file),
            f": {row.bytes} bytes, {row.nodes} nodes, {row.edges} edges, {row.strings} strings",
        )
    ]
    if row.masked:
        lines.append("What is in strings is masked; names of properties and functions are not.")
    if row.left_out:
        lines.append(f"Left out: {row.left_out} objects of {row.left_out_bytes} bytes.")
    return Lines(lines)  # type: ignore[arg-type]
