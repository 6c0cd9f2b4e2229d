"""Signals are the main thread's, and those of the debugger around us."""

from __future__ import annotations

import signal


def block_signals() -> None:
    """For threads of ours: Ctrl-C, and what a debugger waits for, are the main one's."""
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
