"""The calibration program in a Node.js binary: started, asked, read like any live process.

What is said over the pipes: a request is a line of words; the answer is what V8's printer wrote, up
to a line of JSON behind '@@'. A request that ends the process (V8's printer may abort on a number
that it does not know) raises `Ended`.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Mapping, Optional, Sequence

from v8inspect.errors import LearningFailed
from v8inspect.target import Target
from v8inspect.targets import open_process

PROGRAM = Path(__file__).with_name("calibrate.js")
FLAGS = ("--allow-natives-syntax", "--expose-gc")
_PATIENCE = 60.0  # seconds for one answer
_SETTLE = 0.2  # seconds from its last word until it waits
_MOST = 64 << 20  # bytes of one answer


class Ended(Exception):
    """The process ended instead of answering; `said` is what it wrote before."""

    def __init__(self, said: str) -> None:
        super().__init__("the calibration program ended")
        self.said = said


class Calibration:
    """A running calibration program. `facts` is what it said of itself."""

    def __init__(self, node: str, flags: Sequence[str] = ()) -> None:
        """Starts it; raises LearningFailed where that does not work."""
        environment = {"PATH": os.environ.get("PATH", ""), "NODE_OPTIONS": ""}
        try:
            self._process = subprocess.Popen(
                [node, *FLAGS, *flags, str(PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            raise LearningFailed(node, error.strerror or str(error)) from error
        self.node = node
        try:
            self.facts: Mapping[str, Any] = self._answer()[1]
        except Ended:
            self.close()
            raise LearningFailed(
                node, f"the calibration program ended with {self._process.returncode}"
            ) from None
        except BaseException:
            self.close()
            raise

    def ask(self, *words: object) -> str:
        """What V8's printer wrote; raises Ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write((" ".join(map(str, words)) + "\n").encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Ended("") from None
        return self._answer()[0]

    def wait(self, milliseconds: int) -> None:
        """Lets it wait in Atomics.wait, and comes back when it has begun to."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"wait {milliseconds}\n".encode())
        self._process.stdin.flush()
        said = b""
        while b"waiting\n" not in said:
            got = os.read(self._process.stdout.fileno(), 1 << 12)
            if not got:
                raise Ended(said.decode("utf-8", "replace"))
            said += got
        time.sleep(_SETTLE)

    def answer(self) -> str:
        """What it says when it has waited."""
        return self._answer()[0]

    def picture(self) -> Target:
        """All its memory, at this moment; it has to be closed."""
        return open_process(self._process.pid, exe=self.node)

    def _answer(self) -> tuple[str, Any]:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        said = b""
        until = time.monotonic() + _PATIENCE
        while True:
            ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise LearningFailed(self.node, f"no answer within {_PATIENCE:.0f} s")
            got = os.read(pipe, 1 << 16)
            said += got
            if not got:
                self._process.wait()
                raise Ended(said.decode("utf-8", "replace"))
            if len(said) > _MOST:
                raise LearningFailed(self.node, "an endless answer")
            if said.endswith(b"\n"):
                text, mark, last = said[:-1].rpartition(b"\n@@")
                if mark and b"\n" not in last:
                    return text.decode("utf-8", "replace"), json.loads(last)

    def close(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Calibration:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()
