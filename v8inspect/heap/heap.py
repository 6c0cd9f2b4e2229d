"""The V8 heap of a session: its isolates, pages and spaces, and walks over all objects.

Made once per session. Opening finds the pages and what of them is in use; the walks are the C
scanner's, in slices between which progress is shown and the user may stop.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Iterator, Optional, Sequence

from v8inspect.errors import MemoryUnreadable, NoV8
from v8inspect.heap.allocation import Lab, dead_pages, linear_areas
from v8inspect.heap.calibration import calibrate_free_space
from v8inspect.heap.isolates import Isolate, isolates
from v8inspect.heap.page_lists import missing_pages
from v8inspect.heap.roots import Singletons, find_singletons
from v8inspect.heap.scan_layout import scan_layout, scan_rules
from v8inspect.layout.version import no_heap
from v8inspect.scan import scanner as scan
from v8inspect.scan.scanner import Page, ScannedMap, Scanner, Stats

if TYPE_CHECKING:
    from v8inspect.session import Session

_PAGES_KEPT = 256  # whose objects are remembered by `object_at`: 256 times about 8,000
_SLICE_BYTES = 64 << 20  # of page areas between two looks at progress: about 30 ms of walking

SHARED = -1
"""Number of the pseudo isolate that holds the read-only pages."""


@dataclass(frozen=True)
class Walked:
    """What one isolate's pages hold: `maps` by index of the scanner, stats by page (aligned with
    `pages`), and the odd receivers (untagged addresses, Map indices)."""

    isolate: int
    pages: Sequence[Page]
    stats: Sequence[Stats]
    maps: Sequence[ScannedMap]
    odd: tuple[array[int], array[int]]


class Heap:
    """The heap of `session`. Raises NoV8 when no V8 page is found."""

    def __init__(self, session: Session) -> None:
        self._session = session
        layout = session.layout
        self.layout = layout
        target = session.target
        self.scanner = Scanner(
            scan_layout(layout),
            scan_rules(layout),
            target.segments(),
            before=target.check_unchanged,
        )
        found = self._find_pages()
        self.isolates: Sequence[Isolate] = isolates(session.memory, found, layout.Isolate.heap)
        self.notes: list[str] = []
        self.pages: Sequence[Page] = self._arrange(found)
        missing = len(missing_pages(session.memory, layout, self.isolates, found))
        if missing:
            self.notes.append(f"{missing} pages that V8 lists were not found: objects are missing")
        self.labs: Sequence[Lab] = linear_areas(session.memory, layout, self.isolates, self.pages)
        dead = dead_pages(layout, self.pages, self.labs)
        code = set(layout.code_spaces)
        self.pages = [
            page._replace(state=scan.SKIP)
            if page.chunk in dead
            else page._replace(state=scan.CODE)
            if page.space in code
            else page
            for page in self.pages
        ]
        self.dead = dead
        self.scanner.set_pages(self.pages)
        self.scanner.set_labs(self.labs)
        self.singletons: Singletons = find_singletons(session, self.scanner, *self.range(SHARED))
        self.scanner.set_roots(
            self.singletons.tag_key, self.singletons.undefined, self.singletons.the_hole
        )
        self._walked: Optional[list[Walked]] = None
        self._chunks: Optional[list[tuple[int, int]]] = None
        self._page_objects: dict[int, tuple[array[int], Sequence[int]]] = {}
        self.free_space_unit = calibrate_free_space(self)

    def close(self) -> None:
        """Frees the scanner."""
        self.scanner.close()

    def range(self, isolate: int) -> tuple[int, int]:
        """[first, last) of `pages` that are the isolate's (SHARED: the read-only ones)."""
        return self._ranges.get(isolate, (0, 0))

    @property
    def numbers(self) -> Sequence[int]:
        """SHARED, if there are read-only pages, then the numbers of the isolates with pages."""
        return sorted(self._ranges)

    def walked(self) -> Sequence[Walked]:
        """Counts of all pages, the shared ones first, then isolate by isolate; cached."""
        index = self._session.index
        if self._walked is None and index is not None:
            self._walked = index.walked(self)
        if self._walked is None:
            for _ in self.count(0):
                pass
        return self._walked or ()

    def count(self, more: int) -> Iterator[int]:
        """Counts all pages, with the modes `more` besides; yields each isolate's number when it is
        through. Once all are, the counts are kept."""
        result = []
        total = sum(self._area(page) for page in self.pages)
        done = 0
        for number in self.numbers:
            self.scanner.reset()
            stats: list[Stats] = []
            for part in self.walk(number, scan.COUNT | more, done, total):
                stats += part
            first, last = self.range(number)
            pages = self.pages[first:last]
            done += sum(self._area(page) for page in pages)
            result.append(Walked(number, pages, stats, self.scanner.maps(), self.scanner.odd()))
            yield number
        self._walked = result

    @property
    def has_walked(self) -> bool:
        """Whether there are counts already."""
        return self._walked is not None

    def walk(self, isolate: int, mode: int, done: int = 0, total: int = 0) -> Iterator[list[Stats]]:
        """Walks the isolate's pages slice by slice; yields their stats. The caller resets."""
        first, last = self.range(isolate)
        total = total or sum(self._area(page) for page in self.pages[first:last])
        progress = self._session.progress
        while first < last:
            end, size = first, 0
            while end < last and size < _SLICE_BYTES:
                size += self._area(self.pages[end])
                end += 1
            progress("walking the heap", done, total)
            yield self.scanner.walk(first, end, mode)
            done += size
            first = end

    def collect(
        self, wanted: Callable[[ScannedMap], bool], isolates: Optional[Sequence[int]] = None
    ) -> Iterator[tuple[array[int], array[int]]]:
        """(untagged addresses, Map indices) of all instances of the Maps that are `wanted`, a
        batch at a time."""
        walked = self.walked()
        maps = walked[-1].maps if walked else []
        chosen = [index for index, map_ in enumerate(maps) if wanted(map_)]
        if not chosen:
            return
        self.scanner.select(chosen, len(maps))
        graph = self._session.made_graph
        for number in self.numbers:
            if isolates is not None and number not in isolates:
                continue
            self.scanner.reset()
            if graph is not None and graph.is_whole:
                parts = graph.collect(number)  # which has their Maps in a row
            else:
                parts = (None for _ in self.walk(number, scan.COLLECT))
            for _ in parts:
                batch = self.scanner.collected()
                self.scanner.reset()
                if batch[0]:
                    yield batch

    def object_at(self, address: int) -> Optional[tuple[int, int]]:
        """(untagged address, instance type) of the object that an address lies in; None when it
        lies in none. Only pages that are walked have objects."""
        index = self._page_of(address)
        if index is None:
            return None
        starts, types = self._starts(index)
        at = bisect_right(starts, address) - 1
        if at < 0:
            return None
        size = self.scanner.size_at(starts[at]) or (
            starts[at + 1] - starts[at] if at + 1 < len(starts) else 0
        )
        return (starts[at], types[at]) if address < starts[at] + max(size, 8) else None

    def _page_of(self, address: int) -> Optional[int]:
        if self._chunks is None:
            self._chunks = sorted((page.chunk, i) for i, page in enumerate(self.pages))
        at = bisect_right(self._chunks, (address, len(self.pages))) - 1
        if at < 0:
            return None
        index = self._chunks[at][1]
        page = self.pages[index]
        inside = page.area_start <= address < page.area_end and page.state == scan.WALK
        return index if inside else None

    def _starts(self, index: int) -> tuple[array[int], Sequence[int]]:
        """Untagged addresses and instance types of the objects of one page, kept for a few."""
        known = self._page_objects.get(index)
        if known is not None:
            return known
        self.walked()
        scanner = self.scanner
        count = len(scanner.maps())
        scanner.reset()
        scanner.select(range(count), count)
        scanner.walk(index, index + 1, scan.COLLECT)
        addresses, indices = scanner.collected()
        maps = scanner.maps()
        scanner.reset()
        if len(self._page_objects) >= _PAGES_KEPT:
            self._page_objects.clear()
        known = self._page_objects[index] = addresses, [maps[i].type for i in indices]
        return known

    def sampled_pages(self, most: int) -> Sequence[int]:
        """Indices of up to about `most` pages that are walked, spread over all isolates."""
        first = self.range(SHARED)[1]
        walkable = [i for i in range(first, len(self.pages)) if self.pages[i].state == scan.WALK]
        return walkable[:: max(1, len(walkable) // most)]

    def space_name(self, page: Page) -> str:
        """V8's name of the page's space; 'read_only' for the shared pages."""
        if page.heap == 0 or page.space == scan.NO_SPACE:
            return "read_only"
        return self.layout.space_names.get(page.space) or f"space {page.space}"

    @staticmethod
    def _area(page: Page) -> int:
        return page.area_end - page.area_start

    def _find_pages(self) -> list[Page]:
        session = self._session
        pages: list[Page] = []
        for batch in self.scanner.find_pages():
            pages += batch
            session.progress("looking for V8 pages", 0, 0)
        if not pages:
            raise self._nothing("no page of a V8 heap")
        return sorted(pages)

    def _nothing(self, reason: str) -> NoV8:
        # A dump of stacks has some memory that they point to: perhaps the name of a version.
        target = self._session.target
        if target.facts.partial:
            return no_heap(target, self.layout.node_version)
        return NoV8(target.name, reason)

    def _heap_of_owner(self, page: Page) -> int:
        """The Heap that the page's Space says it is of; 0 where there is none."""
        if not page.owner:
            return 0
        try:
            return self._session.memory.u64(page.owner + self.layout.Space.heap)
        except MemoryUnreadable:
            return 0

    def _arrange(self, found: Sequence[Page]) -> list[Page]:
        """Pages by isolate, read-only ones first. Those of no isolate are left out, and those whose
        size cannot be true: a large page holds one object, so no other page begins inside it."""
        heaps = {isolate.heap: isolate.number for isolate in self.isolates}
        if not heaps:
            raise self._nothing("V8 pages, but no isolate they belong to")
        owned, strangers = [], 0
        for page in found:
            if page.heap not in heaps:
                owner = self._heap_of_owner(page)
                if owner in heaps:
                    page = page._replace(heap=owner)
                elif page.heap:
                    # Other memory can look like a page's header, but not have such a Space too.
                    strangers += owner == page.heap
                    continue
            owned.append(page)
        by_isolate: dict[int, list[Page]] = {}
        broken = 0
        for page, after in zip(owned, [*owned[1:], None]):
            if after is not None and after.heap and after.chunk < page.chunk + page.size:
                broken += 1
                continue
            number = heaps[page.heap] if page.heap else SHARED
            by_isolate.setdefault(number, []).append(page)
        if strangers:
            self.notes.append(f"{strangers} pages belong to no isolate: left out")
        if broken:
            self.notes.append(f"{broken} pages have a size that can't be true: left out")
        arranged: list[Page] = []
        self._ranges: dict[int, tuple[int, int]] = {}
        for number in sorted(by_isolate):
            first = len(arranged)
            arranged += by_isolate[number]
            self._ranges[number] = (first, len(arranged))
        return arranged
