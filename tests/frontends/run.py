"""Runs lines of commands in each front end; what each says can be compared as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

ROOT = Path(__file__).resolve().parents[2]
LOAD = ROOT / "gdb_plugin" / "load.py"
PLUGIN = ROOT / "lldb_plugin"
_MARK = "@@next@@"

# Runs in LLDB: every line through the command interpreter, as an IDE does it.
_LLDB_DRIVER = """
import json, lldb
def __lldb_init_module(debugger, _):
    with open({lines!r}) as file:
        lines = json.load(file)
    said = []
    for line in lines:
        result = lldb.SBCommandReturnObject()
        debugger.GetCommandInterpreter().HandleCommand(line, result)
        said.append([result.GetOutput() or "", result.GetError() or "", result.Succeeded()])
    with open({said!r}, "w") as file:
        json.dump(said, file)
"""


@dataclass(frozen=True)
class Said:
    """What one line brought: the answer, the remarks, and whether it counts as success."""

    answer: str
    remarks: str
    succeeded: bool


def environment(home: Optional[Path] = None) -> Dict[str, str]:
    """A clean one: no pager, no colour, this tree; `home` instead of the user's."""
    passed = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "V8INSPECT_TABLES")
    kept = {k: v for k, v in os.environ.items() if k in passed}
    # pyenv's shims, if there are any, look for versions there.
    kept["PYENV_ROOT"] = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    return {**kept, "HOME": str(home or ROOT / "build"), "LANG": "C.UTF-8", "TERM": "dumb"}


def process(words: Sequence[str], **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end, without input."""
    more.setdefault("env", environment())
    return subprocess.run(
        list(words), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, **more
    )


def shell(core: Path, exe: Optional[Path], *words: str) -> subprocess.CompletedProcess[str]:
    """`v8inspect -c CORE …` in a process of its own."""
    command = [sys.executable, "-m", "v8inspect", "-c", str(core)]
    command += ["-e", str(exe)] if exe is not None else []
    env = {**environment(), "PYTHONPATH": str(ROOT)}
    return process([*command, *words], env=env)


def in_shell(core: Path, exe: Optional[Path], lines: Sequence[str]) -> List[Said]:
    """Each line as one quoted argument."""
    said = []
    for line in lines:
        done = shell(core, exe, line)
        said.append(Said(done.stdout, done.stderr, done.returncode in (0, 3)))
    return said


def in_gdb(
    program: str, core: Optional[Path], exe: Optional[Path], lines: Sequence[str]
) -> List[Said]:
    """`v8 LINE` for each line; lines that begin with a blank go to gdb as they are."""
    words = [program, "-nx", "-batch"]
    words += [str(exe)] if exe is not None else []
    words += ["-ex", f"core-file {core}"] if core is not None else []
    words += ["-ex", f"source {LOAD}"]
    for line in lines:
        # Both streams are cut at the mark.
        words += ["-ex", f"python gdb.write('{_MARK}\\n'); gdb.write('{_MARK}\\n', gdb.STDERR)"]
        words += ["-ex", line.strip() if line.startswith(" ") else f"v8 {line}"]
    done = process(words)
    answers = done.stdout.split(f"{_MARK}\n")[1:]
    remarks = done.stderr.split(f"{_MARK}\n")[1:]
    assert len(answers) == len(remarks) == len(lines), done.stderr
    return [Said(a, r, "error: " not in r) for a, r in zip(answers, remarks)]


def in_lldb(
    program: str, core: Optional[Path], exe: Optional[Path], lines: Sequence[str]
) -> List[Said]:
    """The same in LLDB."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, got = Path(folder) / "lines.json", Path(folder) / "said.json"
        wanted.write_text(
            json.dumps([x.strip() if x.startswith(" ") else f"v8 {x}" for x in lines])
        )
        driver = Path(folder) / "driver.py"
        driver.write_text(_LLDB_DRIVER.format(lines=str(wanted), said=str(got)))
        words = [program, "--no-lldbinit", "-b"]
        if core is not None:
            words += ["-o", f"target create {exe or ''} --core {core}"]
        words += ["-o", f"command script import {PLUGIN}", "-o", f"command script import {driver}"]
        done = process(words)
        assert got.exists(), done.stdout + done.stderr
        return [Said(*entry) for entry in json.loads(got.read_text())]
