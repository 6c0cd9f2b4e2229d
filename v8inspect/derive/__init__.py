"""The layout of a V8 without a table: taken from known versions, measured and checked on the dump.

`derive(target)` is what `Session.layout` falls back on when `layout.resolve` knows the
version but has no table of it. What it gives is marked (`Layout.verified` is False), or it raises
with what did not fit: there is no answer by a guess alone. docs/unknown-versions.md has the rules.
"""

from __future__ import annotations

from v8inspect.derive.derivation import derive

__all__ = ["derive"]
