"""What analyses return and commands pass on: rows, which are frozen dataclasses of plain values.

A field's value is an int, a float, a str, a bool, None, an Address, or a list or dict of those.
Rendering is none of their business.
"""

from __future__ import annotations

from typing import ClassVar, Tuple


class Address(int):
    """The address of a heap object (tagged) or of memory; printed as 0x…, in JSON as a string."""

    def __repr__(self) -> str:
        return f"{int(self):#x}"

    __str__ = __repr__


class Row:
    """Base of all rows: one line of a listing, one object in JSON Lines.

    JSON has the fields as they are declared; `class_` and the like lose the underscore. A row may
    say that fields which are None by default are left out when they are None (`json_sparse`), that
    the fields of the row, or the items of the dict, in one field stand in its place
    (`json_merged`), and that some are for text only (`json_hidden`).
    """

    json_sparse: ClassVar[bool] = False
    json_merged: ClassVar[str] = ""
    json_hidden: ClassVar[Tuple[str, ...]] = ()


class Summary(Row):
    """A row that only text shows: a total, a heading, a remark under a listing."""
