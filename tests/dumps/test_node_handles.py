"""Handles and requests against what process._getActiveHandles() and its kin gave the program."""

from __future__ import annotations

import json
from collections import Counter
from types import SimpleNamespace
from typing import Any, Optional

import pytest

from tests.dumps.support import FIRST_LTS, PRIMARY, opened
from v8inspect.analysis.node_handles import (
    HandleRow,
    HandlesTotal,
    RequestRow,
    RequestsTotal,
    handles,
    requests,
)
from v8inspect.commands.registry import find
from v8inspect.node import environment as environments
from v8inspect.node.environment import Environment
from v8inspect.render.json_lines import json_lines
from v8inspect.render.text import text_lines
from v8inspect.session import Session


def _handles(session: Session, isolate: int = 0, everything: bool = False) -> list[HandleRow]:
    found = handles(session, isolate, everything)
    return [row for row in found if isinstance(row, HandleRow)]


def _requests(session: Session, isolate: int = 0) -> list[RequestRow]:
    return [row for row in requests(session, isolate) if isinstance(row, RequestRow)]


def _by_fd(rows: list[HandleRow], fd: int) -> HandleRow:
    (row,) = [row for row in rows if row.fd == fd]
    return row


@pytest.mark.parametrize("with_exe", [True, False])
@pytest.mark.parametrize("version", PRIMARY + FIRST_LTS)
def test_the_same_as_get_active_handles(version: str, with_exe: bool) -> None:
    run, session = opened(version, "handles", with_exe)
    for isolate, told in enumerate([run.truth, run.truth["worker"]]):
        rows = [row for row in _handles(session, isolate, True) if row.listed]
        assert [row.owner_class or row.class_ for row in rows] == told["handles"]


@pytest.mark.parametrize("version", PRIMARY + FIRST_LTS)
def test_the_same_as_get_active_requests(version: str) -> None:
    run, session = opened(version, "handles")
    for isolate, told in enumerate([run.truth, run.truth["worker"]]):
        rows = [row for row in _requests(session, isolate) if row.listed]
        assert [row.class_ for row in rows] == told["requests"]


@pytest.mark.parametrize("version", PRIMARY + FIRST_LTS)
def test_as_many_as_libuv_counts(version: str) -> None:
    _, session = opened(version, "handles")
    totals = [row for row in handles(session) if isinstance(row, HandlesTotal)]
    assert [row.isolate for row in totals] == [0, 1]
    for row in totals:
        assert row.keep_alive == row.counted
    for total in requests(session):
        if isinstance(total, RequestsTotal):
            assert total.requests == total.counted


@pytest.mark.parametrize("version", PRIMARY)
def test_kinds_as_in_resources_info(version: str) -> None:
    """process.getActiveResourcesInfo() tells servers from sockets, as we must."""
    run, session = opened(version, "handles")
    names = {
        "tcp server": "TCPServerWrap",
        "tcp socket": "TCPSocketWrap",
        "pipe server": "PipeWrap",
        "pipe": "PipeWrap",
        "udp": "UDPWrap",
        "fs event": "FSEventWrap",
        "fs poll": "StatWatcher",
        "process": "ProcessWrap",
        "message port": "MessagePort",
    }
    ours = Counter(names[row.kind] for row in _handles(session) if row.listed)
    told = Counter(name for name in run.truth["resources"] if name in names.values())
    assert ours == told


@pytest.mark.parametrize("version", PRIMARY)
def test_servers_and_sockets(version: str) -> None:
    run, session = opened(version, "handles")
    truth = run.truth
    rows = _handles(session)
    server = _by_fd(rows, truth["server"]["fd"])
    assert (server.kind, server.local, server.asked) == ("tcp server", None, "127.0.0.1:0")
    fixed = _by_fd(rows, truth["fixed"]["fd"])
    assert fixed.local == f"127.0.0.1:{truth['fixed']['port']}"
    client = _by_fd(rows, truth["client"]["fd"])
    assert (client.kind, client.owner_class) == ("tcp socket", "Socket")
    assert (client.local, client.remote) == (truth["client"]["local"], truth["client"]["remote"])
    assert client.write_queue == truth["writeQueue"]
    assert client.bytes_written == truth["bytesWritten"]
    assert any(row.bytes_read == truth["bytesRead"] for row in rows if row.kind == "tcp socket")
    learnt = _by_fd(rows, truth["learnt"]["fd"])
    assert (learnt.local, learnt.asked) == (truth["learnt"]["local"], None)
    unix = _by_fd(rows, truth["unix"]["fd"])
    assert (unix.kind, unix.local) == ("pipe server", truth["unix"]["path"])
    assert _by_fd(rows, truth["unix"]["client"]).kind == "pipe"
    assert _by_fd(rows, truth["udp"]["fd"]).kind == "udp"
    assert sum(row.http == "GET /waiting?for=it" for row in rows) == 2  # both ends


@pytest.mark.parametrize("version", PRIMARY)
def test_processes_and_watchers(version: str) -> None:
    run, session = opened(version, "handles")
    rows = _handles(session, everything=True)
    (child,) = [row for row in rows if row.kind == "process"]
    assert (child.pid, child.command) == (run.truth["child"]["pid"], "sleep 20")
    stdin = _by_fd(rows, run.truth["child"]["stdin"])
    assert (stdin.pid, stdin.stdio) == (child.pid, "stdin")
    assert (stdin.active, stdin.ref, stdin.keeps_alive) == (False, True, False)
    (watcher,) = [row for row in rows if row.kind == "fs event"]
    assert (watcher.path, watcher.owner_class) == ("watched.txt", "FSWatcher")
    (polled,) = [row for row in rows if row.kind == "fs poll"]
    assert polled.path is not None
    assert polled.path.endswith("/watched.txt")
    (signal,) = [row for row in rows if row.signal is not None]
    assert (signal.signal, signal.keeps_alive) == ("SIGUSR2", False)
    threads = {row.thread_id for row in rows if row.owner_class == "Worker"}
    assert threads == {run.truth["worker"]["threadId"]}


@pytest.mark.parametrize("version", PRIMARY)
def test_what_does_not_keep_the_loop_alive_is_hidden(version: str) -> None:
    run, session = opened(version, "handles")
    fd = run.truth["unreffed"]["fd"]
    assert fd not in {row.fd for row in _handles(session)}
    assert _by_fd(_handles(session, everything=True), fd).ref is False
    shown = len(_handles(session))
    (total,) = [row for row in handles(session, 0) if isinstance(row, HandlesTotal)]
    assert shown + total.hidden == len(_handles(session, everything=True))


@pytest.mark.parametrize("version", PRIMARY)
def test_callbacks_are_the_programs(version: str) -> None:
    run, session = opened(version, "handles")
    found: dict[Optional[str], RequestRow] = {
        row.callback.name: row for row in _requests(session) if row.callback is not None
    }
    expected = {
        "fifoOpen": ("fs open", "fifo"),
        "statDone": ("fs stat", "watched.txt"),
        "lookedUp": ("getaddrinfo", None),
        "written": ("write", None),
        "derived": ("PBKDF2 job", None),
    }
    lines = (run.folder / "app" / "handles.js").read_text().split("\n")
    for name, (kind, path) in expected.items():
        row = found[name]
        assert (row.kind, row.path) == (kind, path)
        assert row.callback is not None
        assert row.callback.script == run.truth["script"]
        assert row.callback.line is not None
        assert f"function {name}(" in lines[row.callback.line - 1]
    assert found["lookedUp"].host == "blackhole.invalid."
    assert found["written"].bytes == 30 << 20
    assert found["written"].owner_class == "Socket"
    assert "readDone" in found  # a request up to 24, a job later
    (promised,) = [row for row in _requests(session) if row.promise is not None]
    assert (promised.class_, promised.kind, promised.path) == ("FSReqPromise", "fs open", "fifo")
    (connect,) = [row for row in _requests(session) if row.kind == "connect"]
    assert connect.remote == f"127.0.0.1:{run.truth['server']['port']}"
    assert connect.owner_class == "Socket"


@pytest.mark.parametrize("version", PRIMARY)
def test_lists_are_found_without_symbols_and_table(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, session = opened(version, "handles")
    usual = [item.queues for item in environments.environments(session)]
    assert None not in usual
    monkeypatch.setattr(environments, "_USUAL", {})
    monkeypatch.setattr(environments, "_SYMBOLS", "no such")
    monkeypatch.delitem(session._kept, environments._environments)
    assert [item.queues for item in environments.environments(session)] == usual


@pytest.mark.parametrize("version", PRIMARY)
def test_unknown_lists_are_told(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, session = opened(version, "handles")
    environments.environments(session)
    monkeypatch.setattr(environments, "_queues", lambda reader, address: None)
    monkeypatch.delitem(session._kept, environments._environments)
    found: list[Environment] = list(environments.environments(session))
    assert [list(item.handles()) for item in found] == [[], []]
    told: list[str] = []
    context: Any = SimpleNamespace(session=session, damage=told.append)
    command = find("getactivehandles")
    assert list(command.body(context, command.parse([])))  # what libuv alone knows
    assert len(told) == 1


@pytest.mark.parametrize("version", PRIMARY)
def test_rows_in_both_forms(version: str) -> None:
    run, session = opened(version, "handles")
    text = list(text_lines(handles(session, 0)))
    assert text[0].split() == ["Handle", "Kind", "State", "Fd", "Owner", "and", "more"]
    assert any(line.endswith(f"listens on 127.0.0.1:{run.truth['fixed']['port']}") for line in text)
    assert not [line for line in text if line != line.rstrip()]
    assert "keep the event loop alive; " in text[-1]
    rows = [json.loads(line) for line in json_lines(handles(session, 0))]
    assert len(rows) == len(text) - 2
    assert {"kind", "class", "owner", "keeps_alive"} <= set(rows[0])
    text = list(text_lines(requests(session, 0)))
    assert any("fifoOpen (" in line and line.endswith("  fifo") for line in text)


@pytest.mark.parametrize("version", PRIMARY)
def test_tls_and_channels(version: str) -> None:
    run, session = opened(version, "handlestls")
    rows = _handles(session)
    assert [row.owner_class or row.class_ for row in rows if row.listed] == run.truth["handles"]
    # The owner of one end is the TLSSocket, that of the other a Socket under it.
    ends = [row for row in rows if row.tls is not None]
    assert sorted(str(row.owner_class) for row in ends) == ["Socket", "TLSSocket"]
    assert [row.http for row in ends] == ["GET /over/tls"] * 2
    (channel,) = [row for row in rows if row.stdio == "ipc"]
    assert (channel.kind, channel.pid) == ("pipe", run.truth["child"])


@pytest.mark.parametrize("version", PRIMARY)
def test_work_of_the_thread_pool(version: str) -> None:
    run, session = opened(version, "handlestls")
    rows = _requests(session)
    (total,) = [row for row in requests(session) if isinstance(row, RequestsTotal)]
    assert total.requests == total.counted
    assert [row.class_ for row in rows if row.listed] == run.truth["requests"]
    found = Counter(
        (row.kind, row.callback.name if row.callback is not None else row.owner_class)
        for row in rows
        if not row.listed
    )
    assert found == {
        ("PBKDF2 job", "derived"): 2,
        ("RandomBytes job", "random"): 1,
        ("RsaKeyPairGen job", "keyed"): 1,
        ("compression", "Deflate"): 1,
    }
