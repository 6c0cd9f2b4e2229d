"""Threads of ours, in whatever program we are. Signals are the main thread's, and those of the
debugger around us; what one waits for is an event."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import Callable, Generic, List, Optional, TypeVar

Made = TypeVar("Made")


def block_signals() -> None:
    """For threads of ours: Ctrl-C, and what a debugger waits for, are the main one's."""
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


class Worker(Generic[Made]):
    """Does `work` in a thread of its own, from now on."""

    def __init__(self, name: str, work: Callable[[], Made]) -> None:
        self._work = work
        self._made: List[Made] = []
        self._error: Optional[BaseException] = None
        # Ctrl-C in a `join` of Python 3.11 makes the thread look ended when it is not.
        self._done = threading.Event()
        threading.Thread(target=self._run, name=f"v8inspect {name}", daemon=True).start()

    def _run(self) -> None:
        block_signals()
        try:
            self._made.append(self._work())
        except BaseException as error:  # for whoever waits
            self._error = error
        finally:
            self._done.set()

    def is_done(self, seconds: float = 0) -> bool:
        """Whether it is, after so many seconds at most."""
        return self._done.wait(seconds)

    def result(self) -> Made:
        """Waits for it. Raises what the work raised."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._made[0]

    def settle(self, again: Callable[[], None] = lambda: None, seconds: float = 1) -> None:
        """Waits however often Ctrl-C comes, for what it works on goes behind that; calls `again`
        every so many seconds until it is done."""
        while not self._done.is_set():
            with contextlib.suppress(KeyboardInterrupt):
                again()
                self._done.wait(seconds)
