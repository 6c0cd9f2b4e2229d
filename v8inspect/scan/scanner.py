"""The scanner as Python sees it: one open heap, typed rows in and out of flat buffers."""

from __future__ import annotations

import importlib
from array import array
from struct import Struct
from typing import Any, Callable, Iterator, NamedTuple, Optional, Sequence, Union

from v8inspect.scan.binding import Library, Pin, load
from v8inspect.target import Segment

Buffer = Union[bytes, bytearray, "array[int]"]

COUNT = 1
COLLECT = 2
GROUP = 4
REFER = 8
STRINGS = 16
NODES = 32
LIVE = 64

BY_BYTES = 0
BY_COUNT = 1
BY_WASTE = 2

MAP_RECEIVER = 1
MAP_DICTIONARY = 2
MAP_OWN_TAG = 4
MAP_ODD = 8

WALK = 0
SKIP = 1
CODE = 2

NO_SPACE = 0xFFFFFFFF


class Page(NamedTuple):
    """A V8 page as its header says (v8s_page), addresses untagged; `heap` 0 is read-only space."""

    chunk: int
    metadata: int
    size: int
    area_start: int
    area_end: int
    heap: int
    owner: int
    next: int
    flags: int
    space: int
    state: int = WALK


class ScannedMap(NamedTuple):
    """A Map that the walk met, with the count and bytes of its instances (v8s_map)."""

    address: int  # untagged
    instances: int
    bytes: int
    sample: int  # untagged address of the first instance
    type: int
    instance_size: int  # bytes; 0: variable
    flags: int
    bit_field3: int


class Group(NamedTuple):
    """Instances of the Map with this index that share a signature (v8s_group)."""

    map: int
    signature: int
    instances: int
    bytes: int
    sample: int  # untagged


class Reference(NamedTuple):
    """A tagged slot that holds a target (v8s_reference). Addresses are untagged."""

    object: int
    slot: int
    map: int


class Stats(NamedTuple):
    """What the bytes of walked pages are (v8s_stats); bytes but for `objects`."""

    objects: int = 0
    used: int = 0
    free: int = 0
    lab: int = 0
    zero: int = 0
    unexplained: int = 0
    resync: int = 0
    absent: int = 0
    forwarded: int = 0

    def plus(self, other: Stats) -> Stats:
        """The sums of both."""
        return Stats(*(a + b for a, b in zip(self, other)))


class Scanner:
    """One v8s_heap over `segments`, whose buffers it pins until `close`."""

    def __init__(
        self,
        layout: dict[str, int],
        rules: Sequence[dict[str, int]],
        segments: Sequence[Segment],
        library: Optional[Library] = None,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        """`before` is called before each slice of work: a file may have lost what is mapped."""
        self._before = before
        self._library = library or load()
        self._structs = importlib.import_module("v8inspect.scan._prototypes").STRUCTS
        self._call = self._library.call
        self._pins: dict[int, Pin] = {}
        self._page = self._struct("v8s_page")
        self._stats = self._struct("v8s_stats")
        self._map = self._struct("v8s_map")
        self._group = self._struct("v8s_group")
        self._reference = self._struct("v8s_reference")
        start, size, data = array("Q"), array("Q"), array("Q")
        hole = bytearray()
        for segment in segments:
            start.append(segment.start)
            size.append(segment.size)
            data.append(self._host(segment.buffer) + segment.offset)
            hole.append(segment.hole)
        packed = self._pack("v8s_layout", layout)
        packed_rules = b"".join(self._pack("v8s_size_rule", rule) for rule in rules)
        with _Pins(self._library) as pin:
            self._heap = self._call(
                "open",
                pin(packed),
                pin(packed_rules),
                len(rules),
                pin(start),
                pin(size),
                pin(data),
                pin(hole),
                len(start),
            )
        if not self._heap:
            self._unpin()
            raise MemoryError("the scanner could not open the heap")
        self.segment_count = len(start)

    @property
    def binding(self) -> str:
        """'cffi' or 'ctypes'."""
        return self._library.binding

    def close(self) -> None:
        """Frees the heap and lets go of the buffers."""
        if self._heap:
            self._call("close", self._heap)
            self._heap = 0
            self._unpin()

    def find_pages(self) -> Iterator[list[Page]]:
        """All pages of the segments, a slice of the search at a time (possibly empty)."""
        capacity = 1024
        cursor = array("Q", (0, 0))
        out = bytearray(capacity * self._page.size)
        with _Pins(self._library) as pin:
            segment = pin(cursor)
            rows = pin(out)
            while cursor[0] < self.segment_count:
                self._before()
                last = tuple(cursor)
                n = self._call(
                    "find_pages", self._heap, segment, segment + 8, 1 << 16, rows, capacity
                )
                used = out[: n * self._page.size]
                yield [Page._make(row) for row in self._page.iter_unpack(used)]
                if tuple(cursor) == last:
                    return

    def set_pages(self, pages: Sequence[Page]) -> None:
        """The pages to know, in the order of walks. What was known of Maps is forgotten."""
        packed = b"".join(self._page.pack(*page) for page in pages)
        with _Pins(self._library) as pin:
            self._check(self._call("set_pages", self._heap, pin(packed), len(pages)))

    def set_labs(self, labs: Sequence[tuple[int, int, bool]]) -> None:
        """Linear allocation areas (top, limit, sure)."""
        rows = sorted(labs)
        top = array("Q", [row[0] for row in rows])
        limit = array("Q", [row[1] for row in rows])
        sure = bytes(row[2] for row in rows)
        with _Pins(self._library) as pin:
            self._check(
                self._call("set_labs", self._heap, pin(top), pin(limit), pin(sure), len(rows))
            )

    def set_roots(self, tag_key: int, undefined: int, the_hole: int) -> None:
        """Tagged addresses (0: unknown). What was known of Maps is forgotten."""
        self._call("set_roots", self._heap, tag_key, undefined, the_hole)

    def set_rule(self, rule: dict[str, int]) -> None:
        """Replaces the size rule of one instance type."""
        packed = self._pack("v8s_size_rule", rule)
        with _Pins(self._library) as pin:
            self._check(self._call("set_rule", self._heap, pin(packed)))

    def reset(self) -> None:
        """Counts and lists start anew; Maps keep their indices."""
        self._call("reset", self._heap)

    def select(self, indices: Sequence[int], count: int) -> None:
        """COLLECT takes the instances of these Maps, of `count` known ones."""
        chosen = bytearray(count)
        for index in indices:
            chosen[index] = 1
        with _Pins(self._library) as pin:
            self._check(self._call("select", self._heap, pin(chosen), count))

    def set_targets(self, targets: Sequence[int]) -> None:
        """What REFER looks for: tagged addresses."""
        with _Pins(self._library) as pin:
            packed = array("Q", targets)
            self._check(self._call("set_targets", self._heap, pin(packed), len(packed)))

    def set_text(self, text: str = "", least: int = 0) -> None:
        """STRINGS takes strings of at least `least` characters that contain `text`."""
        two_byte = text.encode("utf-16-le", "surrogatepass")
        try:
            one_byte = text.encode("latin-1")
        except UnicodeEncodeError:
            one_byte = b""  # no one-byte string can hold it
        with _Pins(self._library) as pin:
            self._check(
                self._call(
                    "set_text", self._heap, least, pin(one_byte), pin(two_byte), len(two_byte) // 2
                )
            )

    def walk(self, first: int, last: int, mode: int) -> list[Stats]:
        """Walks pages [first, last); one Stats for each."""
        self._before()
        out = bytearray((last - first) * self._stats.size)
        with _Pins(self._library) as pin:
            self._check(self._call("walk", self._heap, first, last, mode, pin(out)))
        return [Stats._make(row) for row in self._stats.iter_unpack(out)]

    def maps(self) -> list[ScannedMap]:
        """Every Map met, in order of index."""
        return [ScannedMap._make(row) for row in self._rows("map_count", "maps", self._map)]

    def sort_groups(self, key: int) -> None:
        """Greatest first: BY_BYTES, BY_COUNT, or BY_WASTE (bytes that all but one take)."""
        self._call("sort_groups", self._heap, key)

    def group_count(self) -> int:
        """How many groups GROUP or STRINGS made."""
        return self._call("group_count", self._heap)

    def groups(self, first: int = 0, count: Optional[int] = None) -> list[Group]:
        """What GROUP or STRINGS made, or a part of it."""
        n = self.group_count() - first if count is None else count
        return [Group._make(row) for row in self._rows_from("groups", self._group, first, n)]

    def group_sizes(self) -> tuple[array[int], array[int]]:
        """(instances, bytes) of all groups, in their order."""
        n = self.group_count()
        raw = array("Q", bytes(n * self._group.size))
        with _Pins(self._library) as pin:
            self._call("groups", self._heap, 0, pin(raw), n)
        words = self._group.size // 8
        return raw[2::words], raw[3::words]

    def references(self) -> list[Reference]:
        """What REFER found, in the order of pages."""
        rows = self._rows("reference_count", "references", self._reference)
        return [Reference._make(row) for row in rows]

    def collected(self) -> tuple[array[int], array[int]]:
        """(untagged addresses, indices of their Maps) in address order of the pages."""
        return self._addresses("collected_count", "collected")

    def odd(self) -> tuple[array[int], array[int]]:
        """Receivers whose name their Map does not decide: (untagged addresses, Map indices)."""
        return self._addresses("odd_count", "odd")

    def adopt_maps(self, addresses: Sequence[int]) -> bool:
        """The Maps at these untagged addresses have indices from 0 on; False: some are none."""
        given = array("Q", addresses)
        return self.call("adopt_maps", given, len(given)) == 0

    def digest(self, data: Any) -> int:
        """A checksum of a buffer, against damage."""
        with _Pins(self._library) as pin:
            return self._call("digest", pin(data), len(data))

    def host(self, buffer: Any) -> int:
        """The host address of a buffer, which stays in place until `close`."""
        return self._host(buffer)

    def map_at(self, address: int) -> int:
        """Index of the Map at the untagged address, or -1."""
        return self._call("map_at", self._heap, address)

    def size_at(self, address: int) -> int:
        """Bytes of the object at the untagged address; 0: can't be told."""
        return self._call("size_at", self._heap, address)

    def call(self, name: str, *arguments: Union[int, Buffer]) -> int:
        """Calls `v8s_NAME` of this heap; buffers go over as their addresses."""
        with _Pins(self._library) as pin:
            plain = [item if isinstance(item, int) else pin(item) for item in arguments]
            return self._call(name, self._heap, *plain)

    def sliced(self, name: str, *arguments: Union[int, Buffer]) -> int:
        """The same for one slice of long work, which fails with a MemoryError."""
        self._before()
        result = self.call(name, *arguments)
        self._check(result)
        return result

    def pack(self, name: str, values: dict[str, int]) -> bytes:
        """The struct `name` with these fields."""
        return self._pack(name, values)

    def struct(self, name: str) -> Struct:
        """How the struct `name` is laid out."""
        return self._struct(name)

    def sum_words(self) -> int:
        """Reads every stored word once (the benchmark's reference)."""
        return self._call("sum_words", self._heap)

    def _rows(self, count: str, name: str, struct: Struct) -> Iterator[tuple[Any, ...]]:
        return self._rows_from(name, struct, 0, self._call(count, self._heap))

    def _rows_from(
        self, name: str, struct: Struct, first: int, count: int
    ) -> Iterator[tuple[Any, ...]]:
        out = bytearray(max(0, count) * struct.size)
        with _Pins(self._library) as pin:
            written = self._call(name, self._heap, first, pin(out), max(0, count))
        return struct.iter_unpack(memoryview(out)[: written * struct.size])

    def _addresses(self, count: str, name: str) -> tuple[array[int], array[int]]:
        n = self._call(count, self._heap)
        address = array("Q", bytes(8 * n))
        index = array("I", bytes(4 * n))
        with _Pins(self._library) as pin:
            self._call(name, self._heap, 0, pin(address), pin(index), n)
        return address, index

    def _struct(self, name: str) -> Struct:
        which = list(self._structs).index(name)
        struct = Struct(self._structs[name][0])
        if self._call("struct_size", which) != struct.size:
            raise MemoryError(f"{name} is laid out otherwise in the compiled scanner")
        return struct

    def _pack(self, name: str, values: dict[str, int]) -> bytes:
        layout, fields = self._structs[name]
        return Struct(layout).pack(*(values[field] for field in fields))

    def _host(self, buffer: Any) -> int:
        pin = self._pins.get(id(buffer))
        if pin is None:
            pin = self._pins[id(buffer)] = self._library.pin(buffer)
        return pin.address

    def _unpin(self) -> None:
        for pin in self._pins.values():
            pin.release()
        self._pins.clear()

    @staticmethod
    def _check(status: int) -> None:
        if status < 0:
            raise MemoryError(f"the scanner reports {status}")


class _Pins:
    """Pins buffers for the length of one call."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._pins: list[Pin] = []

    def __enter__(self) -> _Pins:
        return self

    def __exit__(self, *_: object) -> None:
        for pin in self._pins:
            pin.release()

    def __call__(self, buffer: Any) -> int:
        pin = self._library.pin(buffer)
        self._pins.append(pin)
        return pin.address
