"""V8's heap snapshot of the calibration program: how many objects of which name. The judge of the
census, and of how objects are named."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Mapping, Sequence

_JS = ("object", "closure", "regexp")
_OWN = "system / "  # V8's own structures, contexts among them
_NAMES = {"closure": "Function", "regexp": "RegExp"}


class Snapshot:
    """`counts` of JS objects by name; `strings` that are names of objects."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError where it is none."""
        data = json.loads(path.read_text("utf-8", "replace"))
        meta = data["snapshot"]["meta"]
        fields: Sequence[str] = meta["node_fields"]
        kinds: Sequence[str] = meta["node_types"][0]
        nodes: Sequence[int] = data["nodes"]
        strings: Sequence[str] = data["strings"]
        width, name = len(fields), fields.index("name")
        pairs = zip(nodes[fields.index("type") :: width], nodes[name::width])
        self.counts: Mapping[str, int] = Counter(
            _NAMES.get(kinds[kind], strings[text])
            for kind, text in pairs
            if kinds[kind] in _JS and not strings[text].startswith(_OWN)
        )


def share_equal(ours: Mapping[str, int], theirs: Mapping[str, int]) -> float:
    """Share of V8's objects that are counted under the same name."""
    wrong = sum(abs(ours.get(name, 0) - number) for name, number in theirs.items())
    return 1.0 - wrong / max(1, sum(theirs.values()))
