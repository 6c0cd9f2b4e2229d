"""`resolve(target)`: which V8 the dump is of, its table, checked against the binary's own symbols.

ARCHITECTURE decision 3: the version is found in the dump, the table of exactly that major.minor is
loaded, v8dbg symbols override it where they can be trusted, and the result is frozen. The same path
serves dumps without symbols.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable, Mapping, NamedTuple

from v8inspect.errors import FormatUnsupported, LayoutUnknown
from v8inspect.layout import tables, v8dbg
from v8inspect.layout.build import build
from v8inspect.layout.model import Layout
from v8inspect.layout.tables import Sourced, Table
from v8inspect.layout.version import NODE_MARK, find_version
from v8inspect.target import Target

_LISTED = 5  # disagreements that get a warning of their own

COMPRESSED = "a V8 heap with compressed pointers (4-byte tagged words, as in Electron and Chromium)"


class Checked(NamedTuple):
    """A table's numbers after the binary's symbols had their say."""

    constants: Mapping[str, Sourced]
    types: Mapping[str, Sourced]
    warnings: list[str]


def resolve(target: Target) -> Layout:
    """The layout of the V8 in `target`.

    Raises NoV8 (no version found), LayoutUnknown (no table for it), FormatUnsupported (compressed
    pointers), LayoutIncomplete (a table that lacks something).
    """
    found = find_version(target)
    if NODE_MARK not in found.v8:
        raise LayoutUnknown(found.v8, tables.known())
    ints = v8dbg.read_ints(target)
    if ints.get("TaggedSize") == 4 and not v8dbg.insane(ints):
        raise FormatUnsupported(target.name, COMPRESSED)
    table = tables.load(_table_name(found.v8))
    if found.binary is not None and found.binary != found.v8:
        ints = {}  # the executable at hand is another V8's; find_version has warned
    checked = check(table, ints)
    warnings = [*found.warnings, *checked.warnings]
    layout = build(found.v8, table, checked.constants, checked.types, warnings)
    return replace(layout, node_version=found.node)


def for_version(version: str) -> Layout:
    """The layout that the tables give for V8 `version` ('12.4' or '12.4.254.21-node.57'), no target
    asked. Raises LayoutUnknown and LayoutIncomplete."""
    table = tables.load(_table_name(version))
    return build(version, table, table.constants, table.instance_types)


def _table_name(version: str) -> str:
    """'12.4' of '12.4.254.21-node.57'; raises LayoutUnknown when there is no such table."""
    name = ".".join(version.split(".")[:2])
    known = tables.known()
    if name not in known:
        raise LayoutUnknown(version, known)
    return name


def check(table: Table, ints: Mapping[str, int]) -> Checked:
    """The table's constants and instance types, overridden by the binary's v8dbg integers `ints`.

    Each one that the binary confirms or overrides says so in its source; each that it overrides
    has a warning too (the first few by name).
    """
    insane = v8dbg.insane(ints)
    if insane:
        names = ", ".join(f"{v8dbg.PREFIX}{name}" for name in insane)
        return Checked(
            table.constants,
            table.instance_types,
            [f"the binary's v8dbg symbols are not believed: {names} can't be {ints[insane[0]]}"],
        )
    if not ints:
        return Checked(table.constants, table.instance_types, [])
    warnings: list[str] = []
    types = _override(table, table.instance_types, v8dbg.types(ints), "type ", warnings)
    types = _without_displaced(table, types, warnings)
    derived = dict(table.constants)
    if warnings:
        derived.update(_derived(table, types))
    constants = _override(table, derived, v8dbg.constants(ints), "", warnings)
    if len(warnings) > _LISTED:
        more = len(warnings) - _LISTED
        warnings[_LISTED:] = [f"{more} more constants of the table differ from the binary's"]
    return Checked(constants, types, warnings)


def _override(
    table: Table,
    numbers: Mapping[str, Sourced],
    readings: Iterable[v8dbg.Reading],
    kind: str,
    warnings: list[str],
) -> Mapping[str, Sourced]:
    result = dict(numbers)
    for name, value, symbol in readings:
        old = numbers.get(name)
        if old is None:
            result[name] = Sourced(value, f"{symbol} of this binary; not in the table")
        elif old.value == value:
            result[name] = Sourced(value, f"{old.source}; {symbol} of this binary agrees")
        else:
            result[name] = Sourced(value, f"{symbol} of this binary; table: {old.value}")
            warnings.append(
                f"{kind}{name} is {value} by the binary's {symbol}, "
                f"{old.value} by the table of V8 {table.v8}: the binary is believed"
            )
    return result


def _without_displaced(
    table: Table, types: Mapping[str, Sourced], warnings: list[str]
) -> Mapping[str, Sourced]:
    """Without the types of which the binary says nothing but that their number is another's."""
    known = table.instance_types
    moved = {
        type_.value: name
        for name, type_ in types.items()
        if name not in known or known[name].value != type_.value
    }
    displaced = [
        name for name, type_ in types.items() if type_ == known.get(name) and type_.value in moved
    ]
    warnings += [
        f"type {name} can't be {types[name].value}, as the table of V8 {table.v8} says: "
        f"by the binary that is {moved[types[name].value]}"
        for name in displaced
    ]
    return {name: type_ for name, type_ in types.items() if name not in displaced}


def _derived(table: Table, types: Mapping[str, Sourced]) -> Mapping[str, Sourced]:
    """The constants that follow from instance types, from those that the binary changed."""
    receivers = [type_.value for name, type_ in types.items() if name.startswith("JS_")]
    first = types.get("JS_FUNCTION")
    found = {}
    if receivers:
        found["first_js_receiver_type"] = Sourced(min(receivers), "derived: lowest JS_* type")
    if first is not None and {"first_js_function_type", "last_js_function_type"} <= set(
        table.constants
    ):
        span = (
            table.constants["last_js_function_type"].value
            - table.constants["first_js_function_type"].value
        )
        found["first_js_function_type"] = Sourced(first.value, "derived: JS_FUNCTION")
        found["last_js_function_type"] = Sourced(first.value + span, f"derived: first + {span}")
    return found
