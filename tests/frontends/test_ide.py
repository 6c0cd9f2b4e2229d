"""The debug consoles of editors: commands through lldb-dap, as VS Code and others speak to LLDB,
and through GDB/MI, as VS Code's cppdbg, CLion and Emacs speak to GDB."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any, Iterator, List

import pytest

from tests.frontends import debuggers
from tests.frontends.dap import Adapter
from tests.frontends.run import LOAD, PLUGIN, environment, in_shell
from tests.provision.cores import Run, core

pytestmark = pytest.mark.debugger


@pytest.fixture(scope="module")
def crashed() -> Run:
    """A core with JavaScript on the stack."""
    return core("22.23.3", "uncaught")


@pytest.fixture(scope="module", params=[14, 16, 19, 22])
def adapter(request: Any, crashed: Run) -> Iterator[Adapter]:
    """lldb-dap with the core and the plugin, as docs/ide.md says."""
    program = debuggers.dap(request.param)
    if program is None:
        pytest.skip(f"no debug adapter of LLDB {request.param}, and apt does not offer it")
    made = Adapter([program])
    try:
        made.start(
            "attach",
            program=str(crashed.node),
            coreFile=str(crashed.core),
            initCommands=[f"command script import {PLUGIN}"],
        )
        yield made
    finally:
        made.close()


def answer(adapter: Adapter, line: str) -> str:
    """What the console shows; LLDBs before 22 repeat the line first."""
    return re.sub(r"\A\(lldb\) .*\n", "", adapter.console(line)).rstrip("\n") + "\n"


@pytest.mark.parametrize("line", ["findjsobjects -n 5", "bt", "frame 7", "nodeinfo", "bt --json"])
def test_the_console_of_lldb_dap_says_what_the_shell_says(
    adapter: Adapter, crashed: Run, line: str
) -> None:
    assert answer(adapter, f"`v8 {line}") == in_shell(crashed.core, crashed.node, [line])[0].answer


def test_the_adapter_goes_on_after_a_wrong_command(adapter: Adapter) -> None:
    adapter.console("`v8 findjsobjects --nonsense")
    assert "Order" in answer(adapter, "`v8 findjsobjects")


def test_the_call_stack_view_has_as_many_frames_as_the_stack(adapter: Adapter) -> None:
    thread = adapter.request("threads")["threads"][0]["id"]
    frames = adapter.request("stackTrace", threadId=thread)["stackFrames"]
    names = [frame["name"] for frame in frames]
    assert any("Execution::Call" in name for name in names)
    assert names[-1].startswith("_start")


class MachineInterface:
    """GDB/MI: a line for each command, and records back."""

    def __init__(self, program: str) -> None:
        self._process = subprocess.Popen(
            [program, "-nx", "-q", "-i=mi"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            text=True,
        )
        self._records()

    def send(self, command: str) -> List[str]:
        """The records that a command brings."""
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._records()

    def console(self, line: str) -> str:
        """What a console of an editor shows for a line."""
        quoted = json.dumps(line)
        streams = [r[1:] for r in self.send(f"-interpreter-exec console {quoted}") if r[0] == "~"]
        return "".join(map(_c_string, streams))

    def close(self) -> None:
        """Ends GDB."""
        self._process.kill()
        self._process.wait()

    def _records(self) -> List[str]:
        assert self._process.stdout is not None
        found = []
        for line in self._process.stdout:
            if line.rstrip() == "(gdb)":
                return found
            found.append(line.rstrip("\n"))
        raise AssertionError("GDB has ended")


def _c_string(text: str) -> str:
    octal = re.sub(r"\\(\d{3})", lambda match: f"\\u{int(match[1], 8):04x}", text)
    return str(json.loads(octal)).encode("latin-1").decode()


@pytest.fixture(scope="module")
def mi(gdb: str, crashed: Run) -> Iterator[MachineInterface]:
    """GDB/MI with the core and the plugin."""
    made = MachineInterface(gdb)
    try:
        made.send(f"-file-exec-and-symbols {crashed.node}")
        assert made.send(f"-target-select core {crashed.core}")[-1].startswith("^connected")
        assert made.send(f'-interpreter-exec console "source {LOAD}"') == ["^done"]
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("line", ["findjsobjects -n 5", "bt", "frame 7", "nodeinfo", "bt --json"])
def test_the_console_of_gdb_mi_says_what_the_shell_says(
    mi: MachineInterface, crashed: Run, line: str
) -> None:
    assert mi.console(f"v8 {line}") == in_shell(crashed.core, crashed.node, [line])[0].answer


def test_gdb_mi_reports_a_wrong_command_as_an_error(mi: MachineInterface) -> None:
    records = mi.send('-interpreter-exec console "v8 nosuch"')
    assert records[-1].startswith('^error,msg="error: no command `nosuch`')


def test_the_stack_of_gdb_mi_goes_through_javascript(mi: MachineInterface) -> None:
    (record,) = mi.send("-stack-list-frames")
    assert record.count("frame={") == int(
        mi.send("-stack-info-depth")[0].partition('depth="')[2].rstrip('"')
    )
    assert 'func="_start"' in record
    # Editors that ask for frame filters have the names, too.
    mi.send("-enable-frame-filters")
    (record,) = mi.send("-stack-list-frames")
    assert 'func="Order.sum",file="' in record
