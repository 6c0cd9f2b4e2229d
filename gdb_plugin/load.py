"""Adds the command `v8` to GDB:   (gdb) source /path/to/gdb_plugin/load.py

Puts the one folder that this package lives in on sys.path, and nothing else anywhere.
"""

# No annotations and no new syntax here: an old Python must get as far as the message.
import os
import sys

import gdb

_folder = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

if sys.version_info < (3, 9):
    _problem = "it needs Python 3.9 or later, and this GDB embeds %d.%d" % sys.version_info[:2]
elif os.path.basename(_folder) in ("site-packages", "dist-packages"):
    _problem = "this copy lies among another Python's packages; run `v8inspect setup gdb`"
else:
    _problem = ""

if _problem:
    # A GdbError would show a traceback of this file.
    gdb.write("error: v8inspect is not loaded: " + _problem + "\n", gdb.STDERR)
else:
    # Another copy may be loaded already (say, the one of ~/.gdbinit): this one takes over, whole.
    for _name in list(sys.modules):
        if _name.split(".")[0] in ("v8inspect", "gdb_plugin"):
            del sys.modules[_name]
    if _folder in sys.path:
        sys.path.remove(_folder)
    sys.path.insert(0, _folder)

    from gdb_plugin.adapter import register

    register()
