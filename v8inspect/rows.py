"""What analyses return and commands pass on: rows, which are frozen dataclasses of plain values.

A field's value is an int, a float, a str, a bool, None, an Address, or a list or dict of those.
Rendering is none of their business.
"""

from __future__ import annotations


class Address(int):
    """The address of a heap object (tagged) or of memory; printed as 0x…, in JSON as a string."""

    def __repr__(self) -> str:
        return f"{int(self):#x}"

    __str__ = __repr__


class Row:
    """Base of all rows: one line of a listing, one object in JSON Lines."""


class Summary(Row):
    """A row that only text shows: a total, a heading, a remark under a listing."""
