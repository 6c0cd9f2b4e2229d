"""LLDB's own `bt`: V8's frames by name, where LLDB takes frames from a plugin (22 on)."""

from __future__ import annotations

import json
import re
from typing import List

import pytest

from tests.frontends import debuggers
from tests.frontends.run import PLUGIN, in_lldb, in_shell, process
from tests.provision.cores import Run, core

pytestmark = pytest.mark.debugger

_FRAME = re.compile(r"frame #\d+: (?P<name>\S.*) at (?P<place>\S+:\d+:\d+) \[synthetic\]$", re.M)


def typed(program: str, run: Run, *lines: str) -> List[str]:
    """What LLDB prints for each line that is typed. Not through a script, as other tests do it:
    LLDB 22.1.8 can lock itself up when Python code asks for frames that Python code makes."""
    words = [program, "--no-lldbinit", "-b", "-o", f"target create {run.node} --core {run.core}"]
    words += ["-o", f"command script import {PLUGIN}"]
    done = process([*words, *(part for line in lines for part in ("-o", line))])
    parts = re.split(r"^\(lldb\) .*\n", done.stdout, flags=re.M)
    assert len(parts) == len(lines) + 3, done.stdout
    return parts[3:]


@pytest.fixture(scope="module")
def lldb_22() -> str:
    """Path of LLDB 22."""
    program = debuggers.lldb(22)
    if program is None:
        pytest.skip("no lldb-22, and apt does not offer it")
    return program


@pytest.mark.parametrize("version", ["18.20.8", "26.10.0"])
def test_names_and_places_are_those_of_our_own_stack(version: str, lldb_22: str) -> None:
    run = core(version, "uncaught")
    rows = map(json.loads, in_shell(run.core, run.node, ["bt --json"])[0].answer.splitlines())
    wanted = [
        (
            row["function"] or "<anonymous>",
            f"{row['script'].rpartition('/')[2]}:{row['line']}:{row['column']}",
        )
        for row in rows
        if row.get("kind") == "js" and not row.get("awaiting")
    ]
    switched, shown = typed(lldb_22, run, "v8 unwinder on", "bt")
    assert "the unwinder is on\n" in switched
    # LLDB cuts `node:internal/timers` at the slash, as it does with paths.
    assert _FRAME.findall(shown) == wanted
    assert "_start" in shown
    # Builtins that run in the executable have symbols, and LLDB takes those.
    for plain, linked in (("Array.map", "ArrayMap"), ("JSEntryTrampoline",) * 2):
        name = plain if version == "26.10.0" else rf"node`Builtins_{linked} \+ \d+"
        assert re.search(rf"0x[0-9a-f]+ {name} \[synthetic\]", shown)


def test_it_is_off_until_switched_on_and_off_again(lldb_22: str) -> None:
    run = core("26.10.0", "uncaught")
    said = typed(lldb_22, run, "bt", "v8 unwinder", "v8 unwinder on", "v8 unwinder off", "bt")
    for text, state in zip(said[1:4], ("off", "on", "off")):
        assert f"the unwinder is {state}\n" in text
    assert "synthetic" not in said[0] + said[4]
    assert "_start" in said[4]


def test_older_ones_say_what_there_is_instead(run: Run, lldb: str) -> None:
    (said,) = in_lldb(lldb, run.core, run.node, ["unwinder on"])
    assert not said.succeeded
    assert said.remarks.startswith("error: LLDB before 22 takes no frames from a plugin; `v8 bt`")
