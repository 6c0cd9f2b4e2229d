"""Pipes between commands, in the shell, against what the program knew."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.dumps.support import PRIMARY
from tests.provision.cores import core

VERSIONS = (PRIMARY[0], PRIMARY[-1])


def _shell(version: str, *words: str) -> list[str]:
    run = core(version, "aftergc")
    command = [sys.executable, "-m", "v8inspect", "-c", str(run.core), "-e", str(run.node), *words]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return result.stdout.splitlines()


@pytest.mark.parametrize("version", VERSIONS)
def test_instances_flow_into_another_command(version: str) -> None:
    lines = _shell(version, "findjsinstances Foo | inspect --json | head -4")
    rows = [json.loads(line) for line in lines]
    assert [row["class"] for row in rows] == ["Foo"] * 4
    for row in rows:
        keys = [item["key"] for item in row["properties"]]
        assert keys in (["id", "name", "half", "self"], ["constructor"])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_selection_is_a_source_and_rows_can_be_counted(version: str) -> None:
    assert _shell(version, "findjsobjects -p half | wc") == ["13000"]
    assert _shell(version, "findjsinstances", "Bar", "|", "wc") == ["3000"]


@pytest.mark.parametrize("version", VERSIONS)
def test_addresses_alone_serve_the_pipes_of_the_system(version: str) -> None:
    lines = _shell(version, "findjsobjects", "-c", "Big", "--addresses")
    assert len(lines) == len(set(lines)) == 50
    assert all(line.startswith("0x") for line in lines)
    listed = _shell(version, "findjsinstances", "Big", "--json")
    assert lines == [json.loads(line)["address"] for line in listed]


@pytest.mark.parametrize("version", VERSIONS)
def test_property_values_are_a_source(version: str) -> None:
    (address, *_) = _shell(
        version, "findjsobjects", "-c", "Bar", "--where", "id == 7", "--addresses"
    )
    rows = [json.loads(line) for line in _shell(version, "jsprop", address, "--json")]
    assert [row["key"] for row in rows] == ["id", "name", "half", "self", "x", "y", "z"]
    assert rows[3]["address"] == address
    lines = _shell(version, f"jsprop {address} | print")
    assert lines[0] == "<Smi: 7>"
    assert '"foo-7"' in lines[1]
