"""Retained sizes by memlab's own rules: V8's snapshot of a process beside ours of its core, and
beside the table of `retained`. What differs by more than 1 % has a reason, and is gone once that is
taken out of the file."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Collection, Iterator

import pytest

from tests.devtools.read import in_memlab
from tests.dumps.graph_oracle import Graph
from tests.dumps.snapshot_compare import load
from tests.dumps.snapshot_cuts import Pair, cut
from tests.dumps.support import PRIMARY
from tests.programs import provision as programs
from tests.provision.cores import core
from v8inspect.analysis.retained import RetainedRow, retained_by_name
from v8inspect.analysis.snapshot import write
from v8inspect.heap.snapshot import Options, nodes_of
from v8inspect.layout.snapshots import snapshot_format
from v8inspect.session import Session
from v8inspect.targets import open_dump

# In this order taken out, one after the other.
TABLES = "what V8's tables of strings hold, which it shows as roots though they are weak"
NATIVE = "what native objects of Node.js hold, which are on no heap"
LATER = "between snapshot and core: words on stacks, the compiler's jobs, objects that came or went"
REASONS = ("", TABLES, NATIVE, LATER)
# Least and most of a difference, in %: by what a native object holds one name may have 30 times
# as much here (files and streams of `npm`); a word on the stack may hold all that `process` has.
BOUNDS = {TABLES: (0.0, 70.0), NATIVE: (-100.0, 3000.0), LATER: (-100.0, 250.0)}

# `aftergc`: the names that differ on some version, within what bounds, why at the most.
DIFFERENCES: dict[str, tuple[float, float, str]] = {
    "Object": (1, 3.5, NATIVE),
    "Function": (2, 8, NATIVE),
    "Map": (1, 28, NATIVE),
    "BuiltinModule": (4, 17, NATIVE),
    "WeakRefMap": (5, 6, NATIVE),
    "BaseObject": (4, 5, TABLES),
    "Stream": (2.5, 4, TABLES),
    "Duplex": (2.5, 5, TABLES),
    "Readable": (2, 4, TABLES),
    "EventEmitter": (2.5, 6, TABLES),
    "MixedEventEmitter": (1, 2, TABLES),
    "InterfaceConstructor": (1, 2, TABLES),
    "OutgoingMessage": (6, 9, TABLES),
    "AbortSignal": (1, 2, TABLES),
    "Event": (1, 2, TABLES),
    "RegExp": (2, 4, TABLES),
    "Server": (1, 2, TABLES),
    "process": (-99.9, 2, LATER),
    "global": (-2, -1, LATER),
    "Uint8Array": (-2, -1, LATER),  # one that writing the snapshot took
}

Sizes = dict[str, int]


class Case:
    """A process as memlab sees it: V8's file, ours, and either with something taken out."""

    def __init__(self, version: str, program: str, folder: Path) -> None:
        run = programs.core if program in programs.NAMES else core
        self.run = run(version, program)
        assert self.run.snapshot is not None
        self.session = Session(open_dump(str(self.run.core), str(self.run.node)))
        self.theirs, self.ours = self.run.snapshot, folder / "ours.heapsnapshot"
        self.file = folder / "cut.heapsnapshot"
        write(self.session, str(self.ours), force=True)
        bits = nodes_of(self.session, Options(0))
        graph = self.session.graph
        address, _, _ = graph.scanned.objects(0, graph.sums.nodes)
        kept = [at for node, at in enumerate(address) if bits[node >> 6] >> (node & 63) & 1]
        first = 2 + len(snapshot_format(self.session.layout.table).roots)
        self.pair = Pair(Graph.load(self.run.snapshot, self.run.core), load(self.ours, kept, first))

    def stages(self) -> Iterator[tuple[Sizes, Sizes]]:
        """Retained sizes by class, V8's and ours, as the files are and after each reason."""
        pair = self.pair
        ours = sizes_of(self.ours)
        yield sizes_of(self.theirs), ours
        edges = pair.tables()
        yield self.without(edges), ours
        edges = edges + pair.natives()
        yield self.without(edges), ours
        (their_edges, their_nodes), (our_edges, our_nodes) = pair.later()
        assert len(their_nodes) + len(our_nodes) < 0.001 * len(pair.theirs.type)
        yield (
            self.without(edges + their_edges, their_nodes),
            sizes_of(cut(self.ours, self.file, our_edges, pair.ours, our_nodes)),
        )

    def without(self, edges: list[int], gone: Collection[int] = ()) -> Sizes:
        """V8's file without these edges and nodes."""
        return sizes_of(cut(self.theirs, self.file, edges, self.pair.theirs, gone))


def sizes_of(snapshot: Path) -> Sizes:
    """Bytes that memlab says are retained by all objects of a name; of what has no constructor by
    '(type)'."""
    found = in_memlab(snapshot)
    assert found["complaints"] == []
    return {one["name"]: one["retained"] for one in found["classes"]}


def constructors(theirs: Sizes) -> list[str]:
    """The 50 that retain most."""
    names = [name for name in theirs if name[0] != "(" and not name.startswith("system / ")]
    return sorted(names, key=lambda name: -theirs[name])[:50]


def off(theirs: Sizes, ours: Sizes, name: str) -> float:
    """How much more ours retain, in %."""
    return 100 * (ours.get(name, 0) / theirs[name] - 1) if theirs[name] else 0


@pytest.mark.slow
@pytest.mark.parametrize("version", PRIMARY)
@pytest.mark.parametrize(
    "program", ["aftergc", "collections", "express", "npm", "typescript", "webpack"]
)
def test_memlab_retains_what_it_does_in_v8s_snapshot(
    version: str, program: str, tmp_path: Path
) -> None:
    case = Case(version, program, tmp_path)
    stages = list(case.stages())
    top = constructors(stages[0][0])
    differs: dict[str, tuple[float, str]] = {}
    for name in top:
        shares = [off(theirs, ours, name) for theirs, ours in stages]
        assert abs(shares[-1]) <= 1, (name, shares)
        if abs(shares[0]) > 1:
            last = max(i for i, share in enumerate(shares) if abs(share) > 1)
            differs[name] = shares[0], REASONS[last + 1]
    for name, (share, why) in differs.items():
        least, most = BOUNDS[why]
        assert least <= share <= most, (name, share, why)
        print(f"{version} {program}: {name} {share:+.1f} %: {why}")
    within = [sum(abs(off(*stage, name)) <= 1 for name in top) for stage in stages]
    print(f"{version} {program}: of {len(top)} within 1 %, as it is and without each: {within}")
    # V8's own too: strings, arrays, code, once nothing but the graph is compared.
    theirs, ours = stages[-1]
    kinds = [name for name in theirs if name[0] == "(" or name.startswith("system / ")]
    for name in kinds:
        if name not in ("(native)", "(synthetic)") and theirs[name] > 5000:
            assert abs(off(theirs, ours, name)) <= 1, (name, theirs[name], ours.get(name))
    if program == "aftergc":
        assert set(differs) <= set(DIFFERENCES), differs
        assert len(differs) <= 17, differs
        for name, (share, why) in differs.items():
            least, most, reason = DIFFERENCES[name]
            assert least <= share <= most, (name, share)
            assert REASONS.index(why) <= REASONS.index(reason), (name, why)
    del case, stages
    gc.collect()


@pytest.mark.slow
@pytest.mark.parametrize("version", PRIMARY)
def test_retained_is_what_memlab_says_by_the_rules_of_devtools(
    version: str, tmp_path: Path
) -> None:
    """memlab has DevTools' rule that edges into the page from elsewhere do not count, but takes all
    of a program of Node.js for the page. With that rule, and without native objects, its table of
    V8's snapshot is that of `retained`."""
    case = Case(version, "aftergc", tmp_path)
    theirs = case.without(case.pair.outside() + case.pair.natives())
    table = {
        row.name: row.retained
        for row in retained_by_name(case.session)
        if isinstance(row, RetainedRow)
    }
    shares = {name: off(theirs, table, name) for name in constructors(theirs)}
    unlike = {name: share for name, share in shares.items() if abs(share) > 1}
    print(version, unlike)
    # One that writing the snapshot took, 96 bytes.
    assert set(unlike) <= {"Uint8Array"}, unlike
    assert all(-2 < share < 0 for share in unlike.values()), unlike
