"""The shell's front end: a terminal, a pager, a progress bar and a prompt over the commands."""

from __future__ import annotations
