"""The front end in LLDB:   (lldb) command script import /path/to/lldb_plugin

Only this package imports lldb. LLDB itself puts the folder that the package lies in on sys.path.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Dict

_FOLDER = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def __lldb_init_module(debugger: Any, _: Dict[str, Any]) -> None:
    """Called by LLDB when the module is imported."""
    problem = ""
    if sys.version_info < (3, 9):
        version = ".".join(map(str, sys.version_info[:2]))
        problem = f"it needs Python 3.9 or later, and this LLDB embeds {version}"
    elif os.path.basename(_FOLDER) in ("site-packages", "dist-packages"):
        problem = "this copy lies among another Python's packages; run `v8inspect setup lldb`"
    if problem:
        # LLDB gives this function no result to put an error into.
        print(f"error: v8inspect is not loaded: {problem}")
        return
    # Another copy may be loaded already (say, that of ~/.lldbinit): this one takes over, whole.
    for name in list(sys.modules):
        if name.split(".")[0] == "v8inspect" or name.startswith(__name__ + "."):
            del sys.modules[name]
    if _FOLDER in sys.path:
        sys.path.remove(_FOLDER)
    sys.path.insert(0, _FOLDER)

    from lldb_plugin.adapter import register

    register(debugger)
