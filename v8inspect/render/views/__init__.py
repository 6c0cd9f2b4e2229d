"""How rows look as text. Rows declared in a module NAME have their views in NAME.py here, which is
imported when the first of them is shown."""

from __future__ import annotations

import importlib
import importlib.util

_loaded: set[str] = set()


def load_views(name: str) -> None:
    """Imports the views of the rows of module `name`, if there are any."""
    if name in _loaded:
        return
    _loaded.add(name)
    module = f"{__name__}.{name}"
    if importlib.util.find_spec(module) is not None:
        importlib.import_module(module)
