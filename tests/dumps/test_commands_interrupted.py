"""Ctrl-C at any moment of a command that goes over all of a heap: it ends within half a second and
says so, leaves no file, half or whole, and the same command in the same session is answered then as
if nothing had been. And no look at progress is long in coming: LLDB looks at Ctrl-C there only."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from tests.dumps.support import PRIMARY
from tests.interrupting import Answer, Front, allowed, files_in
from tests.provision.cores import Run, core
from v8inspect.objects.properties import own_properties
from v8inspect.objects.reader import reader_of
from v8inspect.session import Session
from v8inspect.stack import receivers
from v8inspect.stack.receivers import Holders
from v8inspect.targets import open_dump

VERSION = PRIMARY[2]
_ATTEMPTS = 3  # the machine may be busy
_INTERRUPTED = 130
_LOOK = 0.5  # seconds of processor time between two looks where the heap is large

# FILE is a path in an empty folder, OTHER a smaller dump, OBJECT the address of a Session.
COMMANDS = (
    "retained -n 5",
    "dominators OBJECT",
    "path -n 3 OBJECT",
    "group -n 5",
    "suspects -n 3",
    "diff OTHER -n 3",
    "findjsobjects --live -n 5",
    "findjsobjects -d --live -n 3",
    "strings --live -n 3",
    "strings --regex user-7 -n 3",
    "roots",
    "handles",
    "sql 'select text, count(*) n from strings group by text order by n desc, text limit 3'",
    "sql 'select count(*) from edges e join edges f on e.target = f.source'",
    "export --parquet FILE",
    "snapshot FILE",
    "snapshot --top 100 FILE",
    "snapshot --filter Session FILE",
    "redact FILE",
)


def _line(line: str, run: Run, folder: Path) -> str:
    if line.startswith("sql"):
        pytest.importorskip("duckdb", reason="no duckdb")
    if line.startswith(("sql", "export")):
        pytest.importorskip("pyarrow", reason="no pyarrow")
    line = line.replace("FILE", str(folder / "file"))
    line = line.replace("OTHER", str(core(VERSION, "sessions", "2000").core))
    if "OBJECT" in line:
        front = Front(run)
        found = front.answer("findjsinstances --addresses -n 1 Session").text.split()[0]
        front.close()
        line = line.replace("OBJECT", found)
    return line


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def _without_sizes(answer: Answer) -> Answer:
    """Of what depends on how the pieces of a compressed file happened to come."""
    return Answer(answer.status, re.sub(r"\d+ bytes", "", answer.text), answer.remarks)


def _stopped_at(run: Run, line: str, folder: Path, moments: List[float]) -> None:
    _emptied(folder)
    front = Front(run)
    limit = allowed()
    start = time.perf_counter()
    expected = front.answer(line)
    whole = time.perf_counter() - start
    front.close()
    assert expected.status == 0, expected.remarks
    longest = max(look for look in front.waited if look[1] != "start")  # then modules are imported
    assert longest[0] <= max(limit, allowed()) / 2, longest
    stopped = 0
    for moment in moments:
        times, wait = [], moment * whole
        limit = allowed()
        for _ in range(_ATTEMPTS):
            _emptied(folder)
            front = Front(run)
            try:
                found, took = front.stopped(line, wait)
                if took is None:
                    wait *= 0.7  # it was faster this time
                    continue
                stopped += 1
                assert found.status == _INTERRUPTED, (moment, found)
                assert found.remarks == ("error: interrupted",), (moment, found)
                assert list(files_in(folder)) == [], moment
                times.append(took)
                assert _without_sizes(front.answer(line)) == _without_sizes(expected), moment
            finally:
                front.close()
            limit = max(limit, allowed())
            if took <= limit:
                break
        assert not times or min(times) <= limit, (moment, times)
    _emptied(folder)
    assert 2 * stopped >= len(moments), "it has hardly ever been stopped"


@pytest.mark.parametrize("line", COMMANDS)
def test_stopped_at_a_moment(line: str, tmp_path: Path) -> None:
    run = core(VERSION, "sessions", "20000")
    folder = tmp_path / "out"
    # Each command at another one, so that all together are stopped at many.
    moment = 0.2 + 0.6 * (7 * COMMANDS.index(line) % len(COMMANDS)) / len(COMMANDS)
    _stopped_at(run, _line(line, run, folder), folder, [moment])


@pytest.mark.slow
@pytest.mark.parametrize("line", COMMANDS)
def test_stopped_at_many_moments(line: str, tmp_path: Path) -> None:
    run = core(VERSION, "sessions", "100000")
    folder = tmp_path / "out"
    moments = [(number + 0.5) / 10 for number in range(10)]
    _stopped_at(run, _line(line, run, folder), folder, moments)


@pytest.mark.slow
@pytest.mark.parametrize("line", COMMANDS)
def test_no_look_is_long_in_coming_where_the_heap_is_large(line: str, tmp_path: Path) -> None:
    run = core(VERSION, "sessions", "1000000")
    folder, most = tmp_path / "out", _LOOK
    line = _line(line, run, folder)
    _emptied(folder)
    front = Front(run)
    front.answer("nodeinfo")  # modules are imported
    worst: Dict[str, float] = {}
    for _ in range(_ATTEMPTS):
        front.waited.clear()
        assert front.answer(line).status == 0
        front.close()
        _emptied(folder)
        longest = max(front.waited)
        if longest[0] <= most:
            return
        worst[longest[1]] = longest[0]
    raise AssertionError(f"longer than {most} s: {worst}")


def test_what_ctrl_c_has_left_half_read_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    run = core(VERSION, "sessions", "2000")
    with Session(open_dump(str(run.core), str(run.node))) as session:
        reader = reader_of(session)
        word = next(session.census.instances("Session"))[0] + 1
        whole = Holders(reader).named(word)
        assert len(whole) > 1

        def stopped(*given: Any) -> Iterator[Any]:
            yield next(iter(own_properties(*given)))
            raise KeyboardInterrupt

        holders = Holders(reader)
        with monkeypatch.context() as patch:
            patch.setattr(receivers, "own_properties", stopped)
            with pytest.raises(KeyboardInterrupt):
                holders.named(word)
        assert list(holders.named(word)) == list(whole)
