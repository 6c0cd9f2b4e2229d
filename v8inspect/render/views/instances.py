"""`findjsinstances`: an address first, to paste into the next command."""

from __future__ import annotations

from v8inspect.analysis.instances import InstanceRow
from v8inspect.render.text import Line, Part, view


@view(InstanceRow)
def _instance(row: InstanceRow) -> Line:
    return (Part("address", f"{int(row.address):#x}"), ":<Object: ", Part("name", row.name), ">")
