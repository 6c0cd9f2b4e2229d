"""`redact`: what was written, in two lines."""

from __future__ import annotations

from v8inspect.analysis.redact import RedactRow
from v8inspect.render.text import Lines, Part, view


@view(RedactRow)
def _redact(row: RedactRow) -> Lines:
    kept = f"{row.strings} strings, {row.names} of them readable as names"
    native = f"{row.native_kept} of {row.native} bytes of memory outside of V8's pages"
    return Lines(
        [
            ("wrote ", Part("name", row.file), f": {row.size} bytes, {row.stored} of them stored"),
            f"{row.objects} objects; {kept}; {native}",
        ]
    )
