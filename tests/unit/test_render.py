"""Rows as text and as JSON Lines."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import sys
import typing
from dataclasses import dataclass
from typing import Any, List, Optional

import pytest

import v8inspect.analysis
import v8inspect.commands
from tests.unit.fake_front_end import shown
from v8inspect.analysis.census import CensusRow, CensusTotal, DetailRow
from v8inspect.analysis.instances import InstanceRow
from v8inspect.render.clean import clean
from v8inspect.render.text import view_of
from v8inspect.rows import Address, Row

CENSUS = [CensusRow("InContext", 55, 3520), CensusRow("Foo", 10000, 640000)]


@dataclass(frozen=True)
class OddRow(Row):
    """A row of every kind of value."""

    address: Address
    text: str
    number: float
    items: List[Any]
    nothing: Optional[int] = None


def test_census_text_is_that_of_the_manual() -> None:
    assert shown([*CENSUS, CensusTotal(10055, 643520)]) == (
        " Instances  Total Size Name\n"
        " ---------- ---------- ----\n"
        "         55       3520 InContext\n"
        "      10000     640000 Foo\n"
        " ---------- ----------\n"
        "      10055     643520\n"
    )


def test_an_empty_census_still_has_its_heading() -> None:
    assert shown([CensusTotal(0, 0)]).splitlines() == [
        " Instances  Total Size Name",
        " ---------- ---------- ----",
        " ---------- ----------",
        "          0          0",
    ]


def test_census_json_has_the_fields_of_the_manual_and_no_total() -> None:
    lines = shown([*CENSUS, CensusTotal(10055, 643520)], json=True).splitlines()
    assert lines == [
        '{"name": "InContext", "count": 55, "size": 3520}',
        '{"name": "Foo", "count": 10000, "size": 640000}',
    ]


def test_detail_names_properties_and_cuts_visibly() -> None:
    row = DetailRow(Address(0x2A5F00C1), 3, 96, "Foo", [f"p{n}" for n in range(15)], 7)
    line = shown([row]).splitlines()[-1]
    assert line.split() == (
        ["0x2a5f00c1", "3", "96", "15", "7", "Foo:"]
        + [f"p{n}," for n in range(12)]
        + ["…", "3", "more"]
    )
    assert json.loads(shown([row], json=True))["properties"] == [f"p{n}" for n in range(15)]


def test_an_instance_starts_with_its_address() -> None:
    assert shown([InstanceRow(Address(0x1C1), "Foo", 24)]) == "0x1c1:<Object: Foo>\n"


@pytest.mark.parametrize(
    ("hostile", "shown_as"),
    [
        ("a\nb", "a\\nb"),
        ("a\r\tb", "a\\r\\tb"),
        ("\x1b[2J\x1b]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("\x00\x7f", "\\x00\\x7f"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("line\u2028sep", "line\\u2028sep"),
        ("half \ud83d", "half \\ud83d"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("\ufefffoo", "\\ufefffoo"),
        ("Größe 猫 😀", "Größe 猫 😀"),
        ("", ""),
    ],
)
def test_text_from_a_dump_cannot_drive_a_terminal(hostile: str, shown_as: str) -> None:
    assert clean(hostile) == shown_as
    for colour in (False, True):
        text = shown([InstanceRow(Address(1), hostile, 0)], colour=colour)
        assert shown_as in text
        assert text.count("\n") == 1
    text.encode()


def test_hostile_names_survive_json_exactly() -> None:
    name = 'a\n\x1b"\ud83d\u202e\\'
    text = shown([InstanceRow(Address(1), name, 0)], json=True)
    assert text.isascii()
    assert text.count("\n") == 1
    assert json.loads(text)["name"] == name


def test_json_values() -> None:
    row = OddRow(Address(0xABC), "x", float("nan"), [Address(1), {"k": float("-inf")}, True])
    assert json.loads(shown([row], json=True)) == {
        "address": "0xabc",
        "text": "x",
        "number": "NaN",
        "items": ["0x1", {"k": "-Infinity"}, True],
        "nothing": None,
    }


def test_a_row_without_a_view_shows_its_fields() -> None:
    assert shown([OddRow(Address(1), "x", 1.5, [])]) == (
        "address=0x1  text=x  number=1.5  items=[]  nothing=None\n"
    )


def test_colour_only_adds_escapes() -> None:
    plain = shown([*CENSUS, CensusTotal(10055, 643520)])
    coloured = shown([*CENSUS, CensusTotal(10055, 643520)], colour=True)
    assert "\x1b[36mFoo\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def _row_types() -> List[Any]:
    """Every kind of row that can stand alone: those in fields of others are shown by them."""
    found = []
    for package in (v8inspect.analysis, v8inspect.commands):
        for module in pkgutil.iter_modules(package.__path__):
            loaded = importlib.import_module(f"{package.__name__}.{module.name}")
            found += [
                item
                for item in vars(loaded).values()
                if isinstance(item, type)
                and issubclass(item, Row)
                and item.__module__ == loaded.__name__
            ]
    # What `Described.internal` holds is of any type, so hints say nothing of these.
    unseen = {"Pair", "Variable", "Frame"}
    found = [item for item in found if item.__name__ not in unseen]
    inner = {part for item in found for hint in _hints(item) for part in _parts(hint)}
    return [item for item in found if item not in inner]


def _hints(item: Any) -> List[Any]:
    names = {**vars(typing), **vars(sys.modules[item.__module__])}
    return list(typing.get_type_hints(item, names).values())


def _parts(hint: Any) -> List[Any]:
    """All types that a type is made of."""
    return [hint, *(part for inner in typing.get_args(hint) for part in _parts(inner))]


@pytest.mark.parametrize("row_type", _row_types(), ids=lambda t: t.__name__)
def test_every_kind_of_row_has_a_view_and_is_frozen(row_type: Any) -> None:
    assert view_of(row_type).line.__name__ != "_fields"
    assert row_type.__dataclass_params__.frozen
