"""What of the young and old generation is not in use: linear allocation areas, dead pages.

The words of a linear allocation area (LAB) from `top` to `limit` are unformatted: zeros, or stale
objects that look perfect. The same goes for the pages of a semispace behind its current one.
Source: V8_LAYOUT §2.3, measured on cores of V8 10.2 to 14.6.
"""

from __future__ import annotations

from itertools import islice
from struct import unpack
from typing import Iterable, Mapping, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.heap.isolates import Isolate
from v8inspect.layout.model import Layout
from v8inspect.memory import Memory
from v8inspect.scan.scanner import Page

Lab = tuple[int, int, bool]
"""(top, limit, sure): a sure one is skipped whatever stands at its top."""

_BEHIND_HEAP = 0x8000  # bytes behind the Heap's start where its own LABs may lie
_SPACE_BYTES = 0x200  # of a Space that are looked through for LABs and pointers to them
_HEAP_BYTES = 0x80  # of a Heap that hold the pointer to its HeapAllocator (12.4: at +0x20)
_ALLOCATOR_BYTES = 0x600  # of a HeapAllocator with one MainAllocator, LAB included, per space
_MAX_SPACES = 64  # of one isolate; V8 14.6 has 13, semispaces included


def _words(memory: Memory, start: int, end: int) -> tuple[int, ...]:
    data = memory.target.read_partial(start, end - start)
    count = len(data) // 8
    return unpack(f"<{count}Q", data[: 8 * count])


def _triples(words: Sequence[int], pages: Mapping[int, Page], mask: int) -> Iterable[Lab]:
    """(start, top, limit) side by side, all in one page's area, as (top, limit, True)."""
    for i in range(len(words) - 2):
        start = words[i]
        if start & 7 or not start:
            continue
        top, limit = words[i + 1], words[i + 2]
        if not start <= top <= limit or top & 7 or limit & 7 or start == limit:
            continue
        page = pages.get(start & mask) or pages.get((start - 1) & mask)
        if page is not None and page.area_start <= start and limit <= page.area_end:
            yield top, limit, True


def linear_areas(
    memory: Memory, layout: Layout, isolates: Sequence[Isolate], pages: Sequence[Page]
) -> list[Lab]:
    """All LABs that can be found: near each isolate (sure), and in the allocators of its spaces."""
    mask = -layout.Page.alignment
    by_heap: dict[int, dict[int, Page]] = {}
    for page in pages:
        by_heap.setdefault(page.heap, {})[page.chunk] = page
    found: dict[int, Lab] = {}
    for isolate in isolates:
        own = by_heap.get(isolate.heap, {})
        words = _words(memory, isolate.address, isolate.heap + _BEHIND_HEAP)
        for lab in _young_to_the_end(_triples(words, own, mask), layout, own, mask):
            _keep(found, lab)
        places = [(isolate.heap, _HEAP_BYTES)]
        owners = sorted({page.owner for page in own.values() if page.owner})
        spaces = (owner for owner in owners if _is_space(memory, layout, owner, isolate))
        places += [(space, _SPACE_BYTES) for space in islice(spaces, _MAX_SPACES)]
        for place, size in places:
            for top, limit, _ in _far_triples(memory, place, size, own, mask):
                _keep(found, (top, limit, False))
    return sorted(found.values())


def _is_space(memory: Memory, layout: Layout, address: int, isolate: Isolate) -> bool:
    words = _words(memory, address + layout.Space.heap, address + layout.Space.heap + 8)
    return words == (isolate.heap,)


def _young_to_the_end(
    labs: Iterable[Lab], layout: Layout, pages: Mapping[int, Page], mask: int
) -> Iterable[Lab]:
    """A semispace is filled upwards: behind its top nothing lives up to the end of the page, even
    where the limit is lower (it is lowered for allocation observers)."""
    young: dict[int, int] = {}
    for top, limit, sure in labs:
        page = pages.get((limit - 1) & mask)
        if page is not None and page.space in layout.new_spaces:
            young[page.area_end] = max(top, young.get(page.area_end, 0))
        else:
            yield top, limit, sure
    for end, top in young.items():
        yield top, end, True


def _keep(found: dict[int, Lab], lab: Lab) -> None:
    old = found.get(lab[0])
    if old is None or (lab[2] and not old[2]) or (lab[2] == old[2] and lab[1] > old[1]):
        found[lab[0]] = lab


def _far_triples(
    memory: Memory, place: int, size: int, pages: Mapping[int, Page], mask: int
) -> Iterable[Lab]:
    """LABs in the `size` bytes at `place`, and in what is pointed to from there."""
    words = _words(memory, place, place + size)
    yield from _triples(words, pages, mask)
    for pointer in set(words):
        if pointer and not pointer & 7 and pointer not in pages:
            allocator = _words(memory, pointer, pointer + _ALLOCATOR_BYTES)
            yield from _triples(allocator, pages, mask)


def dead_pages(layout: Layout, pages: Sequence[Page], labs: Sequence[Lab]) -> set[int]:
    """Chunks of the semispaces that hold nothing live: from-pages, and to-pages behind the one
    that is being filled (the one with the new-space top)."""
    from_bit, to_bit = 1 << layout.Page.from_bit, 1 << layout.Page.to_bit
    young = [page for page in pages if page.space in layout.new_spaces]
    dead = {page.chunk for page in young if page.flags & from_bit and not page.flags & to_bit}
    mask = -layout.Page.alignment
    filled = {top & mask for top, _, sure in labs if sure}
    filled |= {(top - 1) & mask for top, _, sure in labs if sure}
    to_pages = {page.metadata: page for page in young if page.flags & to_bit}
    heads = set(to_pages) - {page.next for page in to_pages.values()}
    seen: set[int] = set()
    for head in heads:
        chain: list[int] = []
        at = head
        while at in to_pages and at not in seen:
            seen.add(at)
            chain.append(to_pages[at].chunk)
            at = to_pages[at].next
        current = [i for i, chunk in enumerate(chain) if chunk in filled]
        if current:
            dead.update(chain[current[-1] + 1 :])
    return dead


def readable_heap(memory: Memory, isolate: Isolate) -> bool:
    """Whether the isolate's own C++ object is in the dump."""
    try:
        memory.u64(isolate.heap)
    except MemoryUnreadable:
        return False
    return True
