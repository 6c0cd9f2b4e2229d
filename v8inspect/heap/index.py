"""What of a session is kept in an index, and how it is taken from there.

Kept are counts of all objects by Map, the graph, what is alive, and dominators: as much as the
session has made. What is taken is checked by whoever follows it (csrc/index.c), so that a file that
lies can give a wrong number at most, and only its owner can make it lie.
"""

from __future__ import annotations

import hashlib
import json
import os
from array import array
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Optional, Sequence

from v8inspect import __version__
from v8inspect.heap.index_file import CHUNK, IndexFile, path_for, write
from v8inspect.scan.binding import load
from v8inspect.scan.scanner import ScannedMap, Scanner, Stats

if TYPE_CHECKING:
    from v8inspect.heap.graph import Graph
    from v8inspect.heap.graph_roots import Root
    from v8inspect.heap.heap import Heap, Walked
    from v8inspect.session import Session

_EDGE = 1 << 16  # bytes of the dump's start and end that tell it from others
_PARTS = (  # in the order of v8s_graph_adopt
    "address",
    "map",
    "words",
    "out_start",
    "out_target",
    "in_start",
    "in_target",
    "pairs",
)
_LIVE, _DOMINATOR, _RETAINED = 8, 9, 10
_ROOT = Struct("<IIQii")
_PAIR_BYTES = 12


class Index:
    """The index of one session's dump: `file` has what was kept, `save` keeps what is there."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._identity = ""  # known once the heap is open: it needs the layout
        self._file: Optional[IndexFile] = None
        self._level = 0  # of what was in the file: 1 counts, 2 graph, 3 what is alive, 4 dominators
        self._has_maps = False  # those of the file, with their indices
        self.problem: Optional[str] = None

    def _opened(self, scanner: Scanner) -> IndexFile:
        if self._file is None:
            try:
                self._identity = _identity(self._session)
            except OSError as error:  # the file is not where it was
                self.problem = f"no index of this dump: {error.strerror or error}"
            progress = self._session.progress
            file = IndexFile(
                path_for(self._identity),
                self._identity,
                scanner.digest,
                lambda: progress("reading the index", 0, 0),
            )
            self._file = file
            names = ("counts", "address", "live", "dominator")
            self._level = sum(1 for name in names if file.has(name))
            self._remark()
        return self._file

    def _remark(self) -> None:
        if self._file is not None and self._file.problem and self.problem is None:
            self.problem = f"the index of this dump is not used: {self._file.problem}"
            self._level = 0  # it is written anew

    def walked(self, heap: Heap) -> Optional[list[Walked]]:
        """The counts, if they were kept and the heap has these Maps."""
        file = self._opened(heap.scanner)
        data, known_maps = file.part("counts"), file.part("maps")
        self._remark()
        if data is None or known_maps is None or len(known_maps) % 8:
            return None
        try:
            found = list(_walked(heap, data, file.facts["counts"]))
        except (ValueError, KeyError, TypeError, IndexError):
            self._refuse()
            return None
        maps = array("Q")
        maps.frombytes(known_maps)
        known = found[-1].maps if found else []
        if list(maps[: len(known)]) != [map_.address for map_ in known]:
            self._refuse()
            return None
        if not heap.scanner.adopt_maps(maps):
            self._refuse()
            return None
        self._has_maps = True
        return found

    def _refuse(self) -> None:
        assert self._file is not None
        self._file.problem = "it does not fit"
        self._remark()

    def graph(self, graph: Graph, heap: Heap) -> Optional[dict[int, tuple[int, int]]]:
        """Has the scanner take nodes and edges; the ranges of nodes by isolate."""
        file = self._opened(heap.scanner)
        if not self._has_maps or not file.has("address"):
            return None  # nodes know their Maps by index
        parts = [file.part(name) for name in _PARTS]
        self._remark()
        if any(part is None for part in parts) or file.buffer is None:
            return None
        try:
            facts = file.facts["graph"]
            nodes, edges, pairs = (int(facts[name]) for name in ("nodes", "edges", "pairs"))
            wanted = (8, 4, 4), (nodes + 1, edges) * 2
            sizes = [unit * nodes for unit in wanted[0]] + [4 * count for count in wanted[1]]
            sizes.append(_PAIR_BYTES * pairs)
            ranges = {int(number): (int(a), int(b)) for number, (a, b) in facts["ranges"].items()}
            stats = bytes.fromhex(facts["stats"])
        except (ValueError, KeyError, TypeError):
            self._refuse()
            return None
        if [len(part) for part in parts if part is not None] != sizes or not all(
            0 <= first <= last <= nodes for first, last in ranges.values()
        ):
            self._refuse()
            return None
        places = [file.offset(name) for name in _PARTS]
        progress = self._session.progress
        if not graph.scanned.adopt(
            file.buffer,
            (nodes, edges, pairs),
            places,
            stats,
            lambda: progress("reading the index", 0, 0),
        ):
            self._refuse()
            return None
        return ranges

    def roots(self, graph: Graph) -> Optional[list[Root]]:
        """The roots of a graph that was taken from here."""
        from v8inspect.heap.graph_roots import CATEGORIES, Root

        data = None if self._file is None else self._file.part("roots")
        self._remark()
        if data is None or len(data) % _ROOT.size:
            return None
        nodes = graph.scanned.sums().nodes
        threads = len(self._session.target.threads())
        found = []
        for category, node, slot, isolate, thread in _ROOT.iter_unpack(data):
            if category >= len(CATEGORIES) or node >= nodes or thread >= threads:
                self._refuse()
                return None
            found.append(
                Root(
                    CATEGORIES[category],
                    node,
                    slot,
                    None if isolate < 0 else isolate,
                    None if thread < 0 else thread,
                )
            )
        return found

    def alive(self, graph: Graph) -> bool:
        """Has the scanner take the marks, its roots being set."""
        data = None if self._file is None else self._file.part("live")
        self._remark()
        return data is not None and graph.scanned.adopt_live(data)

    def dominators(self, graph: Graph) -> bool:
        """Has the scanner take dominators."""
        file = self._file
        if file is None or file.buffer is None:
            return False
        parts = [file.part(name) for name in ("dominator", "retained")]
        self._remark()
        count = graph.scanned.sums().nodes + 1
        if [None if part is None else len(part) for part in parts] != [4 * count, 8 * count]:
            return False
        places = [file.offset(name) for name in ("dominator", "retained")]
        return graph.scanned.adopt_dominators(file.buffer, places, count)

    def save(self, heap: Optional[Heap], graph: Optional[Graph]) -> Optional[int]:
        """Writes what was made, if that is more than was there; its bytes. Raises OSError."""
        session = self._session
        if heap is None or not heap.has_walked:
            return None
        level = 1
        if graph is not None:
            level += 1 + graph.has_marks * (1 + graph.has_dominators)
        scanner = heap.scanner
        self._opened(scanner)
        if level <= self._level or not self._identity:
            return None
        facts: dict[str, Any] = {"counts": _counts_facts(heap)}
        if graph is not None:
            facts["graph"] = graph.facts()
            graph.turn()  # both ways are kept
        path = path_for(self._identity)
        parts = _parts(session, heap, graph)
        self._level = level  # what could not be written is not tried again before there is more
        dump = os.path.abspath(session.target.name)
        return write(path, self._identity, dump, facts, parts, scanner.digest)

    def close(self) -> None:
        """Lets go of the file; the scanner is closed before."""
        if self._file is not None:
            self._file.close()


def _identity(session: Session) -> str:
    """What tells this dump, and what made of it what is kept, from all others."""
    target = session.target
    status = os.stat(target.name)
    edges = hashlib.sha256()
    with open(target.name, "rb") as file:
        edges.update(file.read(_EDGE))
        file.seek(max(0, status.st_size - _EDGE))
        edges.update(file.read(_EDGE))
    ours = hashlib.sha256(Path(load().path).read_bytes()).hexdigest()
    modules = [
        (module.build_id, module.start, module.end, module.file is not None)
        for module in target.modules()
    ]
    return json.dumps(
        {
            "v8inspect": [__version__, ours],
            "size": status.st_size,
            "mtime": status.st_mtime_ns,
            "edges": edges.hexdigest(),
            "format": target.facts.format,
            "v8": session.layout.version,
            "modules": hashlib.sha256(repr(modules).encode()).hexdigest(),
        }
    )


def _counts_facts(heap: Heap) -> list[list[int]]:
    return [
        [walked.isolate, len(walked.pages), len(walked.maps), len(walked.odd[0])]
        for walked in heap.walked()
    ]


def _walked(heap: Heap, data: memoryview, facts: Sequence[Sequence[int]]) -> Iterator[Walked]:
    from v8inspect.heap.heap import Walked

    map_, stats = heap.scanner.struct("v8s_map"), heap.scanner.struct("v8s_stats")
    at = 0

    def take(size: int) -> memoryview:
        nonlocal at
        at += size
        if size < 0 or at > len(data):
            raise ValueError
        return data[at - size : at]

    if [isolate for isolate, *_ in facts] != list(heap.numbers):
        raise ValueError
    for isolate, pages, maps, odd in facts:
        first, last = heap.range(isolate)
        if pages != last - first:
            raise ValueError
        rows = [ScannedMap._make(row) for row in map_.iter_unpack(take(maps * map_.size))]
        sums = [Stats._make(row) for row in stats.iter_unpack(take(pages * stats.size))]
        addresses, indices = array("Q"), array("I")
        addresses.frombytes(take(8 * odd))
        indices.frombytes(take(4 * odd))
        if any(index >= maps for index in indices):
            raise ValueError
        yield Walked(isolate, heap.pages[first:last], sums, rows, (addresses, indices))


def _parts(
    session: Session, heap: Heap, graph: Optional[Graph]
) -> Iterator[tuple[str, Iterable[bytes]]]:
    map_, stats = heap.scanner.struct("v8s_map"), heap.scanner.struct("v8s_stats")
    counts = []
    for walked in heap.walked():
        counts.append(b"".join(map_.pack(*row) for row in walked.maps))
        counts.append(b"".join(stats.pack(*row) for row in walked.stats))
        counts += [walked.odd[0].tobytes(), walked.odd[1].tobytes()]
    yield "counts", _split(b"".join(counts))
    known = array("Q", [map_.address for map_ in heap.scanner.maps()])
    yield "maps", _split(known.tobytes())
    if graph is None:
        return
    for number, name in enumerate(_PARTS):
        yield name, _bytes_of(session, graph, number)
    if not graph.has_marks:
        return
    from v8inspect.heap.graph_roots import CATEGORIES

    numbers = {category: number for number, category in enumerate(CATEGORIES)}
    roots = b"".join(
        _ROOT.pack(
            numbers[root.category],
            root.node,
            root.slot,
            -1 if root.isolate is None else root.isolate,
            -1 if root.thread is None else root.thread,
        )
        for root in graph.roots
    )
    yield "roots", _split(roots)
    yield "live", _bytes_of(session, graph, _LIVE)
    if graph.has_dominators:
        yield "dominator", _bytes_of(session, graph, _DOMINATOR)
        yield "retained", _bytes_of(session, graph, _RETAINED)


def _bytes_of(session: Session, graph: Graph, number: int) -> Iterator[bytes]:
    at = 0
    while True:
        session.progress("keeping the index", 0, 0)
        chunk = graph.scanned.part(number, at, CHUNK)
        if chunk:
            yield chunk
        if len(chunk) < CHUNK:
            return
        at += CHUNK


def _split(data: bytes) -> Iterator[bytes]:
    return (data[at : at + CHUNK] for at in range(0, len(data), CHUNK))
