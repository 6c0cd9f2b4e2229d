"""Finding objects by what they have, against what the program made."""

from __future__ import annotations

import pytest

from tests.dumps.support import PRIMARY, opened
from v8inspect.analysis.census import CensusRow, DetailRow, filtered_census
from v8inspect.analysis.selection import selected
from v8inspect.analysis.where import compile_where
from v8inspect.errors import UsageError
from v8inspect.session import Session


def _counts(session: Session, **conditions: str) -> dict[str, int]:
    wanted = selected(
        session,
        conditions.get("constructor"),
        conditions.get("property"),
        conditions.get("kind"),
        conditions.get("where"),
    )
    assert wanted is not None
    rows = filtered_census(session, wanted)
    return {row.name: row.count for row in rows if isinstance(row, CensusRow)}


@pytest.mark.parametrize("version", PRIMARY)
def test_by_property_in_fast_and_dictionary_objects(version: str) -> None:
    _, session = opened(version, "aftergc")
    assert _counts(session, property="half") == {"Foo": 10000, "Bar": 3000}
    assert _counts(session, property="key1999") == {"Object": 1}
    assert _counts(session, property="key5") == {}  # was deleted
    assert _counts(session, property="p39") == {"Big": 50}


@pytest.mark.parametrize("version", PRIMARY)
def test_by_constructor_counts_as_the_census_does(version: str) -> None:
    _, session = opened(version, "aftergc")
    tallies = session.census.tallies()
    for name in ("Foo", "OwnTag1", "DictionaryTag", "Map", "Function"):
        assert _counts(session, constructor=name) == {name: tallies[name].count}


@pytest.mark.parametrize("version", PRIMARY)
def test_by_expression(version: str) -> None:
    _, session = opened(version, "aftergc")
    assert _counts(session, where='id >= 2990 && name ~ "^foo-" && z === true') == {"Bar": 10}
    assert _counts(session, constructor="Foo", where="half == 7.5 || id == 3") == {"Foo": 2}
    assert _counts(session, constructor="Bar", where="x === null && y === undefined") == {
        "Bar": 3000
    }
    assert _counts(session, constructor="Foo", where="self.self.id < 5 && !(id == 2)") == {"Foo": 4}
    assert _counts(session, constructor="Foo", where='typeof self == "function"') == {}


@pytest.mark.parametrize("version", PRIMARY)
def test_details_of_a_selection(version: str) -> None:
    _, session = opened(version, "aftergc")
    wanted = selected(session, "Foo", "half")
    assert wanted is not None
    (row,) = [
        r for r in filtered_census(session, wanted, detailed=True) if isinstance(r, DetailRow)
    ]
    assert (row.name, row.count, row.properties) == ("Foo", 10000, ["id", "name", "half", "self"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a ==",
        "a == 1 &&& b",
        "(a",
        "a]",
        "a ~ 1",
        'a ~ "("',
        "a[x]",
        "1 +",
        "a" * 5000,
        "a == 'x",
    ],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        compile_where(text)
