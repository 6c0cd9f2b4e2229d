"""The real program over files that it must not trust: run, timed, and judged by its manners.

`v8inspect(...)` starts it as a user does. `Forked` keeps a process that has imported it and forks
for each run: the same `main` and the same exit, three times as fast, for hundreds of runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Dict, NamedTuple, Optional, Tuple, Type

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 10.0  # seconds that any answer may take
ANSWERED, FAILED, USAGE, DAMAGED = 0, 1, 2, 3

Census = Dict[str, Tuple[int, int]]
"""Name to (count, bytes)."""


class Said(NamedTuple):
    """What one run said. A negative `status` is the signal that ended it."""

    status: int
    out: str
    err: str
    seconds: float

    @property
    def census(self) -> Census:
        """The rows of `findjsobjects --json`, without its total."""
        rows = [json.loads(line) for line in self.out.splitlines()]
        return {row["name"]: (row["count"], row["size"]) for row in rows if "name" in row}


def environment(**more: str) -> Dict[str, str]:
    """Of the program under test: this tree, and nothing that changes what it prints."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("V8INSPECT_DEBUG")}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def v8inspect(*words: str, timeout: float = LIMIT, **more: Any) -> Said:
    """Runs `python -m v8inspect`; killed after `timeout` seconds (subprocess.TimeoutExpired)."""
    started = time.monotonic()
    done = subprocess.run(
        [*more.pop("before", ()), sys.executable, "-m", "v8inspect", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        env=more.pop("env", None) or environment(),
        **more,
    )
    return Said(done.returncode, done.stdout, done.stderr, time.monotonic() - started)


def census(core: object, *words: str, **more: Any) -> Said:
    """`findjsobjects` of a core, in JSON."""
    return v8inspect("-c", str(core), *words, "--json", "findjsobjects", **more)


def manners(said: Said) -> str:
    """What is wrong with an answer whatever the file was; '' when it is decent."""
    lines = said.err.splitlines()
    if said.status not in (ANSWERED, FAILED, DAMAGED):
        return f"exit status {said.status}"
    if "Traceback" in said.out + said.err or "internal error" in said.err:
        return "an exception of Python's"
    if said.seconds > LIMIT:
        return f"{said.seconds:.1f} s"
    if said.status == FAILED and not (1 <= len(lines) <= 2 and lines[0].startswith("error: ")):
        return "not one or two lines on stderr"
    if said.status == DAMAGED and not lines:
        return "marked as damaged without a word"
    return ""


def check_manners(said: Said, what: object = "") -> None:
    """Fails the test unless the answer is decent."""
    problem = manners(said)
    assert not problem, f"{problem}: {what}\n{said.err[-2000:]}"


class Forked:
    """Runs of the program in forks of a process that is warm: `run("-c", core, "heap")`."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.forking"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment(),
            text=True,
        )

    def run(self, *words: str, limit: float = LIMIT) -> Said:
        """One run; killed (status -9) when it takes longer than `limit` and a little."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps([limit + 2.0, *words]) + "\n")
        self._server.stdin.flush()
        answer = self._server.stdout.readline()
        assert answer, "the forking server ended"
        return Said(*json.loads(answer))

    def census(self, core: object, *words: str) -> Said:
        """`findjsobjects` of a core, in JSON."""
        return self.run("-c", str(core), *words, "--json", "findjsobjects")

    def close(self) -> None:
        """Ends the server."""
        assert self._server.stdout is not None
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.stdout.close()
        self._server.wait(timeout=10)

    def __enter__(self) -> Forked:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()
