"""A table out of what was learnt: each section, with the source of each number."""

from __future__ import annotations

import json
from typing import Any, Mapping, Sequence

from v8inspect.layout import build, tables, v8dbg
from v8inspect.layout.tables import Sourced, Table
from v8inspect.learn.fields import Fields
from v8inspect.learn.record import Bases, Record
from v8inspect.learn.sizes import Heap

_CHANGED = 4  # opcodes that may have got other operands from one version to the next


def constants(record: Record) -> dict[str, Sourced]:
    """All constants, in the order of the nearest table."""
    names = [*record.bases.nearest.constants, *build.REQUIRED, *build.OPTIONAL]
    found = {name: record.sourced(name) for name in dict.fromkeys(names)}
    return {name: value for name, value in found.items() if value is not None}


def instance_types(
    names: Mapping[str, int], bases: Bases, ints: Mapping[str, int]
) -> dict[str, Sourced]:
    """Types: exported, printed, or the alias of one in the nearest table."""
    exported = {reading.constant: reading.value for reading in v8dbg.types(ints)}
    found = {name: Sourced(number, "printer") for name, number in names.items()}
    found.update({name: Sourced(number, "v8dbg") for name, number in exported.items()})
    for table in bases.tables:
        for name, type_ in table.instance_types.items():
            if name in found:
                continue
            twins = [
                n for n, t in table.instance_types.items() if t.value == type_.value and n in found
            ]
            if twins:
                found[name] = Sourced(found[twins[0]].value, f"derived: another name of {twins[0]}")
            elif _is_api_object(name):
                found[name] = Sourced(type_.value, bases.unverified)
    return dict(sorted(found.items(), key=lambda item: (item[1].value, item[0])))


def _is_api_object(name: str) -> bool:
    return name in ("JS_API_OBJECT", "JS_LAST_DUMMY_API_OBJECT")


def plain_constants(types: Mapping[str, Sourced], record: Record) -> None:
    """The constants that follow from the instance types."""
    receivers = [t.value for name, t in types.items() if name.startswith("JS_")]
    record.put("first_js_receiver_type", min(receivers), "derived: lowest JS_* instance type")
    record.put("first_js_function_type", types["JS_FUNCTION"].value, "derived: JS_FUNCTION")
    last = max((t.value, name) for name, t in types.items() if name.endswith("_CONSTRUCTOR"))
    record.put("last_js_function_type", last[0], f"derived: {last[1]}")
    contexts = [t.value for name, t in types.items() if name.endswith("_CONTEXT")]
    record.put("Context.first_type", min(contexts), "derived: lowest *_CONTEXT")
    record.put("Context.last_type", max(contexts), "derived: highest *_CONTEXT")


def rules(types: Mapping[str, Sourced], bases: Bases) -> dict[str, dict[str, Any]]:
    """Size rules of the types that are there; not verified until the heap was walked with them."""
    found: dict[str, dict[str, Any]] = {}
    for table in bases.tables:
        document = json.loads((tables.TABLES / f"v8-{table.v8}.json").read_text())
        for name, rule in document["size_rules"].items():
            if name in types and name not in found:
                found[name] = {**rule, "source": bases.unverified}
    return dict(sorted(found.items(), key=lambda item: types[item[0]].value))


def opcodes(counts: Sequence[int], names: Sequence[str], bases: Bases) -> dict[str, Sourced]:
    """Translation opcodes: counts are the binary's; names too, or in the order of a base."""
    source = "v8 TranslationOpcodeOperandCount"
    if names:
        plain = [name.replace("JAVA_SCRIPT_", "JAVASCRIPT_") for name in names]
        return {name: Sourced(count, f"measured: {source}") for name, count in zip(plain, counts)}
    for table in bases.tables:
        order = aligned(table, counts)
        if order:
            return {
                name: Sourced(count, f"measured: {source}; name as in {table.v8}")
                for name, count in zip(order, counts)
            }
    return {
        n: Sourced(o.value, bases.unverified) for n, o in bases.nearest.translation_opcodes.items()
    }


def aligned(table: Table, counts: Sequence[int]) -> Sequence[str]:
    """The names of a table in their order, for opcodes with these numbers of operands; with one
    more or less, the one that leaves the fewest numbers different. Empty: it can't be told."""
    names = list(table.translation_opcodes)
    theirs = [opcode.value for opcode in table.translation_opcodes.values()]
    if len(theirs) == len(counts):
        return names if _different(theirs, counts) <= _CHANGED else ()
    if len(theirs) != len(counts) + 1:
        return ()
    ways = [_different(theirs[:at] + theirs[at + 1 :], counts) for at in range(len(theirs))]
    best = min(ways)
    if ways.count(best) != 1 or best > _CHANGED:
        return ()
    at = ways.index(best)
    return names[:at] + names[at + 1 :]


def _different(one: Sequence[int], other: Sequence[int]) -> int:
    return sum(a != b for a, b in zip(one, other))


def spaces(heap: Heap, fields: Fields, bases: Bases) -> dict[str, Sourced]:
    """Numbers of the spaces: those of objects whose space is known, the others from the base that
    has all of these so, or what of the nearest base is in nobody's place."""
    function = "plain>JSFunction.shared>SharedFunctionInfo.function_data"
    here = {
        "new": fields.at("young"),
        "old": fields.at("literal"),
        "large": fields.at("elements"),
        "code": heap.first(fields.types.get("INSTRUCTION_STREAM", fields.types["CODE"])),
    }
    if "TRUSTED_FIXED_ARRAY" in fields.types:
        here["trusted"] = fields.at(function)
    elif heap.space_of(fields.at("literal>0")) != heap.space_of(fields.at("literal")):
        here["map"] = fields.at("literal>0")
    said = {name: heap.space_of(address) for name, address in here.items()}
    known = {name: number for name, number in said.items() if number is not None}
    agreeing = [
        table
        for table in bases.tables
        if all(n in table.spaces and table.spaces[n].value == known[n] for n in known)
    ]
    base = agreeing[0] if agreeing else bases.nearest
    source = f"derived: as in {base.v8}, which has the others so" if agreeing else bases.unverified
    found = {name: Sourced(number, "measured") for name, number in known.items()}
    for name, space in base.spaces.items():
        if name not in found and space.value not in known.values():
            found[name] = Sourced(space.value, source)
    return dict(sorted(found.items(), key=lambda item: item[1].value))
