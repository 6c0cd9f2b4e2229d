"""Pages that V8's own lists name and that were not found: absent from the dump, or their header is
damaged. Without this a page whose header is lost takes its objects along in silence.

The pages of a space are linked (`next`, and `prev` in the word behind it), and each Space has the
first and the last of them side by side. Where in a Space differs between versions, and is read off
the dump: it is where most spaces have theirs (V8 10.2: +168, 11.3 to 14.6: +40).
"""

from __future__ import annotations

from collections import Counter
from struct import unpack
from typing import Iterator, Mapping, Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.heap.isolates import Isolate
from v8inspect.layout.model import Layout
from v8inspect.memory import Memory
from v8inspect.scan.scanner import Page

_HEAP_BYTES = 0x240  # of a Heap that hold pointers to its spaces; all seen lie below 0x210
_SPACE_BYTES = 0x100  # of a Space that may hold its list


def missing_pages(
    memory: Memory, layout: Layout, isolates: Sequence[Isolate], pages: Sequence[Page]
) -> set[int]:
    """Addresses of the pages (of their metadata) that are named and not among `pages`. Code space
    and read-only space, whose pages are in no list, are left out."""
    known = {page.metadata: page for page in pages}
    heaps = {isolate.heap for isolate in isolates}
    code = set(layout.code_spaces)
    walked = [page for page in pages if page.heap in heaps and page.space not in code]
    named = {page.next for page in walked}
    followed = {page.next for page in pages}
    for page in walked:
        if page.metadata not in followed:
            named.add(_word(memory, page.metadata + layout.Page.next + 8) or 0)
    spaces = dict(_spaces(memory, layout, heaps, walked))
    at = _list_offset(spaces, known)
    if at is not None:
        named.update(word for words in spaces.values() for word in words[at : at + 2])
    return {address for address in named if address and address not in known}


def _spaces(
    memory: Memory, layout: Layout, heaps: set[int], pages: Sequence[Page]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(address, its first words) of every Space that has to do with the census."""
    left_out = {*layout.code_spaces}
    left_out.update(n for n, name in layout.space_names.items() if name == "read_only")
    places = {page.owner for page in pages if page.owner}
    for heap in heaps:
        places.update(_words(memory, heap, _HEAP_BYTES))
    for place in places:
        if not place or place & 7:
            continue
        words = _words(memory, place, _SPACE_BYTES)
        if len(words) * 8 < _SPACE_BYTES or words[layout.Space.heap // 8] not in heaps:
            continue
        space = words[layout.Space.id // 8] & 0xFFFFFFFF
        if space in layout.space_names and space not in left_out:
            yield place, words


def _list_offset(spaces: Mapping[int, tuple[int, ...]], known: Mapping[int, Page]) -> Optional[int]:
    """Index of the word that is the first page of a Space, the last one behind it."""
    votes: Counter[int] = Counter()
    for words in spaces.values():
        for i, (first, last) in enumerate(zip(words, words[1:])):
            if first in known and last in known:
                votes[i] += known[last].next == 0
    best = votes.most_common(1)
    return best[0][0] if best and best[0][1] >= 2 else None


def _words(memory: Memory, address: int, size: int) -> tuple[int, ...]:
    data = memory.target.read_partial(address, size)
    return unpack(f"<{len(data) // 8}Q", data[: len(data) & -8])


def _word(memory: Memory, address: int) -> Optional[int]:
    try:
        return memory.u64(address)
    except MemoryUnreadable:
        return None
