"""tools/layout/new_table.py: the format of the tables, and a first table for another V8."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

import v8inspect
from tests.unit.test_layout_binaries import RELEASES, binary
from tests.unit.test_layout_fakes import VERSIONS
from v8inspect.layout import tables, v8dbg


def tool() -> Any:
    path = Path(v8inspect.__file__).parents[1] / "tools" / "layout" / "new_table.py"
    spec = importlib.util.spec_from_file_location("new_table", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("version", VERSIONS)
def test_every_table_is_in_its_format(version: str) -> None:
    text = (tables.TABLES / f"v8-{version}.json").read_text()
    assert tool().write(json.loads(text)) == text


@pytest.mark.parametrize(("base", "version"), [("10.2", "11.3"), ("13.6", "14.6")])
def test_new_table_from_the_one_before(base: str, version: str) -> None:
    target = binary(RELEASES[version])
    ints = v8dbg.read_ints(target)
    document, remarks = tool().new_document(tables.load(base), version, ints, target)
    made = tables.parse(version, tool().write(document).encode())
    truth = tables.load(version)
    for name, (value, source) in made.constants.items():
        if source.startswith("v8dbg"):
            assert truth.constants[name].value == value
    for name, (value, source) in made.instance_types.items():
        if source == "v8dbg":
            assert truth.instance_types[name].value == value
    assert made.frame_types == truth.frame_types
    placed = [n for n, t in made.instance_types.items() if "not verified" in t.source]
    right = [n for n in placed if n in truth.instance_types]
    assert all(made.instance_types[n].value == truth.instance_types[n].value for n in right)
    assert any(remark.startswith("type ") for remark in remarks)


def test_usage_and_errors_are_told(tmp_path: Path) -> None:
    main = tool().main
    assert "usage" in main([])
    no_dump = tmp_path / "x"
    no_dump.write_bytes(b"no dump")
    assert "NotADump" in main(["14.6", str(no_dump)])
