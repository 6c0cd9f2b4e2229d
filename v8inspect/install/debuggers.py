"""What `setup` must know of each debugger: its start-up file, the line in it, how to ask it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Pattern, Tuple

from v8inspect.errors import SetupFailed

OLDEST = (3, 9)
_SAYS = re.compile(r"^v8inspect-python (\d+)\.(\d+)$", re.M)
_ASK = 'import sys; print("v8inspect-python %d.%d" % sys.version_info[:2])'
_TRY = (
    "from v8inspect.scan.binding import load; from v8inspect.commands.registry import commands; "
    "print('v8inspect-loads', load().binding, len(commands()))"
)
_LOADS = re.compile(r"^v8inspect-loads (\w+) \d+$", re.M)
_SECONDS = 120


@dataclass(frozen=True)
class Debugger:
    """One kind of debugger. `entry` is the file or folder of the plugin that it loads."""

    name: str
    package: str
    entry: str
    load: str
    startup_files: Tuple[str, ...]

    def line(self, folder: Path) -> str:
        """The start-up line that loads the plugin in `folder`."""
        # Slashes on Windows too: in LLDB's quotes a backslash escapes what follows.
        return self.load.format((folder / self.entry).as_posix())

    @property
    def ours(self) -> Pattern[bytes]:
        """Matches a line that `setup` wrote, wherever the folder was."""
        before, _, after = self.load.partition("{}")
        path = re.escape(f"/v8inspect/{self.name}/{self.entry}")
        return re.compile(f"{re.escape(before)}.*{path}{re.escape(after)}\\s*".encode())

    def startup_file(self) -> Path:
        """The file of this user that the debugger reads when it starts: the first that exists,
        or the last of the candidates."""
        config = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
        paths = [
            Path(os.path.expanduser(name.replace("$CONFIG", config))) for name in self.startup_files
        ]
        return next((path for path in paths if path.exists()), paths[-1])

    def batch(self, program: str, commands: List[str]) -> str:
        """What `program` prints for `commands`, without any start-up file."""
        flag, start = ("-ex", ["-nx", "-batch"])
        if self.name == "lldb":
            flag, start = ("-o", ["--no-lldbinit", "--batch", "--no-use-colors"])
        words = [program, *start, *(word for line in commands for word in (flag, line))]
        try:
            done = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_SECONDS,
                text=True,
                errors="replace",
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SetupFailed(
                f"cannot run {program}: {error}", f"give a working {self.name} with --debugger"
            ) from None
        return done.stdout

    def script(self, line: str) -> str:
        """The debugger's command that runs one line of Python."""
        return f"{'python' if self.name == 'gdb' else 'script'} {line}"

    def check_python(self, program: str) -> str:
        """The version of the Python in `program`; raises SetupFailed where it does not do."""
        output = self.batch(program, [self.script(_ASK)])
        found = _SAYS.search(output)
        if found is None:
            said = " ".join(output.split()) or "nothing"
            raise SetupFailed(
                f"{program} has no working Python (it says: {said[:200]})",
                f"use a {self.name} built with Python 3.9 or later: --debugger PATH",
            )
        version = (int(found.group(1)), int(found.group(2)))
        if version < OLDEST:
            raise SetupFailed(
                f"{program} embeds Python {version[0]}.{version[1]}; 3.9 is the oldest that serves",
                f"use a newer {self.name}: --debugger PATH",
            )
        return f"{version[0]}.{version[1]}"

    def check_plugin(self, program: str, folder: Path) -> str:
        """Loads the plugin of `folder` in `program`; returns the binding of the scanner there."""
        output = self.batch(program, [self.line(folder), self.script(_TRY)])
        found = _LOADS.search(output)
        if found is None:
            last = [line for line in output.splitlines() if line.strip()][-1:]
            raise SetupFailed(
                f"the plugin does not load in {program}: {' '.join(last)[:300]}",
                "please report it, with the version of the debugger",
            )
        return found.group(1)


GDB = Debugger(
    name="gdb",
    package="gdb_plugin",
    entry="gdb_plugin/load.py",
    load="source {}",
    startup_files=("$CONFIG/gdb/gdbinit", "~/.gdbinit"),
)
LLDB = Debugger(
    name="lldb",
    package="lldb_plugin",
    entry="lldb_plugin",
    load='command script import "{}"',
    startup_files=("~/.lldbinit-lldb", "~/.lldbinit"),
)
DEBUGGERS = {debugger.name: debugger for debugger in (GDB, LLDB)}


def find_program(debugger: Debugger, wanted: Optional[str]) -> Optional[str]:
    """Path of the debugger `wanted`, else of the one in PATH, the newest where names have
    versions; None if there is none and none was asked for."""
    if wanted is not None:
        found = shutil.which(os.path.expanduser(wanted))
        if found is None:
            raise SetupFailed(f"{wanted} is no program", "give its path with --debugger")
        return found
    for name in (debugger.name, *(f"{debugger.name}-{n}" for n in range(40, 13, -1))):
        found = shutil.which(name)
        if found is not None:
            return found
    return None
