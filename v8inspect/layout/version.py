"""Which V8 is in a target, and which Node.js.

V8's version is a text of the form '12.4.254.21-node.57' in every dump: in the C++ data of the
process and as the string `process.versions.v8` in the heap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional, Sequence

from v8inspect.errors import NoV8
from v8inspect.target import Target

_MARK = b"-node."
_VERSION = re.compile(rb"(\d{1,3}\.\d{1,3}\.\d{1,5}\.\d{1,5}-node\.\d{1,4})")
_CHUNK = 4 << 20


@dataclass(frozen=True)
class Version:
    """What was found. `source` says where; `node` is the version of Node.js, where it was cheap."""

    v8: str
    source: str
    node: Optional[str] = None
    warnings: Sequence[str] = ()


def find_version(target: Target) -> Version:
    """The V8 version; raises NoV8."""
    for segment in target.segments():
        if segment.hole:
            continue
        for at in range(segment.offset, segment.offset + segment.size, _CHUNK):
            end = min(segment.offset + segment.size, at + _CHUNK + 64)
            data = segment.buffer[at:end]
            where = data.find(_MARK)
            while where >= 0:
                near = _VERSION.search(data, max(0, where - 24), where + 16)
                if near:
                    return Version(near.group(1).decode(), "search")
                where = data.find(_MARK, where + 1)
    raise NoV8(target.name, "no version of V8")
