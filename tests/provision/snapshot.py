"""V8's own `.heapsnapshot` as an oracle: nodes by type and name, and the census they make.

What was seen in real ones, Node.js 18.20.8, 20.20.2, 22.23.3, 24.21.0 and 26.10.0 (V8 10.2, 11.3,
12.4, 13.6, 14.6), a full GC before each:

- Node fields are type, name, id, self_size, edge_count, trace_node_id (up to 12.4), detachedness.
  `type` is an index into a list that grows: 'object shape' from 11.3 on, 'wasm object' in 11.3.
- Of type `object` are the JS objects, and contexts ("system / Context", 1187 to 1290), which are
  not; no other "system / ..." name was seen there. A proxy is type `hidden`, "system / JSProxy".
- Closures are named after the function ('' for 429 to 1162 of them), regular expressions after
  their source.
- The global object and its proxy are both "global" up to 13.6; of a vm context the proxy is
  "global" too, its global object "Object". 14.6 says "global (global)" for the proxy and
  "global (global*)" for the object, of a vm context "Object (global)" and "Object (global*)".
- Blanks and dots in names of JS objects: "Array Iterator", "Intl.Collator", "WebAssembly.Memory",
  after Symbol.toStringTag of the built-in prototypes. Prototypes count under such names too.
- Self sizes are bytes. From 13.6 on read-only objects have self size 0 (strings, code, hidden; no
  JS objects among them).
- Ids of heap objects are odd (1 is the root, 3 "(GC roots)", then the groups of roots), of native
  objects even.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, NamedTuple, Sequence

# What a closure and a regular expression count as; V8 names each after its text.
FUNCTION, REGEXP = "Function", "RegExp"
_ONE_ROW = {"closure": FUNCTION, "regexp": REGEXP}


class Node(NamedTuple):
    """One node; `self_size` in bytes, 0 for read-only objects from V8 13.6 on."""

    type: str
    name: str
    id: int
    self_size: int


@dataclass(frozen=True)
class Snapshot:
    """The nodes of one snapshot file, in its order."""

    nodes: Sequence[Node]

    @classmethod
    def load(cls, path: Path) -> Snapshot:
        """Reads the file; field order and types are taken from its own meta part."""
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        meta = data["snapshot"]["meta"]
        fields = meta["node_fields"]
        types = meta["node_types"][fields.index("type")]
        strings, flat, step = data["strings"], data["nodes"], len(fields)
        kinds, names, ids, sizes = (
            flat[fields.index(field) :: step] for field in ("type", "name", "id", "self_size")
        )
        return cls(
            [
                Node(types[kind], strings[name], ident, size)
                for kind, name, ident, size in zip(kinds, names, ids, sizes)
            ]
        )

    def js_objects(self) -> Iterator[Node]:
        """The nodes that are JS objects: objects bar V8's own structures, closures, regexps."""
        for node in self.nodes:
            if node.type in _ONE_ROW or (
                node.type == "object" and not node.name.startswith("system / ")
            ):
                yield node

    def census(self) -> dict[str, tuple[int, int]]:
        """Name -> (count, bytes) of the JS objects; closures are all `Function`, regular
        expressions `RegExp`."""
        found: dict[str, tuple[int, int]] = {}
        for node in self.js_objects():
            name = _ONE_ROW.get(node.type, node.name)
            count, size = found.get(name, (0, 0))
            found[name] = count + 1, size + node.self_size
        return found
