"""Puts the front ends of GDB and LLDB where those find them. Knows no dump and no V8."""

from __future__ import annotations
