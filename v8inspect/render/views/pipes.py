"""`--addresses`."""

from __future__ import annotations

from v8inspect.commands.pipes import AddressRow
from v8inspect.render.text import Line, Part, view


@view(AddressRow)
def _row(row: AddressRow) -> Line:
    return (Part("address", str(row.address)),)
