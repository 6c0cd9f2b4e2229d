"""Rows become text or JSON Lines here, errors become prose: the one home of widths and colour."""

from __future__ import annotations
