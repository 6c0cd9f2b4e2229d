"""The one format of the tables: JSON, one constant a line, so that a change of one is one line."""

from __future__ import annotations

import json
from typing import Any, Mapping

SECTIONS = (
    "constants",
    "instance_types",
    "elements_kinds",
    "spaces",
    "size_rules",
    "frame_types",
    "translation_opcodes",
    "bytecode_sizes",
)


def write(document: Mapping[str, Any]) -> str:
    """The JSON text of a table."""
    lines = ["{"]
    for name in ("v8", "tagged_size", "verified_on"):
        lines.append(f" {json.dumps(name)}: {json.dumps(document[name])},")
    for section in (*SECTIONS, "read_only_maps"):
        items = [
            f"  {json.dumps(name)}: {json.dumps(value)}"
            for name, value in document[section].items()
        ]
        end = " }" if section == "read_only_maps" else " },"
        lines += [f" {json.dumps(section)}: {{", ",\n".join(items), end]
    return "\n".join([*lines, "}", ""])
