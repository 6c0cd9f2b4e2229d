"""The one format of the tables."""

from __future__ import annotations

import json

import pytest

from tests.unit.test_layout_fakes import VERSIONS
from v8inspect.layout import tables
from v8inspect.layout.writing import write


@pytest.mark.parametrize("version", VERSIONS)
def test_every_table_is_in_its_format(version: str) -> None:
    text = (tables.TABLES / f"v8-{version}.json").read_text()
    assert write(json.loads(text)) == text
