"""The tour of `make demo`: builds v8inspect, crashes a small leaking server, looks at its core.

Needs Python with venv, a C compiler and npm (for the Node.js to crash); gdb only where the kernel
writes no core. Everything goes to build/demo and to the cache of the tests.
"""

from __future__ import annotations

import os
import resource
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "demo"
VENV = WORK / "venv"
NODE_VERSION = "22.23.3"
SERVER = Path(__file__).with_name("server.js")

sys.path.insert(0, str(ROOT))
from tests.provision.nodes import node  # noqa: E402


def say(text: str) -> None:
    """A heading of the tour."""
    print(f"\n\x1b[1m== {text}\x1b[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def build() -> Path:
    """Installs the tree as a user would, into a venv; returns the program."""
    say("Building v8inspect: pip install .")
    if not (VENV / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-warn-conflicts", str(ROOT)], check=True, stderr=2)
    program = VENV / "bin" / "v8inspect"
    subprocess.run([str(program), "--version"], check=True)
    return program


def kernel_writes_core() -> bool:
    """True if a crash leaves a file in the working directory."""
    try:
        pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    except OSError:
        return False
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if pattern.startswith("|") or "/" in pattern or not pattern:
        print(
            f"The kernel writes no core here (core_pattern is {pattern!r}): gdb's gcore takes it."
        )
        return False
    if hard != resource.RLIM_INFINITY:
        print("The limit of core sizes (ulimit -c) is too low here: gdb's gcore takes it.")
        return False
    return True


def crash(executable: Path) -> Path:
    """Runs the server to its end; returns the core."""
    say("Crashing a server: node --abort-on-uncaught-exception server.js")
    for old in WORK.glob("core*"):
        old.unlink()
    command = [str(executable), "--abort-on-uncaught-exception", str(SERVER)]
    if kernel_writes_core():
        infinity = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        done = subprocess.run(
            command,
            cwd=WORK,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, infinity),
        )
        errors = done.stderr.splitlines()
        print(next((line for line in errors if "Error" in line), "").strip())
    else:
        script = [
            "set pagination off",
            "handle all nostop noprint pass",
            "handle SIGABRT SIGTRAP SIGILL stop",
            f"run {shlex.join(command[1:])}",
            "gcore core",
            "kill",
        ]
        words = [word for line in script for word in ("-ex", line)]
        subprocess.run(["gdb", "-q", "-nx", "-batch", *words, command[0]], cwd=WORK, check=False)
    cores = [path for path in WORK.glob("core*") if path.is_file()]
    if not cores:
        raise SystemExit("demo: the server left no core")
    status = cores[0].stat()
    print(f"{cores[0]}: {status.st_size >> 20} MB, {status.st_blocks * 512 >> 20} MB on disk")
    return cores[0]


def show(program: Path, core: Path, *words: str) -> None:
    """Runs one command on the core, and shows how it was called."""
    command = [program.name, "-c", core.name, *words]
    say(f"{shlex.join(command)}")
    subprocess.run([str(program), "-c", str(core), "--no-pager", *words], cwd=WORK, check=True)


def main() -> None:
    """The tour."""
    start = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    program = build()
    say(f"Fetching Node.js {NODE_VERSION} from npm (once)")
    executable = node(NODE_VERSION)
    print(executable)
    core = crash(executable)
    show(program, core, "nodeinfo")
    show(program, core, "bt")
    show(program, core, "source", "list")
    show(program, core, "findjsobjects", "-n", "12")
    show(program, core, "findjsinstances", "-n", "3", "Session")
    say(f"Done in {time.monotonic() - start:.0f} seconds")
    print(f"More: {os.path.relpath(program)} -c {os.path.relpath(core)}      (a prompt; `help`)")


if __name__ == "__main__":
    main()
