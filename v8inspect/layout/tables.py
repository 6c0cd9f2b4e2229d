"""The tables beside this file: one JSON file for each V8 major.minor, read and checked for shape.

A table is data that anybody may edit, so nothing in it is believed: `load` returns a `Table` whose
every part has the right type, or raises LayoutIncomplete that names all that is missing or unfit.
What the parts mean is in `schema.json`; what must be there is in `model.py`.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, NamedTuple, Optional, Sequence

from v8inspect.errors import LayoutIncomplete, LayoutUnknown
from v8inspect.layout.model import EXACT, RULES, SizeRule

TABLES = Path(os.environ.get("V8INSPECT_TABLES") or Path(__file__).with_name("tables"))
SCHEMA = Path(__file__).with_name("schema.json")

_PREFIX = "v8-"
_MAX_VALUE = 2**32 - 1
_WIDE = "FixedArray.double_hole"  # the one constant of 64 bits


class Sourced(NamedTuple):
    """A number of a table and where it is from."""

    value: int
    source: str


@dataclass(frozen=True)
class Table:
    """One table, its shape checked, its completeness not (that is `resolve`'s)."""

    v8: str  # 'major.minor'
    tagged_size: int  # bytes
    verified_on: Sequence[str]  # builds whose dumps were read with it
    constants: Mapping[str, Sourced]  # 'Map.instance_type' -> …
    instance_types: Mapping[str, Sourced]
    elements_kinds: Mapping[str, Sourced]
    spaces: Mapping[str, Sourced]
    size_rules: Mapping[str, SizeRule]  # by name of an instance type
    frame_types: Mapping[str, Sourced]
    translation_opcodes: Mapping[str, Sourced]  # in order of the opcodes; number of operands
    bytecode_sizes: Sequence[bytes]  # for operands of 1, 2 and 4 times their size
    read_only_maps: Sequence[tuple[int, int]]  # (instance type, bytes; 0: variable)


def known() -> Sequence[str]:
    """The V8 versions ('12.4') that have a table, oldest first."""
    names = [path.stem[len(_PREFIX) :] for path in TABLES.glob(f"{_PREFIX}*.json")]
    return sorted(names, key=lambda name: [int(part) for part in name.split(".") if part.isdigit()])


def load(name: str) -> Table:
    """The table of V8 `name` ('12.4'); raises LayoutUnknown, or LayoutIncomplete for a bad one."""
    if name not in known():
        raise LayoutUnknown(name, known())
    return parse(name, (TABLES / f"{_PREFIX}{name}.json").read_bytes())


def parse(name: str, text: bytes) -> Table:
    """Checks the JSON `text` of table `name`; raises LayoutIncomplete with all that is amiss."""
    problems: list[str] = []
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LayoutIncomplete(name, [f"table is no JSON: {error}"]) from error
    if not isinstance(data, dict):
        raise LayoutIncomplete(name, ["table is no JSON object"])
    types = _sourced(data, "instance_types", problems)
    table = Table(
        v8=_text(data, "v8", problems),
        tagged_size=_tagged_size(data, problems),
        verified_on=_texts(data, "verified_on", problems),
        constants=_sourced(data, "constants", problems),
        instance_types=types,
        elements_kinds=_sourced(data, "elements_kinds", problems),
        spaces=_sourced(data, "spaces", problems),
        size_rules=_rules(data, types, problems),
        frame_types=_sourced(data, "frame_types", problems),
        translation_opcodes=_sourced(data, "translation_opcodes", problems),
        bytecode_sizes=_bytecode_sizes(data, problems),
        read_only_maps=_read_only_maps(data, problems),
    )
    if not problems and table.v8 != name:
        problems.append(f"table says that it is of {table.v8}")
    if problems:
        raise LayoutIncomplete(name, problems)
    return table


def _member(data: Mapping[str, Any], name: str, kind: type, problems: list[str]) -> Any:
    """data[name] if it is of `kind`, else an empty one of it."""
    value = data.get(name)
    if isinstance(value, kind):
        return value
    problems.append(f"{name} is missing" if value is None else f"{name} has the wrong type")
    return kind()


def _number(value: object, limit: int = _MAX_VALUE) -> Optional[int]:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= limit:
        return value
    return None


def _text(data: Mapping[str, Any], name: str, problems: list[str]) -> str:
    return str(_member(data, name, str, problems))


def _texts(data: Mapping[str, Any], name: str, problems: list[str]) -> Sequence[str]:
    values = _member(data, name, list, problems)
    if not all(isinstance(value, str) for value in values):
        problems.append(f"{name} has the wrong type")
        return ()
    return tuple(values)


def _tagged_size(data: Mapping[str, Any], problems: list[str]) -> int:
    size = _number(data.get("tagged_size"))
    if size not in (4, 8):
        problems.append("tagged_size is missing" if size is None else f"tagged_size is {size}")
        return 8
    return size


def _sourced(data: Mapping[str, Any], name: str, problems: list[str]) -> Mapping[str, Sourced]:
    found: dict[str, Sourced] = {}
    for key, pair in _member(data, name, dict, problems).items():
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], str):
            value = _number(pair[0], 2**64 - 1 if key == _WIDE else _MAX_VALUE)
            if value is not None:
                found[key] = Sourced(value, pair[1])
                continue
        problems.append(f"{name}: {key} is not [number, source]")
    return found


def _rules(
    data: Mapping[str, Any], types: Mapping[str, Sourced], problems: list[str]
) -> Mapping[str, SizeRule]:
    found: dict[str, SizeRule] = {}
    for key, value in _member(data, "size_rules", dict, problems).items():
        rule = _rule(value)
        if rule is None:
            problems.append(f"size_rules: {key} is no rule")
        elif key not in types:
            problems.append(f"size_rules: {key} is no instance type")
        else:
            found[key] = rule
    return found


def _rule(value: object) -> Optional[SizeRule]:
    if not isinstance(value, dict) or value.get("rule") not in RULES:
        return None
    numbers: dict[str, int] = {}
    for name in ("field", "header", "unit", "tail", "mask"):
        if name in value:
            number = _number(value[name])
            if number is None or number > 0xFFFF:
                return None
            numbers[name] = number
    exact = value.get("exact", "")
    if set(value) - set(numbers) - {"rule", "exact", "source"} or exact not in ("", *EXACT):
        return None
    return SizeRule(rule=value["rule"], exact=exact, **numbers)


def _read_only_maps(data: Mapping[str, Any], problems: list[str]) -> Sequence[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for size, types in _member(data, "read_only_maps", dict, problems).items():
        numbers = [_number(type_) for type_ in types] if isinstance(types, list) else [None]
        if not size.isdigit() or None in numbers:
            problems.append(f"read_only_maps: {size} is no list of instance types")
            continue
        pairs += [(number, int(size)) for number in numbers if number is not None]
    return tuple(sorted(pairs))


def _bytecode_sizes(data: Mapping[str, Any], problems: list[str]) -> Sequence[bytes]:
    found: list[bytes] = []
    texts = _member(data, "bytecode_sizes", dict, problems)
    for name in ("single", "double", "quadruple"):
        try:
            found.append(bytes.fromhex(texts.get(name, "")))
        except (TypeError, ValueError):
            problems.append(f"bytecode_sizes: {name} is not hexadecimal")
            return ()
    if not found[0] or len({len(sizes) for sizes in found}) != 1 or any(0 in x for x in found):
        problems.append("bytecode_sizes: not three lists of the same opcodes")
    return tuple(found)
