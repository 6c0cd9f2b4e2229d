"""`jsprop`."""

from __future__ import annotations

from v8inspect.analysis.property_values import PropertyValueRow
from v8inspect.render.text import Line, Part, view


@view(PropertyValueRow)
def _row(row: PropertyValueRow) -> Line:
    return (Part("address", str(row.address)), f" {row.key}")
