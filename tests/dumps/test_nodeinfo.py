"""`nodeinfo` against what the program knew of its own process."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.dumps.support import PRIMARY, opened
from v8inspect.commands.registry import find
from v8inspect.node.process import processes
from v8inspect.render.json_lines import json_lines
from v8inspect.render.text import text_lines
from v8inspect.rows import Row
from v8inspect.session import Session


def _rows(session: Session) -> list[Row]:
    command = find("nodeinfo")
    context: Any = SimpleNamespace(session=session)
    return list(command.body(context, command.parse([])))


@pytest.mark.parametrize("version", PRIMARY)
def test_says_what_process_said(version: str) -> None:
    run, session = opened(version, "values")
    told = run.truth["process"]
    found = list(processes(session))
    assert len(found) == 1
    info = found[0]
    assert info.isolate == 0
    assert info.pid == run.truth["pid"]
    assert info.version == told["version"] == f"v{version}"
    assert info.arch == told["arch"]
    assert info.platform == told["platform"]
    assert info.exec_path == told["execPath"]
    assert list(info.argv) == told["argv"]
    assert list(info.exec_argv) == told["execArgv"] != []
    assert list(info.versions.items()) == list(told["versions"].items())
    assert list(info.release.items()) == list(told["release"].items())
    assert info.versions["v8"] == session.layout.version
    assert set(info.absent) == {"ppid", "title", "debugPort"}


@pytest.mark.parametrize("version", PRIMARY)
def test_rows_in_both_forms(version: str) -> None:
    run, session = opened(version, "values")
    rows = _rows(session)
    text = list(text_lines(rows))
    assert text[0].startswith(f"Information for process id {run.truth['pid']} (process=0x")
    assert text[1] == f"Platform = linux, Architecture = x64, Node Version = v{version}"
    assert text[2].startswith("Component versions (process.versions=0x")
    assert f"    node = {version}" in text
    assert f"Executable Path = {run.truth['process']['execPath']}" in text
    assert text[-1] == "Not in the dump: ppid, title, debugPort"
    lines = list(json_lines(rows))
    assert len(lines) == 1
    assert f'"pid": {run.truth["pid"]}, ' in lines[0]


@pytest.mark.parametrize("version", PRIMARY)
def test_a_worker_has_a_process_of_its_own(version: str) -> None:
    _, session = opened(version, "worker")
    main, worker = processes(session)
    assert (main.isolate, worker.isolate) == (0, 1)
    assert main.address != worker.address
    assert main.pid == worker.pid
    assert main.version == worker.version == f"v{version}"


@pytest.mark.parametrize("version", PRIMARY)
def test_vm_contexts_add_no_process(version: str) -> None:
    _, session = opened(version, "vmcontexts")
    assert len(list(processes(session))) == 1
