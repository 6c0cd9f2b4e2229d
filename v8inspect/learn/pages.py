"""Where pages, spaces, heap and isolate have their fields: from pages of known objects.

Each field is the one offset at which all pages of a sample have what V8 guarantees of it. The
sample: pages of old objects, of a young one, of a large one, and the read-only page of `undefined`.
"""

from __future__ import annotations

from typing import Callable, Mapping, Optional, Sequence

from v8inspect.learn.known import Known
from v8inspect.learn.record import Record

_PAGE = 0x40000
_WORDS = 48  # of a page's header or metadata that are looked at
_BACK = 0x20000  # bytes below a Heap within which its Isolate begins
_SPAN = 0x8000
_ROOTS = 0x6000
_MAX_SPACES = 16
_HEAP = 0x1000

Words = Sequence[int]
Test = Callable[[int, int, Words], bool]
"""(chunk, value of the candidate, all words of the page)."""


class Pages:
    """The sample, read through one hypothesis of where the metadata is."""

    def __init__(self, known: Known, metadata: Optional[int]) -> None:
        self.metadata = metadata
        self.regular = self._words(known, known.facts["pages"]["regular"])
        self.young = self._words(known, known.facts["pages"]["young"])
        self.large = self._words(known, known.facts["pages"]["large"])
        self.read_only = self._words(known, ["undefined"])
        self.regular.update(self.young)

    def _words(self, known: Known, names: Sequence[str]) -> dict[int, Words]:
        found: dict[int, Words] = {}
        for name in names:
            chunk = known.objects[name] & -_PAGE
            base: Optional[int] = chunk
            if self.metadata is not None:
                base = known.word(chunk + self.metadata)
            found[chunk] = known.words(base, _WORDS) if base else []
        return found

    def where(self, test: Test, *groups: Mapping[int, Words]) -> list[int]:
        """Offsets (bytes) at which `test` holds for every page of the groups."""
        pages = [page for group in groups for page in group.items()]
        return [
            8 * at
            for at in range(_WORDS)
            if all(at < len(words) and test(chunk, words[at], words) for chunk, words in pages)
        ]


def derive(known: Known, record: Record) -> None:
    """Page.*, Space.*, Isolate.* but for what takes flags of Node.js to see."""
    for metadata in (8, None):
        pages = Pages(known, metadata)
        starts = pages.where(
            lambda chunk, word, _: chunk < word < chunk + 0x8000 and word % 8 == 0,
            pages.regular,
            pages.large,
            pages.read_only,
        )
        if starts:
            break
    else:
        return
    record.put("Page.alignment", _PAGE)
    if metadata is None:
        record.lacks("Page.metadata")
    else:
        record.put("Page.metadata", metadata)
    start = starts[0] // 8
    _single(record, "Page.area_start", starts)
    ends = pages.where(
        lambda chunk, word, words: (
            words[start] + 0x1000 < word <= chunk + _PAGE and word % 0x100 == 0
        ),
        pages.regular,
    )
    large = pages.where(lambda chunk, word, words: word > chunk + _PAGE, pages.large)
    _single(record, "Page.area_end", [at for at in ends if at in large] or ends)
    sizes = _both(
        pages.where(lambda _, word, __: word % 0x1000 == 0 and 0 < word <= _PAGE, pages.regular),
        pages.where(lambda _, word, __: _PAGE < word < 1 << 40, pages.large),
    )
    # A read-only page has a size, but no reservation of its own.
    sized = pages.where(lambda _, word, __: 0 < word <= _PAGE, pages.read_only)
    _single(record, "Page.size", _both(sizes, sized) or sizes)
    heap = _heap(known, record, pages)
    if heap is None:
        return
    _spaces(known, record, pages, heap)
    _lists(known, record, pages)
    _flags(known, record, pages)


def _single(record: Record, name: str, offsets: Sequence[int]) -> None:
    if len(offsets) == 1:
        record.put(name, offsets[0])
    else:
        record.remarks.append(f"{name}: could be at any of {list(offsets)}")


def _both(one: Sequence[int], other: Sequence[int]) -> list[int]:
    return [at for at in one if at in other]


def isolate_of(known: Known, heap: int) -> Optional[int]:
    """The Isolate around a Heap: its second word points to itself, its first is 0."""
    found = None
    for block in range(0, _BACK, 0x1000):
        words = known.words(heap - block - 0x1000, 0x201)
        for at in range(len(words) - 2, -1, -1):
            address = heap - block - 0x1000 + 8 * at
            if words[at] == 0 and words[at + 1] == address:
                return address
    return found


def _heap(known: Known, record: Record, pages: Pages) -> Optional[int]:
    everywhere = [*pages.regular.values(), *pages.large.values()]
    for at in range(_WORDS):
        values = {words[at] for words in everywhere if at < len(words)}
        value = next(iter(values))
        if len(values) != 1 or value % 8 or value < 0x10000:
            continue
        isolate = isolate_of(known, value)
        if isolate is None or known.word(value) is None:
            continue
        record.put("Page.heap", 8 * at)
        record.put("Isolate.heap", value - isolate)
        record.put("Isolate.lab_span", value - isolate + _SPAN, "derived: heap + 0x8000")
        _roots(known, record, pages, isolate)
        return value
    return None


def _roots(known: Known, record: Record, pages: Pages, isolate: int) -> None:
    """The roots table begins with the longest run of pointers to read-only pages."""
    words = known.words(isolate, _ROOTS // 8)
    chunks = set(pages.read_only)
    best = (0, 0)
    at = 0
    while at < len(words):
        end = at
        while (
            end < len(words)
            and words[end] & 3 == 1
            and _read_only(known, record, words[end], chunks)
        ):
            end += 1
        if end - at > best[0]:
            best = (end - at, at)
        at = end + 1
    count, at = best
    if count > 2 and words[at] == known.objects["undefined"] and _follows(known, words, at + 1):
        count, at = count - 1, at + 1  # an `undefined` of IsolateData's own stands before it
    record.put("Isolate.roots", 8 * at)
    record.put("Isolate.roots_read_only", count)


def _follows(known: Known, words: Words, at: int) -> bool:
    """Does the table begin here? Its first root is `undefined` itself, or a Map."""
    map_ = known.word(words[at] - 1) or 0
    return words[at] == known.objects["undefined"] or known.word(map_ - 1) == map_


def _read_only(known: Known, record: Record, word: int, chunks: set[int]) -> bool:
    """Is that a pointer to a page without a heap? The answer is kept in `chunks`."""
    chunk = word & -_PAGE
    if chunk in chunks:
        return True
    metadata = record.get("Page.metadata") if "Page.metadata" not in record.absent else None
    base = chunk if metadata is None else known.word(chunk + metadata)
    offset = record.derived["Page.heap"].value
    start = record.derived["Page.area_start"].value
    if base is None or known.word(base + offset) != 0:
        return False
    if not chunk < (known.word(base + start) or 0) < chunk + _PAGE:
        return False
    chunks.add(chunk)
    return True


def _spaces(known: Known, record: Record, pages: Pages, heap: int) -> None:
    everywhere = {**pages.regular, **pages.large}

    def is_space(chunk: int, word: int, __: Words) -> bool:
        return word != chunk and word % 8 == 0 and word > 0x10000 and heap in known.words(word, 4)

    owners = [
        at
        for at in pages.where(is_space, everywhere)
        if len({words[at // 8] for words in everywhere.values()}) >= 3
    ]
    _single(record, "Page.owner", owners)
    if len(owners) != 1:
        return
    spaces = {words[owners[0] // 8] for words in everywhere.values()}
    at_heap = [8 * at for at in range(4) if all(known.words(s, 4)[at] == heap for s in spaces)]
    _single(record, "Space.heap", at_heap)
    ids = [
        at
        for at in range(0, 64, 4)
        if len({known.number(space + at, 4) for space in spaces}) == len(spaces)
        and all((known.number(space + at, 4) or 0) in range(1, _MAX_SPACES) for space in spaces)
    ]
    _single(record, "Space.id", ids)


def _lists(known: Known, record: Record, pages: Pages) -> None:
    """The links of the list of pages: two words side by side, next and previous."""
    found = []
    owner = record.derived.get("Page.owner")
    if owner is None:
        return
    for at in range(owner.value // 8 + 1, _WORDS - 1):
        good = bad = 0
        for words in pages.regular.values():
            following = words[at] if at + 1 < len(words) else 0
            if following == 0:
                continue
            back = known.words(following, at + 2)
            same = len(back) > at + 1 and back[owner.value // 8] == words[owner.value // 8]
            if same and _base_of(known, back[at + 1], words):
                good += 1
            else:
                bad += 1
        if good and not bad:
            found.append(8 * at)
    _single(record, "Page.next", found)


def _base_of(known: Known, base: int, words: Words) -> bool:
    return list(known.words(base, _WORDS)) == list(words)


def _flags(known: Known, record: Record, pages: Pages) -> None:
    """Flags are in the chunk itself; a young page has the bit of the to-space, an old one not."""
    found = []
    for at in (0, 8, 16):
        young = [known.word(chunk + at) or 0 for chunk in pages.young]
        old = [known.word(chunk + at) or 0 for chunk in pages.regular if chunk not in pages.young]
        if all(word >> 40 == 0 for word in (*young, *old)) and any(word & 0xFF for word in young):
            bits = [
                bit
                for bit in range(8)
                if all(word >> bit & 1 for word in young)
                and not any(word >> bit & 1 for word in old)
            ]
            if any(bit in (3, 4) for bit in bits):
                found.append((at, next(bit for bit in bits if bit in (3, 4))))
    if len(found) == 1:
        record.put("Page.flags", found[0][0])
        record.put("Page.to_bit", found[0][1])


def limits(known: Known, record: Record, old: int, semi: int) -> None:
    """Heap.max_*: of a process with the limits `old` and `semi` (bytes), which no default has."""
    heap = heap_of(known, record)
    if heap is None:
        return
    words = known.words(heap, _HEAP // 8)
    found = [8 * at for at, word in enumerate(words) if word == semi]
    if found:
        record.put("Heap.max_semi_space_size", found[0])
    direct = [8 * at for at, word in enumerate(words) if word == old]
    if direct:
        record.lacks("Heap.limits")
        record.put("Heap.max_old_generation_size", direct[0])
        return
    found_behind = [
        (behind.index(old), at)
        for at, word in enumerate(words)
        for behind in ([known.words(word, 32)] if word % 8 == 0 and word > 0x10000 else [])
        if behind and behind[0] == heap and old in behind
    ]
    if found_behind:
        # What lies behind a smaller object that points back too has it further from its start.
        inside, at = min(found_behind)
        record.put("Heap.limits", 8 * at)
        again = [8 * i for i, word in enumerate(known.words(words[at], inside + 8)) if word == old]
        _single(record, "Heap.max_old_generation_size", again)


def heap_of(known: Known, record: Record) -> Optional[int]:
    """The address of the Heap."""
    chunk = known.objects["elements"] & -_PAGE
    base: Optional[int] = chunk
    if "Page.metadata" in record.derived:
        base = known.word(chunk + record.derived["Page.metadata"].value)
    offset = record.derived.get("Page.heap")
    return None if base is None or offset is None else known.word(base + offset.value)
