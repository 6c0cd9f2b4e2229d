"""Microtasks: their views stand with those of `async`."""

from __future__ import annotations

from v8inspect.render.views import async_waits

__all__ = ["async_waits"]
