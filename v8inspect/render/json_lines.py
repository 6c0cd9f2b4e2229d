"""JSON Lines out of rows: one object a line, field names and order as the row declares them."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any, Dict, Iterable, Iterator, Tuple, Type

from v8inspect.rows import Address, Row, Summary

_names: Dict[Type[Row], Tuple[Tuple[str, str, bool], ...]] = {}


def json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Finished lines, without newline, as the rows come; totals and remarks are left out.

    Pure ASCII, so that the bytes are the same in every locale, lone surrogates included.
    """
    encode = json.JSONEncoder(separators=(", ", ": "), allow_nan=False).encode
    for row in rows:
        if not isinstance(row, Summary):
            yield encode(plain(row))


def plain(value: Any) -> Any:
    """`value` as JSON has it: addresses are strings, so are numbers that JSON can't write."""
    if isinstance(value, Address):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Row):
        return _object(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} in a row")


def _object(row: Row) -> Dict[str, Any]:
    made: Dict[str, Any] = {}
    merged = row.json_merged
    for name, shown, sparse in _fields(type(row)):
        value = getattr(row, name)
        if name == merged:
            made.update(_object(value) if isinstance(value, Row) else plain(value))
        elif value is not None or not sparse:
            made[shown] = plain(value)
    return made


def _fields(row_type: Type[Row]) -> Tuple[Tuple[str, str, bool], ...]:
    """(attribute, name in JSON, whether it is left out when None) of each field."""
    names = _names.get(row_type)
    if names is None:
        names = tuple(
            (field.name, field.name.rstrip("_"), row_type.json_sparse and field.default is None)
            for field in dataclasses.fields(row_type)  # type: ignore[arg-type]
            if field.name not in row_type.json_hidden
        )
        _names[row_type] = names
    return names
