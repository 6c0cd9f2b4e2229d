"""`findrefs` and `strings`: every way of holding that the program used is found and named."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.dumps.support import PRIMARY, opened
from v8inspect.analysis.references import references_to, references_to_name, references_to_string
from v8inspect.analysis.strings import StringRow, StringsTotal, strings
from v8inspect.session import Session


def _target(session: Session) -> int:
    # Target.prototype has another constructor name, so there is one.
    (address,) = [address for address, _ in session.census.instances("Target")]
    return address + 1


@pytest.mark.parametrize("version", PRIMARY)
def test_every_way_of_holding_is_found_and_named(version: str) -> None:
    _, session = opened(version, "references")
    rows = list(references_to(session, [_target(session)]))
    found = {(row.class_, row.via, row.kind) for row in rows}
    expected = {
        ("Holder", "own", "property"),
        ("Holder", "far", "property"),
        ("Object", "slow", "property"),
        ("Array", "2", "element"),
        ("Array", "1000000", "element"),
        ("Map", '(value of "key")', "internal"),
        ("Map", "(key)", "internal"),
        ("Set", "(entry)", "internal"),
        ("Context", "captured", "variable"),
        ("Context", "target", "variable"),
        ("Function", "bound_this", "internal"),
        ("WeakRef", "target", "internal"),
        ("Proxy", "target", "internal"),
    }
    assert expected - found == set()
    assert any(row.class_ == "Promise" for row in rows)
    assert any(row.class_ == "Object" and row.via == "key" for row in rows), found
    assert any(row.class_ == "WeakMap" for row in rows)
    assert {row.target for row in rows} == {_target(session)}


@pytest.mark.parametrize("version", PRIMARY)
def test_a_second_search_gives_the_same_answer(version: str) -> None:
    _, session = opened(version, "references")
    target = _target(session)
    assert list(references_to(session, [target])) == list(references_to(session, [target]))


@pytest.mark.parametrize("version", PRIMARY)
def test_holders_of_a_property_name_are_found_fast_and_slow(version: str) -> None:
    _, session = opened(version, "references")
    assert Counter(row.class_ for row in references_to_name(session, "own")) == {"Holder": 2}
    (slow,) = references_to_name(session, "slow")
    assert slow.target == _target(session)
    assert list(references_to_name(session, "no such property anywhere")) == []


@pytest.mark.parametrize("version", PRIMARY)
def test_holders_of_a_string_are_found_by_its_text(version: str) -> None:
    run, session = opened(version, "references")
    found = {(row.class_, row.via) for row in references_to_string(session, run.truth["needle"])}
    assert ("Object", "text") in found


@pytest.mark.parametrize("version", PRIMARY)
def test_a_recursive_search_leads_to_the_global_object_and_ends(version: str) -> None:
    _, session = opened(version, "references")
    rows = []
    for row in references_to(session, [_target(session)], recursive=True):
        rows.append(row)
        if row.via == "keep" and row.kind == "property":
            break
    assert rows[-1].via == "keep"
    assert rows[-1].depth >= 1


@pytest.mark.parametrize("version", PRIMARY)
def test_duplicate_strings_are_counted_as_the_program_made_them(version: str) -> None:
    _, session = opened(version, "references")
    *rows, total = strings(session, None, contains="text of some length")
    copies = [row for row in rows if isinstance(row, StringRow) and row.count > 1]
    (row,) = copies
    assert row.text == "duplicate text of some length"
    assert row.count >= 50
    assert row.wasted == row.size - row.size // row.count
    assert isinstance(total, StringsTotal)
    *unique, _ = strings(session, None, pattern="^unique text number [0-9]+$")
    texts = {row.text for row in unique if isinstance(row, StringRow)}
    assert texts == {f"unique text number {i}" for i in range(30)}
