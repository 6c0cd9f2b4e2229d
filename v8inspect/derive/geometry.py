"""Where a page's header has what, and which space is which, of a V8 without a table.

First the headers of known versions are tried; then the relation that all have had is looked for:
an area within the chunk, a Heap that is part of an Isolate, a Space that points back to that Heap
(V8_LAYOUT §1).
"""

from __future__ import annotations

from collections import Counter
from struct import unpack
from typing import Iterable, Iterator, Mapping, Optional, Sequence

from v8inspect.derive.draft import Draft
from v8inspect.heap.isolates import isolates
from v8inspect.heap.scan_layout import scan_layout
from v8inspect.layout.build import REQUIRED_SPACES
from v8inspect.layout.model import Layout
from v8inspect.layout.tables import Sourced
from v8inspect.memory import Memory
from v8inspect.scan.scanner import Page, Scanner
from v8inspect.target import Target

_WORDS = 40  # of a header that are looked at; the list of pages is at word 33 at the latest
_MAX_HEADER = 0x10000
_MIN_AREA = 0x1000
_MAX_AREA = 1 << 40
_MOST = 256  # headers that are measured
_CHUNK_SIZE = 0x40000
_SPACES_FIT = 0.95  # share of the pages that have to be what a known version calls their space
_NO_SPACE = 0xFFFF

Header = tuple[int, int, tuple[int, ...], tuple[int, ...]]
"""(chunk, base of the fields, words of the chunk, words at the base)."""


def owned(memory: Memory, pages: Sequence[Page], layout: Layout) -> list[Page]:
    """The pages of Heaps that lie in an Isolate, and the read-only ones."""
    heaps = {isolate.heap for isolate in isolates(memory, pages, layout.Isolate.heap)}
    return [page for page in pages if page.heap in heaps or not page.heap] if heaps else []


def pages_of(target: Target, layout: Layout) -> list[Page]:
    """All pages that the scanner finds with `layout`."""
    scanner = Scanner(scan_layout(layout), (), target.segments(), before=target.check_unchanged)
    try:
        return sorted(page for batch in scanner.find_pages() for page in batch)
    finally:
        scanner.close()


def find_geometry(target: Target, memory: Memory, draft: Draft) -> list[Page]:
    """Sets `Page.*` of the draft and returns the pages that are V8's; [] where there are none."""
    names = draft.names("Page")
    best: tuple[tuple[int, int], list[Page]] = ((0, 0), [])
    for part in draft.parts(names):
        layout = draft.layout(draft.with_part(part))
        pages = owned(memory, pages_of(target, layout), layout)
        score = (sum(1 for page in pages if page.heap), _linked(pages))
        if score > best[0]:
            best = score, pages
            draft.take(part, f"{len(pages)} pages found")
    if best[1]:
        _measure_next(target, best[1], draft)
        return best[1]
    for constants in _measure(target, memory, draft):
        layout = draft.layout({**draft.constants, **constants})
        pages = owned(memory, pages_of(target, layout), layout)
        if pages:
            draft.constants.update(constants)
            if constants.get("Page.metadata") is None:
                draft.constants.pop("Page.metadata", None)
            return pages
    return []


def _linked(pages: Iterable[Page]) -> int:
    """How many pages have the next one of their list where the layout says."""
    known = {page.metadata for page in pages}
    return sum(1 for page in pages if page.next in known)


def _measure_next(target: Target, pages: Sequence[Page], draft: Draft) -> None:
    """`Page.next`: the word that leads to a page whose next word leads back. The list's two
    pointers stand side by side, and taken for one another they would make live pages dead."""
    words = {page.metadata: _words(target, page.metadata) for page in pages}
    first = draft.constants["Page.owner"].value // 8 + 1
    votes: dict[int, int] = {}
    for own, ours in words.items():
        for i in range(first, len(ours) - 1):
            theirs = words.get(ours[i], ()) if ours[i] != own else ()
            votes[i] = votes.get(i, 0) + (i + 1 < len(theirs) and theirs[i + 1] == own)
    if votes and max(votes.values()):
        at, count = max(votes.items(), key=lambda item: item[1])
        how = f"measured: {count} of {len(pages)} pages lead to one that leads back"
        draft.constants["Page.next"] = Sourced(8 * at, how)


def _headers(target: Target, split: Optional[int]) -> Iterator[Header]:
    """What looks like the header of a page: at each multiple of a chunk's size."""
    for segment in target.segments():
        if segment.hole:
            continue
        at = (segment.start + _CHUNK_SIZE - 1) & -_CHUNK_SIZE
        while at + 64 <= segment.start + segment.size:
            chunk = _words(target, at)
            if split is None:
                yield at, at, chunk, chunk
            elif len(chunk) > split // 8:
                base = chunk[split // 8]
                if base and not base & 7:
                    yield at, base, chunk, _words(target, base)
            at += _CHUNK_SIZE


def _words(target: Target, address: int) -> tuple[int, ...]:
    data = target.read_partial(address, 8 * _WORDS)
    return unpack(f"<{len(data) // 8}Q", data[: len(data) & -8])


def _measure(target: Target, memory: Memory, draft: Draft) -> Iterator[Mapping[str, Sourced]]:
    """`Page.*` as the headers themselves have it, the likeliest first."""
    for split in (None, 8, 0):
        headers = list(_headers(target, split))
        votes: Counter[tuple[int, int]] = Counter()
        for chunk, _, _, words in headers:
            votes.update(_areas(chunk, words))
        for (start, end), count in votes.most_common(4):
            if count < 4:
                break
            chosen = [h for h in headers if (start, end) in _areas(h[0], h[3])][:_MOST]
            found = _fields(memory, draft, chosen, start, end, split)
            if found is not None:
                how = f"measured: on {len(chosen)} page headers"
                yield {name: Sourced(value, how) for name, value in found.items()}


def _areas(chunk: int, words: Sequence[int]) -> set[tuple[int, int]]:
    """Pairs of words (indices) that can be the start and the end of the chunk's area."""
    starts = [i for i, w in enumerate(words) if 0 < w - chunk < _MAX_HEADER and not w & 7]
    return {
        (i, j)
        for i in starts
        for j in (i - 2, i - 1, i + 1, i + 2)
        if 0 <= j < len(words) and _MIN_AREA <= words[j] - words[i] < _MAX_AREA
    }


def _fields(
    memory: Memory,
    draft: Draft,
    headers: Sequence[Header],
    start: int,
    end: int,
    split: Optional[int],
) -> Optional[dict[str, int]]:
    """The other fields of headers whose area is known; None where one of them is not found."""
    width = min(len(header[3]) for header in headers)
    columns = [[header[3][k] for header in headers] for k in range(width)]
    size = next((k for k in range(width) if _share_of(columns[k], _CHUNK_SIZE) > 0.5), None)
    if size is None:
        return None
    heap = owner = None
    at = draft.layout().Space.heap
    own = {address for header in headers for address in header[:2]}
    for k in range(width - 1):
        pointers = {w for w in columns[k] if w and not w & 7 and w not in own}
        spaces = {w: _word(memory, w + at) for w in pointers}
        for other in range(width):
            same = sum(
                1
                for space, of in zip(columns[k], columns[other])
                if of and of not in own and space in spaces and spaces[space] == of
            )
            if other != k and same > 0.5 * len(headers):
                heap, owner = other, k
                break
        if owner is not None:
            break
    if heap is None or owner is None:
        return None
    bases = {header[1] for header in headers}
    following = [(sum(1 for w in columns[k] if w in bases), -k) for k in range(owner + 1, width)]
    most, nearest = max(following, default=(0, 0))
    found = {
        "Page.size": 8 * size,
        "Page.heap": 8 * heap,
        "Page.owner": 8 * owner,
        "Page.area_start": 8 * start,
        "Page.area_end": 8 * end,
        "Page.flags": 0 if split != 0 and size != 0 else 8,
        "Page.alignment": _CHUNK_SIZE,
    }
    if most:
        found["Page.next"] = -8 * nearest
    if split is not None:
        found["Page.metadata"] = split
    return found


def _share_of(column: Sequence[int], value: int) -> float:
    return sum(1 for word in column if word == value) / max(1, len(column))


def _word(memory: Memory, address: int) -> Optional[int]:
    data = memory.target.read_partial(address, 8)
    return int.from_bytes(data, "little") if len(data) == 8 else None


def find_spaces(target: Target, pages: Sequence[Page], draft: Draft) -> None:
    """Sets `spaces` of the draft: as a known version has them if the pages are what their space is
    called, else by what they are."""
    executable = [r for r in target.regions() if r.executable]

    def runs(page: Page) -> bool:
        return any(r.start <= page.area_start < r.start + r.size for r in executable)

    layout = draft.layout()
    young = 1 << layout.Page.from_bit | 1 << layout.Page.to_bit
    facts = [
        (page.space, bool(page.flags & young), bool(executable) and runs(page), page.size)
        for page in pages
        if page.heap
    ]
    alignment = layout.Page.alignment
    best = -1.0
    for table in draft.tables:
        names = {number.value: name for name, number in table.spaces.items()}
        good = 0
        for space, is_young, is_code, size in facts:
            name = names.get(space, "")
            good += bool(name) and (
                (is_young == name.startswith("new"))
                and (not executable or is_code == name.startswith("code"))
                and (size <= alignment or name.endswith("large"))
            )
        share = good / max(1, len(facts))
        if share > best:
            best = share
            how = f"derived: as in {table.v8}, {share:.0%} of the pages fit"
            draft.spaces = {n: Sourced(s.value, how) for n, s in table.spaces.items()}
    if best < _SPACES_FIT:
        draft.spaces = _measured_spaces(facts, alignment)


def _measured_spaces(
    facts: Sequence[tuple[int, bool, bool, int]], alignment: int
) -> dict[str, Sourced]:
    """Spaces by what their pages are: (id, young, executable, size). Those that are not met have
    numbers that no space has."""
    kinds: dict[int, Counter[str]] = {}
    large: set[int] = set()
    for space, young, code, size in facts:
        kind = "new" if young else "code" if code else "old"
        kinds.setdefault(space, Counter())[kind] += 1
        if size > alignment:
            large.add(space)
    found: dict[str, Sourced] = {}
    for space, counts in sorted(kinds.items(), key=lambda item: -sum(item[1].values())):
        kind, count = counts.most_common(1)[0]
        name = kind if space not in large else "large" if kind == "old" else f"{kind}_large"
        if name in found:
            name = f"{name}_{space}"
        how = f"measured: {count} of {sum(counts.values())} pages are {kind}"
        found[name] = Sourced(space, how)
    for i, name in enumerate(REQUIRED_SPACES):
        found.setdefault(name, Sourced(_NO_SPACE - i, "measured: no page of it"))
    return found
