"""Makes v8inspect/layout/snapshots/v8-X.Y.json: what V8's heap snapshot calls edges, from one.

    python tools/layout/edge_names.py 22.23.3

Reads V8's own snapshot of two test programs beside their cores (tests/provision). A name that
always goes with one slot of a type is that slot's; a name that is a number is an element's.
"""

from __future__ import annotations

import collections
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.dumps.graph_oracle import Graph  # noqa: E402
from tests.dumps.support import opened  # noqa: E402
from v8inspect.scan.graph import NO_NODE  # noqa: E402

SCENARIOS = ("aftergc", "collections")
MOST_WORDS = 1 << 12
# Known by rule in csrc/snapshot_edges.c, not by the table.
BY_RULE = {"map", "backing_store", "javascript_to_native", "properties", "elements"}
BY_RULE_OF = {
    "MAP": {
        "transition",
        "transitions",
        "prototype_info",
        "constructor",
        "constructor_function_data",
        "back_pointer",
        "native_context",
    },
    "CODE": {
        "interpreter_data",
        "bytecode_offset_table",
        "deoptimization_data",
        "source_position_table",
    },
    "SCRIPT": {"wasm_managed_native_module", "wasm_weak_instance_list"},
}
FUNCTIONS = {"code", "initial_map", "prototype"}


def main(version: str) -> None:
    slots: dict[str, dict[str, collections.Counter[int]]] = {}
    elements: dict[str, collections.Counter[int]] = {}
    maps: dict[str, str] = {}
    arrays: set[str] = set()
    named: set[str] = set()
    kinds: dict[str, set[str]] = {}
    unnamed: set[str] = set()
    meta, roots, builtin = {}, [], ""
    for scenario in SCENARIOS:
        run, session = opened(version, scenario)
        assert run.snapshot is not None
        head = json.loads(run.snapshot.read_text())
        meta = head["snapshot"]["meta"]
        layout = session.layout
        theirs, graph = Graph.load(run.snapshot, run.core), session.graph
        top = next(to for _, _, to in theirs.edges(0) if theirs.name[to] == "(GC roots)")
        roots = [theirs.name[to] for _, _, to in theirs.edges(top)]
        known = session.heap.scanner.maps()
        address, map_of, words = graph.scanned.objects(0, graph.sums.nodes)
        node_at = {place: i for i, place in enumerate(theirs.address) if place}
        nodes = graph.scanned.nodes([place + 1 if place else 0 for place in theirs.address])
        for i, node in enumerate(nodes):
            if node == NO_NODE:
                continue
            kind = known[map_of[node]].type
            if kind < layout.first_nonstring_type:
                continue
            name = layout.type_names.get(kind, str(kind))
            if name == "MAP" and theirs.name[i] != "system / Map":
                of = session.memory.u16(address[node] + layout.Map.instance_type)
                maps[layout.type_names.get(of, str(of))] = theirs.name[i]
            if theirs.type[i] == "array":
                arrays.add(name)
            if kind < layout.first_js_receiver_type:
                (named if theirs.name[i].startswith("system /") else unnamed).add(name)
            if name.endswith("_CONTEXT") and name != "NATIVE_CONTEXT":
                BY_RULE_OF.setdefault(name, {"extension"})
            function = layout.first_js_function_type <= kind <= layout.last_js_function_type
            if kind < layout.first_js_receiver_type and theirs.name[i].startswith("system /"):
                kinds.setdefault(name, set()).add(theirs.type[i])
            skipped = BY_RULE | BY_RULE_OF.get(name, set()) | (FUNCTIONS if function else set())
            held: dict[int, list[int]] = {}
            for at, word in enumerate(
                session.memory.words(address[node], min(words[node], MOST_WORDS))
            ):
                if word & 1 and word != 3 and word & ~3 in node_at:
                    held.setdefault(node_at[word & ~3], []).append(8 * at)
            together: dict[int, list[str]] = {}  # names of edges to one object
            for edge, label, to in theirs.edges(i):
                if edge not in ("internal", "weak") or to not in held or label in skipped:
                    continue
                text = str(label)
                if "part of key" in text:
                    continue
                if not text.isdigit():
                    together.setdefault(to, []).append(text)
                elif edge == "internal" or name == "EPHEMERON_HASH_TABLE":
                    elements.setdefault(name, collections.Counter()).update(
                        at - 8 * int(text) for at in held[to]
                    )
            for to, texts in together.items():
                places = held[to]
                for n, text in enumerate(texts):
                    # V8 names slots in their order: so many names, so many slots.
                    mine = [places[n]] if len(places) == len(texts) else places
                    slots.setdefault(name, {}).setdefault(text, collections.Counter()).update(mine)
        group = next(to for _, _, to in theirs.edges(top) if theirs.name[to] == "(Builtins)")
        first = next(to for _, _, to in theirs.edges(group))
        builtin = theirs.name[first].replace("DeoptimizationEntry_Eager", "%s")
    # Tables of modules are in neither program; V8 shows them as other ones (tests/programs/npm).
    if "HASH_TABLE" in layout.types:
        arrays.add("HASH_TABLE")
        unnamed.add("HASH_TABLE")
        elements.setdefault("HASH_TABLE", collections.Counter()).update([16])
    out: dict[str, object] = {
        "source": f"tools/layout/edge_names.py on Node.js {version}: V8's own heap snapshot of "
        f"{' and '.join(SCENARIOS)}, slot by slot against the core",
        "meta": meta,
        "roots": roots,
        "builtin": builtin,
        "string_maps": dict(sorted(maps.items())),
        "arrays": sorted(arrays),
        # Of types that tags do not change: what has another type only now and then is hidden.
        "types": {
            name: next(iter(found)) for name, found in sorted(kinds.items()) if len(found) == 1
        },
        "unnamed": sorted(unnamed - named - {"MAP", "ODDBALL", "SYMBOL", "TRUSTED_FIXED_ARRAY"}),
        "elements": {name: found.most_common(1)[0][0] for name, found in sorted(elements.items())},
        "slots": {
            name: {
                str(offset): text
                for offset, text in sorted(
                    (found.most_common(1)[0][0], text) for text, found in labels.items()
                )
            }
            for name, labels in sorted(slots.items())
        },
    }
    for name, labels in slots.items():
        if len(out["slots"][name]) < len(labels):  # type: ignore[index]
            print(name, {text: found.most_common(2) for text, found in labels.items()})
    _, session = opened(version, SCENARIOS[0])
    path = ROOT / "v8inspect" / "layout" / "snapshots" / f"v8-{session.layout.table}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
