"""Commands that are stopped by Ctrl-C at a moment of their run, in this process: how long it took,
what was left behind, what the same session answers then."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

from tests.provision.cores import Run
from v8inspect.commands.host import Dump, Host
from v8inspect.commands.runner import run_line
from v8inspect.render.output import StreamOutput

_SECONDS = 0.5
_QUIET = 0.06  # seconds that the loop of `allowed` takes on a slow machine that does nothing else


def allowed() -> float:
    """Half a second; more where other processes have most of the machine."""
    start = time.perf_counter()
    total = 0
    for number in range(600_000):
        total += number & 7
    assert total
    return _SECONDS * max(1.0, (time.perf_counter() - start) / _QUIET)


@dataclass(frozen=True)
class Answer:
    """What a command said: exit status, answer, remarks and errors."""

    status: int
    text: str
    remarks: Tuple[str, ...]


class Front(Host):
    """A front end on one dump that notes how long each look at progress was in coming: seconds of
    this thread's processor time, what was done before."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._dump = Dump(str(run.core), str(run.node))
        self.waited: List[Tuple[float, str]] = []
        self._since, self._what = time.thread_time(), "start"

    def selected(self) -> Dump:
        return self._dump

    def progress(self, what: str, done: int, total: int) -> None:
        self.waited.append((time.thread_time() - self._since, self._what))
        self._since, self._what = time.thread_time(), what

    def answer(self, line: str) -> Answer:
        """Runs a command."""
        self._since, self._what = time.thread_time(), "start"
        output = _Output()
        status = run_line(line, self, output)
        self.progress("end", 0, 0)
        return Answer(status, "".join(output.texts), tuple(output.remarks))

    def stopped(self, line: str, after: float) -> Tuple[Answer, Optional[float]]:
        """The same with Ctrl-C after so many seconds; how long it took from there, None if the
        command had ended before."""
        sent: List[float] = []

        def send() -> None:
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

        # Whoever starts the tests may have it ignored, as shells do for what is behind a `&`.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        timer = threading.Timer(after, send)
        timer.start()
        try:
            found = self.answer(line)
            took = time.perf_counter() - sent[0] if sent else None
            timer.cancel()
            timer.join()
        except KeyboardInterrupt:  # behind the command
            return Answer(0, "", ()), None
        finally:
            signal.signal(signal.SIGINT, before)
        return found, took if found.status else None


class _Output(StreamOutput):
    def __init__(self) -> None:
        self.texts: List[str] = []
        self.remarks: List[str] = []

    def write(self, text: str) -> None:
        self.texts.append(text)

    def remark(self, line: str) -> None:
        self.remarks.append(line)


def files_in(folder: Path) -> Iterator[str]:
    """All that is in a folder, hidden files too."""
    for root, folders, files in os.walk(folder):
        yield from (os.path.join(root, name) for name in (*folders, *files))
