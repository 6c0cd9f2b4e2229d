"""Writes docs/commands: runs the examples of tools/docs/texts on real cores, shows what they say.

    .venv/bin/python tools/docs/make_commands.py              # all pages
    .venv/bin/python tools/docs/make_commands.py findrefs …   # some

A new command needs a text (`pages.py` says of what form) and a run of this. Cores come from
tests.provision, made when needed. In an example, `core` is the core and `node` its executable;
with `core=leak,SERVER` (tests/leaks) `early` and `later` are cores of the same process before it.
`{Session}` is the address of the first object that the census counts under that name. Paths of this
machine are replaced by neutral ones, and output that is left out is marked by `…`; else it is what
was printed.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Sequence, Union

import pages
from pages import ROOT, Example

from tests.leaks.provision import Leak, leak
from tests.provision.cores import Run, core

VERSION = "22.23.3"
_MARK = "@@next@@"


def _run_of(example: Example) -> Union[Run, Leak]:
    scenario, *arguments = example.scenario.split(",")
    if scenario == "leak":
        return leak(VERSION, *arguments)
    return core(VERSION, scenario, *arguments)


class Stage:
    """A folder where examples run: `core`, `node`, and `v8inspect` in PATH, of this tree."""

    def __init__(self, folder: Path, run: Union[Run, Leak]) -> None:
        self.run = run
        self.crash = folder / "crash"
        self.home = folder / "home"
        programs = folder / "bin"
        for made in (self.crash, self.home, programs):
            made.mkdir()
        if isinstance(run, Leak):
            names = dict(zip(("early", "later", "core"), run.cores))
        else:
            names = {"core": run.core}
        for name, path in names.items():
            (self.crash / name).symlink_to(path)
        (self.crash / "node").symlink_to(run.node)
        program = programs / "v8inspect"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m v8inspect "$@"\n')
        program.chmod(0o755)
        self.environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "PYENV_ROOT": os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv")),
        }
        self._neutral = {
            str(run.folder / "app"): "/srv/app",
            **{str(path): f"/var/crash/{name}" for name, path in names.items()},
            str(run.node): "/opt/node/bin/node",
            str(self.crash): "/var/crash",
            str(self.home): "/home/dev",
            str(ROOT): "/home/dev/v8inspect",
        }

    def shell(self, line: str) -> str:
        """What a shell prints for the line, both streams."""
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.crash,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        return done.stdout

    def debugger(self, where: str, lines: Sequence[str]) -> List[str]:
        """What GDB or LLDB prints for each line; the core is loaded unless the lines open one."""
        python = "python" if where == "gdb" else "script"
        mark = f"{python} print('{_MARK}', flush=True)"
        if where == "gdb":
            words = ["gdb", "-nx", "-q", "-batch"]
            setup = ["file node", "core-file core", f"source {ROOT}/gdb_plugin/load.py"]
        else:
            words = ["lldb-19", "--no-lldbinit", "--batch", "--no-use-colors"]
            setup = ["target create node --core core", f"command script import {ROOT}/lldb_plugin"]
        if any(line.startswith("v8 open") for line in lines):
            setup = setup[-1:]
        flag = "-ex" if where == "gdb" else "-o"
        typed = [*setup, mark, *(part for line in lines for part in (line, mark))]
        words += [part for line in typed for part in (flag, line)]
        said = self.shell(shlex.join(words) + ("" if where == "gdb" else " 2>&1"))
        # LLDB repeats what is typed.
        kept = [line for line in said.split("\n") if not line.startswith("(lldb) ")]
        return ["\n".join(part).strip("\n") for part in _parts(kept)[1:-1]]

    def neutral(self, text: str) -> str:
        """Text with the paths of this machine replaced."""
        for real, shown in self._neutral.items():
            text = text.replace(real, shown)
        # The program ran in a folder that was renamed when it was done.
        text = re.sub(r"[^\s\"'(\[]*/cores/\.new-\w+/app", "/srv/app", text)
        return re.sub(r"[^\s\"'(\[]*/cores/\.new-\w+", "/srv", text)

    def address(self, name: str) -> str:
        """Of the first object that is counted under the name."""
        return self.shell(f"v8inspect -c core findjsinstances -n 1 {name}").partition(":")[0]


def _parts(lines: Sequence[str]) -> List[List[str]]:
    parts: List[List[str]] = [[]]
    for line in lines:
        if line == _MARK:
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def console(example: Example, stage: Stage) -> str:
    """The example as it looks on a terminal."""
    lines = [
        re.sub(r"\{(\w+)\}", lambda match: stage.address(match.group(1)), line)
        for line in example.lines
    ]
    if example.where == "shell":
        said = [stage.shell(line) for line in lines]
    elif example.where == "prompt":
        said = []
        for count in range(1, len(lines) + 1):
            # The prompt reads lines of stdin too; what is new is what the last one brought.
            text = "\n".join(lines[:count])
            whole = stage.shell(f"v8inspect -c core <<'END'\n{text}\nEND")
            said.append(whole[sum(map(len, said)) :])
    else:
        said = stage.debugger(example.where, lines)
    shown = []
    for line, answer in zip(lines, said):
        shown.append(example.prompt + line)
        shown += _cut(stage.neutral(answer).rstrip("\n").split("\n") if answer else [], example)
    return "\n".join(line.rstrip() for line in shown)


def _cut(lines: List[str], example: Example) -> List[str]:
    if example.keep is None or len(lines) <= sum(example.keep) + 1:
        return lines
    first, last = example.keep
    return [*lines[:first], "…", *(lines[-last:] if last else [])]


def main(names: Sequence[str]) -> None:
    """Writes the pages of these commands (all, if none are named) and the index."""
    entries = {entry.name: entry for entry in pages.commands()}
    unknown = set(names) - set(entries)
    if unknown:
        raise SystemExit(f"no command {', '.join(sorted(unknown))}")
    pages.PAGES.mkdir(parents=True, exist_ok=True)
    stages: Dict[str, Stage] = {}
    with tempfile.TemporaryDirectory(prefix="v8inspect-docs-") as folder:

        def outputs(name: str) -> List[str]:
            made = []
            for example in pages.read_text(name).examples:
                if example.scenario not in stages:
                    place = Path(folder) / str(len(stages))
                    place.mkdir()
                    stages[example.scenario] = Stage(place, _run_of(example))
                made.append(console(example, stages[example.scenario]))
            return made

        try:
            for name in names or entries:
                _write(name, pages.page(entries[name], outputs(name)))
            _write(pages.INDEX, pages.index(outputs(pages.INDEX)))
        except pages.TextProblem as problem:
            raise SystemExit(str(problem)) from None
    if not names:
        for path in pages.PAGES.glob("*.md"):
            if path.stem not in entries and path.stem != pages.INDEX:
                path.unlink()
                print(f"{path.relative_to(ROOT)} removed: no such command")


def _write(name: str, text: str) -> None:
    path = pages.PAGES / f"{name}.md"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.write_text(text, encoding="utf-8")
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
