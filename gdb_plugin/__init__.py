"""The front end in GDB. `load.py` is what a user sources; only this package imports gdb."""

from __future__ import annotations
