"""`cache on`: what it is now."""

from __future__ import annotations

from v8inspect.commands.cache import CacheRow
from v8inspect.render.text import Line, view


@view(CacheRow)
def _cache(row: CacheRow) -> Line:
    return f"the cache is {'on' if row.on else 'off'} until this program ends"
