"""`python -m v8inspect`."""

from __future__ import annotations

from v8inspect.cli import entry

entry()
