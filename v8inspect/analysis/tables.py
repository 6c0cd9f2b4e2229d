"""The heap as tables of Arrow: objects, edges, strings, functions, roots.

Columns are made of the scanner's flat arrays, without a step in Python for each object. Addresses
are tagged, of type uint64, which nothing else is; sizes are bytes.
"""

from __future__ import annotations

import importlib
from array import array
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Optional, Sequence

from v8inspect.errors import ModuleNeeded, NothingFound
from v8inspect.heap.heap import SHARED
from v8inspect.scan.graph import NO_NODE, NODE_MASK

if TYPE_CHECKING:
    from v8inspect.session import Session

NAMES = ("objects", "edges", "strings", "functions", "roots")
KINDS = ("strong", "ephemeron", "weak")  # by the number that an edge has
TEXT = 1000  # UTF-16 units of a string that are kept
PARTS = 32  # of a cons string; one of more has no text: all that lead to another are quadratic work
_STRINGS = 1 << 15  # at once
_TEXT_BYTES = 1 << 24  # for those: the longest one takes 3 TEXT
_READ = 1  # V8S_CHARS_READ
_COLUMNS = "making columns"  # work that can be stopped between two of them
_SHIFT = 30


def required(name: str) -> Any:
    """This package, imported; raises ModuleNeeded."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ModuleNeeded(name.partition(".")[0], "tables of the heap", "sql") from None


class Tables:
    """The tables of a session; each is made when it is asked for, and kept."""

    def __init__(self, session: Session) -> None:
        """Raises ModuleNeeded."""
        self._session = session
        self._pa, self._pc = required("pyarrow"), required("pyarrow.compute")
        self._made: Dict[str, Any] = {}
        self._nodes: Optional[Any] = None
        pa = self._pa
        name = pa.dictionary(pa.int32(), pa.string())
        self.schemas: Dict[str, Any] = {
            "objects": pa.schema(
                [
                    ("node", pa.uint32()),
                    ("address", pa.uint64()),
                    ("isolate", pa.int16()),
                    ("constructor", name),
                    ("type", name),
                    ("map", pa.uint64()),
                    ("shallow", pa.int64()),
                    ("live", pa.bool_()),
                    ("retained", pa.int64()),
                    ("dominator", pa.uint32()),
                ]
            ),
            "edges": pa.schema(
                [
                    ("source", pa.uint32()),
                    ("target", pa.uint32()),
                    ("kind", pa.dictionary(pa.int8(), pa.string())),
                ]
            ),
            "strings": pa.schema(
                [
                    ("node", pa.uint32()),
                    ("address", pa.uint64()),
                    ("length", pa.uint32()),
                    ("shallow", pa.int64()),
                    ("live", pa.bool_()),
                    ("text", pa.string()),
                    ("truncated", pa.bool_()),
                ]
            ),
            "functions": pa.schema(
                [
                    ("address", pa.uint64()),
                    ("shared", pa.uint64()),
                    ("count", pa.int64()),
                    ("name", pa.string()),
                    ("script", pa.string()),
                    ("line", pa.int32()),
                    ("col", pa.int32()),
                ]
            ),
            "roots": pa.schema(
                [
                    ("node", pa.uint32()),
                    ("address", pa.uint64()),
                    ("category", pa.string()),
                    ("slot", pa.uint64()),
                    ("isolate", pa.int16()),
                    ("thread", pa.int32()),
                ]
            ),
        }

    def table(self, name: str) -> Any:
        """One of NAMES."""
        found = self._made.get(name)
        if found is None:
            self._session.progress(f"making the table {name}", 0, 0)
            columns: Callable[[], Sequence[Any]] = getattr(self, f"_{name}")
            found = self._pa.Table.from_arrays(columns(), schema=self.schemas[name])
            self._made[name] = found
        return found

    def _objects(self) -> Sequence[Any]:
        from v8inspect.heap.names_by_map import names_by_map

        pa, pc, session = self._pa, self._pc, self._session
        graph, scanner = session.graph, session.heap.scanner
        names, of_maps, odd = names_by_map(session, graph)
        root = graph.dominators.root
        count = graph.sums.nodes
        addresses, indices, words = graph.scanned.objects(0, count)
        above, sizes = graph.scanned.dominated(0, count)
        live = self._live()
        map_ = self._numbers(pa.uint32(), indices)
        dominator = self._numbers(pa.uint32(), above)
        numbers = [None if number == NO_NODE else number for number in of_maps]
        name = pa.array(numbers, pa.int32()).take(map_)
        if odd:
            bits = bytearray((count + 7) // 8)
            for node, _ in odd:
                bits[node >> 3] |= 1 << (node & 7)
            own = pa.array([number for _, number in odd], pa.int32())
            name = pc.replace_with_mask(name, self._bits(bits, count), own)
        maps = scanner.maps()
        types: Dict[str, int] = {}
        type_names = session.layout.type_names
        of_types = [
            types.setdefault(type_names.get(m.type, f"TYPE_{m.type}"), len(types)) for m in maps
        ]
        kind = pa.array(of_types, pa.int32()).take(map_)
        return (
            self._node(),
            pc.add(self._numbers(pa.uint64(), addresses), pa.scalar(1, pa.uint64())),
            self._isolates(),
            self._named(name, names),
            self._named(kind, list(types)),
            pa.array([m.address + 1 for m in maps], pa.uint64()).take(map_),
            pc.multiply(
                self._numbers(pa.uint32(), words).cast(pa.int64()), pa.scalar(8, pa.int64())
            ),
            live,
            pc.if_else(live, self._numbers(pa.uint64(), sizes).cast(pa.int64()), None),
            pc.if_else(pc.less(dominator, pa.scalar(root, pa.uint32())), dominator, None),
        )

    def _edges(self) -> Sequence[Any]:
        pa, pc = self._pa, self._pc
        start, words = self._session.graph.scanned.rows()
        ends = self._numbers(pa.uint32(), start)
        first, last = ends.slice(0, len(start) - 1), ends.slice(1)
        some = pc.not_equal(first, last)
        runs = pa.RunEndEncodedArray.from_arrays(
            last.filter(some).cast(pa.int64()), self._node().filter(some)
        )
        edges = self._numbers(pa.uint32(), words)
        kind = pc.shift_right(edges, pa.scalar(_SHIFT, pa.uint32())).cast(pa.int8())
        return (
            pc.run_end_decode(runs),
            pc.bit_wise_and(edges, pa.scalar(NODE_MASK, pa.uint32())),
            pa.DictionaryArray.from_arrays(kind, pa.array(KINDS)),
        )

    def _strings(self) -> Sequence[Any]:
        pa, pc, session = self._pa, self._pc, self._session
        graph, layout = session.graph, session.layout
        addresses, indices, words = graph.scanned.objects(0, graph.sums.nodes)
        are_strings = pa.array(
            [m.type < layout.first_nonstring_type for m in session.heap.scanner.maps()], pa.bool_()
        ).take(self._numbers(pa.uint32(), indices))
        size = self._numbers(pa.uint32(), words).filter(are_strings).cast(pa.int64())
        untagged = self._numbers(pa.uint64(), addresses).filter(are_strings)
        plain = array("Q")
        plain.frombytes(memoryview(untagged.buffers()[1])[: 8 * len(untagged)])
        lengths, texts = [], []
        at = 0
        while at < len(plain):
            session.progress("reading strings", at, len(plain))
            length, text = self._texts(plain[at : at + _STRINGS])
            lengths.append(length)
            texts.append(text)
            at += len(length)
        length = pa.concat_arrays(lengths) if lengths else pa.array([], pa.uint32())
        return (
            self._node().filter(are_strings),
            pc.add(untagged, pa.scalar(1, pa.uint64())),
            length,
            pc.multiply(size, pa.scalar(8, pa.int64())),
            self._live().filter(are_strings),
            pa.chunked_array(texts, pa.string()),
            pc.greater(length, pa.scalar(TEXT, pa.uint32())),
        )

    def _texts(self, addresses: array[int]) -> tuple[Any, Any]:
        """(lengths, texts) of as many of these strings as there is room for."""
        from v8inspect.objects.reader import reader_of
        from v8inspect.objects.strings import read_text

        pa, pc = self._pa, self._pc
        count = len(addresses)
        length = array("I", bytes(4 * count))
        state = bytearray(count)
        out = bytearray(_TEXT_BYTES)
        ends = array("Q", bytes(8 * count))
        done = self._session.heap.scanner.call(
            "texts", addresses, count, TEXT, length, state, ends, out, len(out)
        )
        end = array("Q", (0,)) + ends[:done]
        offsets = self._numbers(pa.uint64(), end).cast(pa.int32())
        data = pa.py_buffer(bytes(memoryview(out)[: end[done]]))
        text = pa.Array.from_buffers(pa.string(), done, [None, offsets.buffers()[1], data])
        others = [i for i in range(done) if state[i] != _READ]
        if others:
            reader = reader_of(self._session)
            bits = bytearray((done + 7) // 8)
            own = []
            for i in others:
                bits[i >> 3] |= 1 << (i & 7)
                found = read_text(reader, addresses[i] + 1, TEXT, PARTS)
                own.append(_clean(found.text) if found.problem is None else None)
            text = pc.replace_with_mask(text, self._bits(bits, done), pa.array(own, pa.string()))
        return self._numbers(pa.uint32(), length[:done]), text

    def _functions(self) -> Sequence[Any]:
        from v8inspect.analysis.functions import DefinitionRow, definitions

        try:
            rows = [row for row in definitions(self._session) if isinstance(row, DefinitionRow)]
        except NothingFound:
            rows = []
        return self._columns(
            "functions",
            (
                (r.address, r.shared, r.count, r.name, r.script, r.line, r.column)  # in their order
                for r in rows
            ),
        )

    def _roots(self) -> Sequence[Any]:
        graph = self._session.graph
        return self._columns(
            "roots",
            (
                (
                    root.node,
                    graph.word(root.node),
                    root.category,
                    root.slot or None,
                    root.isolate,
                    None if root.thread is None else root.thread + 1,
                )
                for root in graph.roots
            ),
        )

    def _columns(self, name: str, rows: Iterable[Sequence[Any]]) -> Sequence[Any]:
        """Columns of a table of few rows."""
        given = list(rows)
        return [
            self._pa.array(
                [_clean(r[i]) if isinstance(r[i], str) else r[i] for r in given], field.type
            )
            for i, field in enumerate(self.schemas[name])
        ]

    def _node(self) -> Any:
        if self._nodes is None:
            count = self._session.graph.sums.nodes
            self._nodes = self._numbers(self._pa.uint32(), array("I", range(count)))
        return self._nodes

    def _live(self) -> Any:
        graph = self._session.graph
        return self._bits(graph.live_marks(), graph.sums.nodes)

    def _isolates(self) -> Any:
        pa, graph = self._pa, self._session.graph
        ranges = sorted((graph.range(number), number) for number in self._session.heap.numbers)
        # That of read-only space is no isolate's.
        return pa.concat_arrays(
            [
                pa.repeat(pa.scalar(None if number == SHARED else number, pa.int16()), last - first)
                for (first, last), number in ranges
            ]
        )

    def _numbers(self, kind: Any, values: array[int]) -> Any:
        """The array as a column, without a copy."""
        self._session.progress(_COLUMNS, 0, 0)
        return self._pa.Array.from_buffers(kind, len(values), [None, self._pa.py_buffer(values)])

    def _bits(self, bits: Any, count: int) -> Any:
        self._session.progress(_COLUMNS, 0, 0)
        return self._pa.Array.from_buffers(
            self._pa.bool_(), count, [None, self._pa.py_buffer(bits)]
        )

    def _named(self, numbers: Any, names: List[str]) -> Any:
        self._session.progress(_COLUMNS, 0, 0)
        return self._pa.DictionaryArray.from_arrays(numbers, [_clean(name) for name in names])


def _clean(text: str) -> str:
    """Arrow's texts are UTF-8, which has no lone surrogates."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
