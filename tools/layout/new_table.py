"""A first table for a new V8: the nearest known one, with what the new binary says put in.

    python tools/layout/new_table.py 14.6 CORE [EXECUTABLE] > v8inspect/layout/tables/v8-15.0.json

Numbers that the binary exports are from it. The rest is the old table's, marked as not verified:
check each on a dump and in V8's source, fill `read_only_maps` and `verified_on`, and only then
commit the table. What to look at is told on stderr. `write` is the one format of the tables.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from v8inspect.errors import V8InspectError
from v8inspect.layout import tables, v8dbg
from v8inspect.layout.tables import Sourced, Table
from v8inspect.layout.version import find_version
from v8inspect.target import Target
from v8inspect.targets import open_dump

Document = tuple[dict[str, Any], list[str]]

_SECTIONS = (
    "constants",
    "instance_types",
    "elements_kinds",
    "spaces",
    "size_rules",
    "frame_types",
    "translation_opcodes",
    "bytecode_sizes",
)
_SIZES = "_ZN2v88internal11interpreter9Bytecodes14kBytecodeSizesE"


def write(document: Mapping[str, Any]) -> str:
    """The JSON text of a table: one constant a line."""
    lines = ["{"]
    for name in ("v8", "tagged_size", "verified_on"):
        lines.append(f" {json.dumps(name)}: {json.dumps(document[name])},")
    for section in (*_SECTIONS, "read_only_maps"):
        items = [
            f"  {json.dumps(name)}: {json.dumps(value)}"
            for name, value in document[section].items()
        ]
        end = " }" if section == "read_only_maps" else " },"
        lines += [f" {json.dumps(section)}: {{", ",\n".join(items), end]
    return "\n".join([*lines, "}", ""])


def unverified(base: Table) -> str:
    """The source of a number that is taken over."""
    return f"derived: as in {base.v8}, not verified"


def constants(base: Table, ints: Mapping[str, int]) -> dict[str, Sourced]:
    """The base's constants, exported ones by their symbols."""
    exported = {reading.constant: reading for reading in v8dbg.constants(ints)}
    stems = {symbol.constant: symbol.stem for symbol in v8dbg.TRUSTED}
    return {
        name: Sourced(exported[name].value, f"v8dbg {stems[name]}")
        if name in exported
        else Sourced(old.value, unverified(base))
        for name, old in base.constants.items()
    }


def instance_types(
    base: Table, ints: Mapping[str, int]
) -> tuple[dict[str, Sourced], Sequence[str]]:
    """Exported types, and those others whose two exported neighbours moved alike; also the names
    of the types that can't be placed."""
    exported = {reading.constant: reading.value for reading in v8dbg.types(ints)}
    found = {name: Sourced(value, "v8dbg") for name, value in exported.items()}
    lost = []
    order = sorted(base.instance_types.items(), key=lambda item: item[1].value)
    for at, (name, old) in enumerate(order):
        if name in exported:
            continue
        below = next((n for n, _ in reversed(order[:at]) if n in exported), None)
        above = next((n for n, _ in order[at:] if n in exported), None)
        moves = {exported[n] - base.instance_types[n].value for n in (below, above) if n}
        if len(moves) == 1:
            found[name] = Sourced(old.value + moves.pop(), unverified(base))
        else:
            lost.append(name)
    return dict(sorted(found.items(), key=lambda item: (item[1].value, item[0]))), lost


def frame_types(base: Table, ints: Mapping[str, int]) -> dict[str, Sourced]:
    """What the binary exports as frame types, else the base's."""
    prefix = "frametype_"
    exported = {
        name[len(prefix) :]: number for name, number in ints.items() if name.startswith(prefix)
    }
    if not exported:
        return {n: Sourced(f.value, unverified(base)) for n, f in base.frame_types.items()}
    order = sorted(exported.items(), key=lambda item: item[1])
    return {name: Sourced(number, "v8dbg") for name, number in order}


def bytecode_sizes(base: Table, target: Target) -> dict[str, str]:
    """The sizes of bytecodes in the binary, as many as the base has; else the base's."""
    count = len(base.bytecode_sizes[0])
    at = target.symbol(_SIZES)
    lists = base.bytecode_sizes
    if at is not None:
        lists = [target.read(at + scale * count, count) for scale in range(3)]
    return dict(zip(("single", "double", "quadruple"), (sizes.hex() for sizes in lists)))


def new_document(base: Table, v8: str, ints: Mapping[str, int], target: Target) -> Document:
    """The new table and what is to be said of it."""
    types, lost = instance_types(base, ints)
    old = json.loads((tables.TABLES / f"v8-{base.v8}.json").read_text())
    rules = {
        name: {**rule, "source": unverified(base)}
        for name, rule in old["size_rules"].items()
        if name in types
    }
    found = constants(base, ints)
    remarks = [f"type {name} has no number: its neighbours moved apart" for name in lost]
    remarks += [f"type {name} is new" for name in types if name not in base.instance_types]
    remarks += [
        f"{name} is {value.value}, was {base.constants[name].value}"
        for name, value in found.items()
        if value.value != base.constants[name].value
    ]
    return {
        "v8": v8,
        "tagged_size": ints.get("TaggedSize", base.tagged_size),
        "verified_on": [],
        "constants": found,
        "instance_types": types,
        "elements_kinds": {
            n: Sourced(k.value, unverified(base)) for n, k in base.elements_kinds.items()
        },
        "spaces": {n: Sourced(s.value, unverified(base)) for n, s in base.spaces.items()},
        "size_rules": rules,
        "frame_types": frame_types(base, ints),
        "translation_opcodes": {
            n: Sourced(o.value, unverified(base)) for n, o in base.translation_opcodes.items()
        },
        "bytecode_sizes": bytecode_sizes(base, target),
        "read_only_maps": {},
    }, remarks


def main(arguments: Sequence[str]) -> Optional[str]:
    """Prints the table; returns what went wrong."""
    if len(arguments) not in (2, 3):
        return f"usage: new_table.py {'|'.join(tables.known())} CORE [EXECUTABLE]"
    try:
        target = open_dump(arguments[1], arguments[2] if len(arguments) > 2 else None)
        version = find_version(target)
        ints = v8dbg.read_ints(target)
        if not ints or v8dbg.insane(ints):
            return "no v8dbg symbols: give the executable too"
        name = ".".join(version.v8.split(".")[:2])
        document, remarks = new_document(tables.load(arguments[0]), name, ints, target)
    except V8InspectError as error:
        return f"{type(error).__name__}: {error}"
    print(f"V8 {version.v8}, Node.js {version.node}", *remarks, sep="\n", file=sys.stderr)
    sys.stdout.write(write(document))
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
