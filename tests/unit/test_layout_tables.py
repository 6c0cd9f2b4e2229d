"""The tables: well formed, complete, and refused when they are not."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import v8inspect
from tests.unit.test_layout_fakes import NODES, VERSIONS
from v8inspect import layout
from v8inspect.errors import LayoutIncomplete, LayoutUnknown
from v8inspect.layout import build, tables, v8dbg
from v8inspect.layout.model import EXACT, RULES

SCHEMA: dict[str, Any] = json.loads(tables.SCHEMA.read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def document(version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text(version))
    return found


def text(version: str) -> str:
    return (tables.TABLES / f"v8-{version}.json").read_text()


def load(changed: dict[str, Any]) -> layout.Layout:
    table = tables.parse(changed["v8"], json.dumps(changed).encode())
    return build.build("12.4", table, table.constants, table.instance_types)


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$defs"]["rule"]["properties"]["rule"]["enum"] == list(RULES)
    assert SCHEMA["$defs"]["rule"]["properties"]["exact"]["enum"] == list(EXACT)


def test_known_versions_are_in_order() -> None:
    assert list(tables.known()) == list(VERSIONS)


@pytest.mark.parametrize("version", VERSIONS)
def test_table_is_valid(version: str) -> None:
    problems = [
        f"{list(error.path)}: {error.message}" for error in VALIDATOR.iter_errors(document(version))
    ]
    assert not problems


@pytest.mark.parametrize("version", VERSIONS)
def test_table_has_no_name_twice(version: str) -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
        return dict(pairs)

    json.loads(text(version), object_pairs_hook=once)


@pytest.mark.parametrize("version", VERSIONS)
def test_table_is_reviewable(version: str) -> None:
    """One constant a line, types and kinds in ascending order."""
    found = document(version)
    for section in ("constants", "instance_types", "elements_kinds", "spaces", "size_rules"):
        for name, value in found[section].items():
            assert f'\n  "{name}": {json.dumps(value)}' in text(version)
    for section in ("instance_types", "elements_kinds", "spaces"):
        numbers = [number for number, _ in found[section].values()]
        assert numbers == sorted(numbers)


@pytest.mark.parametrize("version", VERSIONS)
def test_table_has_every_field_of_the_model_and_nothing_else(version: str) -> None:
    table = tables.load(version)
    names = set(table.constants)
    assert set(build.REQUIRED) <= names
    assert not names - set(build.REQUIRED) - set(build.OPTIONAL)
    made = layout.for_version(version)
    for group, cls in build.GROUPS.items():
        for field in cls.fields:
            expected = table.constants.get(f"{group}.{field}")
            value = getattr(getattr(made, group), field)
            assert value == (None if expected is None else expected.value)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_variable_size_has_a_rule(version: str) -> None:
    made = layout.for_version(version)
    variable = {type_ for type_, size in made.read_only_maps if size == 0}
    nonstrings = {type_ for type_ in variable if type_ >= made.first_nonstring_type}
    assert not {made.type_names[type_] for type_ in nonstrings - set(made.size_rules)}


@pytest.mark.parametrize("version", VERSIONS)
def test_layout_is_consistent(version: str) -> None:
    made = layout.for_version(NODES[version][1])
    types = made.types
    assert (made.version, made.table, made.exact) == (NODES[version][1], version, True)
    assert made.first_js_receiver_type == min(
        number for name, number in types.items() if name.startswith("JS_")
    )
    assert made.first_js_function_type == types["JS_FUNCTION"]
    assert made.last_js_function_type >= types["JS_CLASS_CONSTRUCTOR"]
    constructors = [name for name in types if name.endswith("_CONSTRUCTOR")]
    assert all(
        made.first_js_function_type <= types[name] <= made.last_js_function_type
        for name in constructors
    )
    assert made.type_names[made.Context.first_type].endswith("_CONTEXT")
    assert made.type_names[made.Context.last_type].endswith("_CONTEXT")
    assert made.type_names[types["WEAK_ARRAY_LIST"]] == "WEAK_ARRAY_LIST"
    assert (types["MAP"], made.Map.size) in made.read_only_maps
    assert [made.space_names[space] for space in made.new_spaces] == ["new"]
    assert {made.space_names[space] for space in made.code_spaces} == {"code", "code_large"}
    assert made.elements_kind_names[0] == "PACKED_SMI"
    assert len(made.elements_kinds) == len(made.elements_kind_names)
    assert hash(made.String) is not None  # frozen, and so are all groups


def test_code_asks_only_for_types_that_are_required() -> None:
    """A type that is asked for without a fallback must be in every table, or resolve refuses it."""
    asked = set()
    package = Path(v8inspect.__file__).parent
    for path in package.rglob("*.py"):
        if path.is_relative_to(package / "learn"):
            continue  # makes tables: what it asks for, it has just been told by V8
        asked |= set(re.findall(r'\btypes\["([A-Z0-9_]+)"\]', path.read_text()))
    assert asked, "the pattern no longer fits the code"
    assert not asked - set(build.REQUIRED_TYPES)


def test_v8dbg_lists_name_constants_that_are_there() -> None:
    names = set(build.REQUIRED) | set(build.OPTIONAL)
    assert not {symbol.constant for symbol in v8dbg.TRUSTED} - names
    assert not {symbol.stem for symbol in v8dbg.TRUSTED} & set(v8dbg.UNTRUSTED)


@pytest.mark.parametrize("version", ["9.4", "13.5", "15.0.1.2-node.3", "", "x", "12", "../v8-12.4"])
def test_unknown_version_names_the_known_ones(version: str) -> None:
    with pytest.raises(LayoutUnknown) as caught:
        layout.for_version(version)
    assert caught.value.known == VERSIONS


def test_missing_constants_are_named_all_at_once() -> None:
    broken = document("12.4")
    for name in ("Map.instance_type", "JSFunction.shared", "first_nonstring_type"):
        del broken["constants"][name]
    del broken["instance_types"]["JS_ARRAY"]
    del broken["elements_kinds"]["DICTIONARY"]
    del broken["spaces"]["old"]
    with pytest.raises(LayoutIncomplete) as caught:
        load(broken)
    assert set(caught.value.missing) == {
        "Map.instance_type",
        "JSFunction.shared",
        "first_nonstring_type",
        "type JS_ARRAY",
        "elements kind DICTIONARY",
        "space old",
    }


def test_optional_constants_may_be_missing() -> None:
    changed = document("12.4")
    del changed["constants"]["Builtins.typed_array_length"]
    assert load(changed).Builtins.typed_array_length is None


def test_ill_formed_parts_are_named() -> None:
    broken = document("12.4")
    broken["constants"]["Map.instance_type"] = [-1, "measured"]
    broken["constants"]["Map.prototype"] = ["24", "measured"]
    broken["constants"]["JSObject.elements"] = 16
    broken["constants"]["JSObject.header_size"] = [2**32, "measured"]
    broken["size_rules"]["FIXED_ARRAY"]["rule"] = "guess"
    broken["read_only_maps"]["24"] = [True]
    broken["tagged_size"] = 6
    with pytest.raises(LayoutIncomplete) as caught:
        load(broken)
    told = "\n".join(caught.value.missing)
    for part in (
        "Map.instance_type",
        "Map.prototype",
        "JSObject.elements",
        "JSObject.header_size",
        "FIXED_ARRAY",
        "read_only_maps: 24",
        "tagged_size is 6",
    ):
        assert part in told


@pytest.mark.parametrize(
    "broken", [b"", b"\xff\xfe", b"[]", b"null", b"{", b"[" * 100_000, b"{}", b'{"v8": "12.4"}']
)
def test_what_is_no_table_is_refused(broken: bytes) -> None:
    with pytest.raises(LayoutIncomplete):
        tables.parse("12.4", broken)


def test_table_of_another_version_is_refused() -> None:
    with pytest.raises(LayoutIncomplete, match=r"13\.6"):
        tables.parse("12.4", text("13.6").encode())


def test_random_damage_never_ends_in_a_traceback() -> None:
    """Bytes or values changed at random: a Layout, or LayoutIncomplete, nothing else."""
    generator = random.Random(20260101)
    good = text("14.6").encode()
    refused = 0
    for _ in range(60):
        damaged = bytearray(good)
        for _ in range(generator.randint(1, 40)):
            at = generator.randrange(len(damaged))
            damaged[at : at + generator.randint(0, 3)] = generator.randbytes(
                generator.randint(0, 3)
            )
        refused += is_refused(bytes(damaged))
    assert refused > 40
    for _ in range(200):
        tree = document("14.6")
        section = tree[generator.choice(["constants", "instance_types", "size_rules", "spaces"])]
        name = generator.choice(list(section))
        section[name] = generator.choice(
            [
                None,
                True,
                1.5,
                "8",
                [],
                {},
                [8],
                [8, 8],
                [None, "measured"],
                {"rule": "smi"},
                [[8], ""],
            ]
        )
        is_refused(json.dumps(tree).encode())


def is_refused(damaged: bytes) -> bool:
    try:
        table = tables.parse("14.6", damaged)
        build.build("14.6", table, table.constants, table.instance_types)
    except LayoutIncomplete as error:
        return bool(error.missing)
    return False
