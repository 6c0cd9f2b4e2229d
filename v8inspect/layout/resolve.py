"""`resolve(target)`: which V8 the dump is of, its table, checked against the binary's own symbols.

ARCHITECTURE decision 3: the version is found in the dump, the table of exactly that major.minor is
loaded, v8dbg symbols override it where they can be trusted, and the result is frozen. The same path
serves dumps without symbols.
"""

from __future__ import annotations

from v8inspect.errors import LayoutUnknown
from v8inspect.layout import tables
from v8inspect.layout.build import build
from v8inspect.layout.model import Layout
from v8inspect.layout.version import find_version
from v8inspect.target import Target


def resolve(target: Target) -> Layout:
    """The layout of the V8 in `target`.

    Raises NoV8 (no version found), LayoutUnknown (no table for it), LayoutIncomplete (a table
    that lacks something).
    """
    found = find_version(target)
    table = tables.load(_table_name(found.v8))
    return build(found.v8, table, table.constants, table.instance_types, found.warnings)


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
