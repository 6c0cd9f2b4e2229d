"""`nodebuffer`: the address of the bytes first, as mdb_v8 has it."""

from __future__ import annotations

from v8inspect.analysis.buffers import BufferRow
from v8inspect.render.text import Line, Part, view


@view(BufferRow)
def _buffer(row: BufferRow) -> Line:
    saved = f", saved in {row.saved}" if row.saved is not None else ""
    class_ = Part("name", row.class_)
    return (Part("address", str(row.data)), " (", class_, f", {row.byte_length} bytes{saved})")
