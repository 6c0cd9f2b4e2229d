"""The graph of dumps of Windows, macOS and arm64: what the programs keep is alive, and held by the
property that they put it into (tests/data/*/crash.js, heap.js)."""

from __future__ import annotations

from typing import Mapping

import pytest

from tests.dumps import test_linux_arm64, test_macos, test_windows
from v8inspect.analysis.retained import RetainedRow, paths_to, retained_by_name
from v8inspect.session import Session

pytestmark = pytest.mark.dumps

# Bar.prototype bears the name Foo.
_WINDOWS = ({"Foo": 10001, "Bar": 500, "Legacy": 300}, {"Bar": "bars", "Legacy": "legacies"})
_OTHERS = ({"Zebra": 1234, "Walrus": 77}, {"Zebra": "zebras", "Walrus": "walruses"})


def _check(session: Session, counts: Mapping[str, int], holders: Mapping[str, str]) -> None:
    live = session.live_census.tallies()
    assert {name: live[name].count for name in counts} == counts
    retained = {row.name: row for row in retained_by_name(session) if isinstance(row, RetainedRow)}
    for name, count in counts.items():
        assert retained[name].count == count
        assert retained[name].retained > retained[name].size  # each has strings of its own
    for name, holder in holders.items():
        address, _ = next(iter(session.live_census.instances(name)))
        steps = [row.via for row in paths_to(session, address + 1, 1)]
        assert holder in steps, steps


@pytest.mark.parametrize("name", test_windows.ALL)
def test_windows_dumps(name: str) -> None:
    _check(test_windows.session_of(name), *_WINDOWS)


@pytest.mark.parametrize("name", test_macos.ALL)
def test_macos_cores(name: str) -> None:
    _check(test_macos.session_of(name), *_OTHERS)


@pytest.mark.parametrize("version", list(test_linux_arm64.MAPS))
def test_arm64_cores(version: str) -> None:
    _check(test_linux_arm64.session_of(version), *_OTHERS)
