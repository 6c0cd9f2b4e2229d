"""One table of commands: the shell, GDB and every LLDB answer it with the same text."""

from __future__ import annotations

import json
from typing import List, NamedTuple

import pytest

from tests.frontends.run import Said, in_gdb, in_lldb, in_shell
from tests.provision.cores import Run, core

GOOD, BAD = True, False


class Case(NamedTuple):
    """A line, whether it succeeds, and text that its answer (or its error) has in it."""

    line: str
    succeeds: bool
    parts: List[str]


CENSUS_HEADING = " Instances  Total Size Name\n ---------- ---------- ----\n"

CASES = [
    Case("findjsobjects", GOOD, [CENSUS_HEADING, "\n         40       1600 Level3\n"]),
    Case("findjsobjects -n 3", GOOD, [CENSUS_HEADING]),
    Case("findjsobjects --sort name -n 2", GOOD, [CENSUS_HEADING]),
    Case("findjsobjects --sort size", GOOD, ["         24        "]),
    Case("findjsobjects -d", GOOD, ["Sample Obj.", " Level3: i, extra\n"]),
    Case("findjsobjects --json -n 400", GOOD, ['{"name": "Level3", "count": 40, "size": 1600}\n']),
    Case("findjsobjects -d --json", GOOD, ['"name": "Level3"', '"properties": ["i", "extra"]']),
    Case("findjsinstances Level3", GOOD, [":<Object: Level3>\n"]),
    Case("findjsinstances -n 5 Level3", GOOD, ["..........\n(Showing 1 to 5 of 40 instances)\n"]),
    Case("findjsinstances --json Inner", GOOD, ['"name": "Inner", "size": ']),
    Case("heap", GOOD, ["read_only", "total"]),
    Case("heap --json", GOOD, ['"space": "old"']),
    Case("nodeinfo", GOOD, ["v22.23.3", "linux", "x64"]),
    Case("nodeinfo --json", GOOD, ['"v22.23.3"']),
    Case("bt", GOOD, ["* thread #1, tid ", " <entry>\n", "`node::Start"]),
    Case("bt 3", GOOD, ["more frames\n"]),
    Case("bt -a", GOOD, ["* thread #2, tid "]),
    Case("bt --json 12", GOOD, ['"kind": "js"', '"receiver": {']),
    Case("frame", GOOD, ["interpreted, bytecode 0x", "    variables of its contexts:\n"]),
    Case("jsargs", GOOD, ["this = "]),
    Case("jsframe | jsfunction | head -2", GOOD, ["function: ", "defined at "]),
    Case("source list", GOOD, ["=> "]),
    Case("threads", GOOD, [" (signal 6)\n"]),
    Case("error", GOOD, ["process.abort() was called, nothing was thrown (thread #1, tid "]),
    Case("isolates", GOOD, [" main     #1     "]),
    Case("async", GOOD, ["0 suspended in 0 places"]),
    Case("report", GOOD, ["== What ended it ==\n", "== Event loop ==\n", " Object\n"]),
    Case("findjsinstances -n 2 Level3 | inspect", GOOD, [":<Object: Level3", "    .i=<Smi: "]),
    Case("findjsinstances Level3 | jsprint i | head -2", GOOD, ["0\n"]),
    Case("findrefs -n extra", GOOD, ["Level3"]),
    Case("strings -n 3", GOOD, []),
    Case("retained -n 3", GOOD, ["     Retained Name\n"]),
    Case("retained --json -n 1 Level3", GOOD, ['"class": "Level3"']),
    # GDB's and LLDB's Pythons have no DuckDB.
    Case("sql", BAD, ["the following arguments are required: QUERY"]),
    Case("export --parquet", BAD, ["expected one argument"]),
    Case("snapshot --force --top 9 /dev/null/x", BAD, ["/dev/null/x"]),
    Case("dominators -n 3", GOOD, ["     Retained Object\n"]),
    Case("findjsinstances -n 1 Level3 | dominators -n 2 | head -3", GOOD, ["Retained Object"]),
    Case("findjsinstances -n 1 Level3 | path | head -1", GOOD, ["1: "]),
    Case("roots", GOOD, [" strong roots\n", " stack\n"]),
    Case("roots -v stack | head -2", GOOD, ["stack of thread #1"]),
    Case("handles", GOOD, [" weak global "]),
    Case("findjsobjects --live -n 3", GOOD, [CENSUS_HEADING]),
    Case("findjsinstances --live -n 2 Level3", GOOD, [":<Object: Level3>\n"]),
    Case("strings --live -n 2", GOOD, []),
    Case("heap --live", GOOD, [" Garbage "]),
    Case("path 0x1001", BAD, ["0x1001"]),
    Case("jsfunctions -n require", GOOD, ["require"]),
    Case("redact /dev/null", BAD, ["/dev/null exists already"]),
    Case("cache", GOOD, [" indices of "]),
    Case("cache off", GOOD, ["the cache is off"]),
    Case("timers", GOOD, ["0 timers"]),
    Case("process", GOOD, []),
    Case("getactivehandles", GOOD, []),
    Case("v8frametypes", GOOD, ["EntryFrame"]),
    Case("suspects", GOOD, ["nothing stands out: no object retains 5 % of the "]),
    Case("suspects --least 0.5 -n 2", GOOD, ["1. ", " of what is alive\n", "\n   look at 0x"]),
    Case("suspects --least 101", BAD, ["`101` is no number from 0 to 100"]),
    Case("group -n 3", GOOD, ["One of them    How they are held\n"]),
    Case("group Level3", GOOD, ["         40         1600 ", " → Level3\n"]),
    Case("group NoSuchClass", BAD, ["error: no objects named NoSuchClass\n"]),
    Case("diff /no/such/core", BAD, ["error: cannot open /no/such/core"]),
    Case("diff", BAD, ["error: diff: "]),
    Case("up", GOOD, ["frame #"]),  # in a debugger the selection lasts, so nothing after it
    Case("frame 9999", BAD, ["9999"]),
    Case("help heap", GOOD, ["usage: heap ", "\nnext:  "]),
    Case("findjsobjects -h", GOOD, ["usage: findjsobjects [-d]"]),
    Case("findjsinstances NoSuchClass", BAD, ["error: no objects named NoSuchClass\n"]),
    Case("findjsinstances", BAD, ["error: findjsinstances: ", "\nhint: `help findjsinstances`"]),
    Case("findjsobjects --nonsense", BAD, ["error: findjsobjects: unrecognized arguments"]),
    Case("findjsobjects --sort age", BAD, ["`age` is none of count, size, name"]),
    Case("findjsobjects 'open", BAD, ["error: no closing quotation in: findjsobjects 'open"]),
    Case("help xyzzy", BAD, ["error: no command `xyzzy`", "hint: `help` lists the commands"]),
]
LINES = [case.line for case in CASES]


@pytest.fixture(scope="session")
def expected(run: Run) -> List[Said]:
    """What the shell says."""
    return in_shell(run.core, run.node, LINES)


def _same(said: List[Said], expected: List[Said]) -> None:
    for line, got, want in zip(LINES, said, expected):
        assert (line, got.answer) == (line, want.answer)
        assert (line, got.succeeded) == (line, want.succeeded)
        assert (line, got.remarks.strip()) == (line, want.remarks.strip())


@pytest.mark.parametrize("number", range(len(CASES)), ids=LINES)
def test_shell(expected: List[Said], number: int) -> None:
    case, said = CASES[number], expected[number]
    text = said.answer if case.succeeds else said.remarks
    assert said.succeeded is case.succeeds
    assert [part for part in case.parts if part not in text] == []
    assert (said.remarks == "") if case.succeeds else (said.answer == "")


def test_counts_are_those_of_the_program(run: Run, expected: List[Said]) -> None:
    answer = expected[LINES.index("findjsobjects --json -n 400")].answer
    rows = [json.loads(line) for line in answer.splitlines()]
    counts = {row["name"]: row["count"] for row in rows}
    assert {name: counts.get(name) for name in run.truth["counts"]} == run.truth["counts"]


@pytest.mark.debugger
def test_gdb_says_the_same(run: Run, gdb: str, expected: List[Said]) -> None:
    _same(in_gdb(gdb, run.core, run.node, LINES), expected)


@pytest.mark.debugger
def test_lldb_says_the_same(run: Run, any_lldb: str, expected: List[Said]) -> None:
    _same(in_lldb(any_lldb, run.core, run.node, LINES), expected)


OTHER_VERSIONS = ["18.20.8", "20.20.2", "24.21.0", "26.10.0"]
SHORT = ["findjsobjects", "findjsobjects -d", "heap", "nodeinfo", "doctor"]


def _without_binding(said: List[Said]) -> List[str]:
    """The answers; which binding the scanner has is the debugger's Python's affair."""
    return [
        "\n".join(line for line in each.answer.splitlines() if not line.startswith("ok   scanner"))
        for each in said
    ]


@pytest.mark.debugger
@pytest.mark.parametrize("version", OTHER_VERSIONS)
def test_other_versions_of_node(version: str, gdb: str, lldb: str) -> None:
    run = core(version, "classes")
    expected = _without_binding(in_shell(run.core, run.node, SHORT))
    assert all(expected)
    assert _without_binding(in_gdb(gdb, run.core, run.node, SHORT)) == expected
    assert _without_binding(in_lldb(lldb, run.core, run.node, SHORT)) == expected
