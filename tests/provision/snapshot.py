"""V8's own `.heapsnapshot` as an oracle: nodes by type and name, and the census they make.

What was seen in real ones: JS objects are nodes of type `object`, but so are contexts ("system /
Context"), which are no JS objects; closures are named after the function, regular expressions
after their source. Proxies are type `hidden`, "system / JSProxy". From V8 14.6 on the global
objects are "global (global)" and their proxies "global (global*)".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, NamedTuple, Sequence



class Node(NamedTuple):
    """One node; `self_size` in bytes, 0 for read-only objects from V8 13.x on."""

    type: str
    name: str
    id: int
    self_size: int


@dataclass(frozen=True)
class Snapshot:
    """The nodes of one snapshot file."""

    nodes: Sequence[Node]

    @classmethod
    def load(cls, path: Path) -> Snapshot:
        """Reads the file; field order and types are taken from its own meta part."""
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        meta = data["snapshot"]["meta"]
        fields = meta["node_fields"]
        types = meta["node_types"][fields.index("type")]
        at = {name: fields.index(name) for name in ("type", "name", "id", "self_size")}
        strings, flat = data["strings"], data["nodes"]
        step = len(fields)
        columns = {name: flat[index::step] for name, index in at.items()}
        nodes = [
            Node(types[kind], strings[name], ident, size)
            for kind, name, ident, size in zip(
                columns["type"], columns["name"], columns["id"], columns["self_size"]
            )
        ]
        return cls(nodes)

    def js_objects(self) -> Iterator[Node]:
        """The nodes that are JS objects: objects bar V8's own structures, closures, regexps."""
        for node in self.nodes:
            if node.type in ("closure", "regexp"):
                yield node
            elif node.type == "object" and not node.name.startswith("system / "):
                yield node

    def census(self) -> dict[str, tuple[int, int]]:
        """Name -> (count, bytes); closures are all `Function`, regular expressions `RegExp`."""
        found: dict[str, tuple[int, int]] = {}
        for node in self.js_objects():
            name = {"closure": "Function", "regexp": "RegExp"}.get(node.type, node.name)
            count, size = found.get(name, (0, 0))
            found[name] = count + 1, size + node.self_size
        return found
