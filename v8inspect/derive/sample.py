"""Objects of a heap whose layout is not known yet: read with the few facts that never changed.

A Map says the size of most objects and the type of each (V8_LAYOUT §3); where it does not say the
size, the next word that is a Map ends the object. That is enough to look at objects by their type
and at what their words point to.
"""

from __future__ import annotations

from array import array
from collections import Counter
from typing import Callable, Iterator, NamedTuple, Optional, Sequence

from v8inspect.derive.draft import Draft
from v8inspect.errors import MemoryUnreadable
from v8inspect.heap.heap import SHARED, Heap
from v8inspect.heap.scan_layout import scan_layout, scan_rules
from v8inspect.memory import Memory
from v8inspect.scan import scanner as scan
from v8inspect.scan.scanner import Page, ScannedMap, Scanner
from v8inspect.session import Session
from v8inspect.target import Target

_PAGES = 192  # that are looked at, of 256 KB each: boundary of the time it takes
_META_OFFSET = 12  # of the instance type in a Map: 9.4 to 15.8


class Instance(NamedTuple):
    """An object and its Map."""

    address: int  # untagged
    map: ScannedMap


def map_type(memory: Memory, pages: Sequence[Page]) -> Optional[int]:
    """MAP_TYPE: the instance type of Maps that are their own Map; None where there is none."""
    votes: Counter[int] = Counter()
    for page in sorted(pages, key=lambda page: bool(page.heap)):
        if page.heap and votes:
            break
        data = memory.target.read_partial(
            page.area_start, min(page.area_end - page.area_start, 1 << 20)
        )
        words = array("Q", data[: len(data) & -8])
        for i, word in enumerate(words):
            if word == page.area_start + 8 * i + 1 and i + 1 < len(words):
                votes[words[i + 1] >> 32 & 0xFFFF] += 1
    return votes.most_common(1)[0][0] if votes else None


def read_only_maps(target: Target, draft: Draft, pages: Sequence[Page]) -> list[tuple[int, int]]:
    """(instance type, bytes; 0: variable) of every Map in the read-only pages, sorted."""
    shared = [page for page in pages if not page.heap]
    layout = draft.layout()
    scanner = Scanner(scan_layout(layout), scan_rules(layout), target.segments())
    try:
        scanner.set_pages(shared)
        scanner.walk(0, len(shared), scan.COUNT)
        maps = scanner.maps()
        scanner.reset()
        chosen = [i for i, map_ in enumerate(maps) if map_.type == layout.types["MAP"]]
        scanner.select(chosen, len(maps))
        scanner.walk(0, len(shared), scan.COLLECT)
        addresses, _ = scanner.collected()
        found = []
        for address in addresses:
            index = scanner.map_at(address)
            if index >= 0:
                map_ = scanner.maps()[index] if index >= len(maps) else maps[index]
                found.append((map_.type, map_.instance_size))
        return sorted(found)
    finally:
        scanner.close()


class Sample:
    """Some pages of the heap of `target`, read with the draft as it is now."""

    def __init__(self, target: Target, draft: Draft) -> None:
        self.session = Session(target)
        self.session.assume(draft.layout())
        self.heap = Heap(self.session)
        self.memory = self.session.memory
        self.layout = self.heap.layout
        self._types: dict[int, int] = {}
        scanner = self.heap.scanner
        first, last = self.heap.range(SHARED)
        self._pages = [*range(first, last), *self.heap.sampled_pages(_PAGES)]
        scanner.reset()
        for page in self._pages:
            scanner.walk(page, page + 1, scan.COUNT)
        self.maps: Sequence[ScannedMap] = scanner.maps()
        scanner.reset()

    def close(self) -> None:
        """Frees the scanner; the target stays."""
        self.heap.close()

    def instances(self, wanted: Callable[[ScannedMap], bool], most: int = 4000) -> list[Instance]:
        """Objects of the Maps that are `wanted`, spread over the pages."""
        scanner = self.heap.scanner
        chosen = [i for i, m in enumerate(self.maps) if m.instances and wanted(m)]
        if not chosen:
            return []
        found: list[Instance] = []
        scanner.select(chosen, len(self.maps))
        for page in self._pages:
            scanner.walk(page, page + 1, scan.COLLECT)
            found += [Instance(a, self.maps[i]) for a, i in zip(*scanner.collected())]
            scanner.reset()
            if len(found) >= 16 * most:
                break
        return found[:: max(1, len(found) // most)]

    def of_type(self, number: int, most: int = 2000) -> list[Instance]:
        """Objects of one instance type."""
        return self.instances(lambda m: m.type == number, most)

    def word(self, address: int) -> int:
        """The word at an untagged address; 0 where there is none."""
        try:
            return self.memory.u64(address)
        except MemoryUnreadable:
            return 0

    def map_of(self, word: int) -> Optional[int]:
        """The untagged address of the Map of what a strong pointer points to."""
        if word & 7 != 1:
            return None
        map_ = self.word(word - 1)
        return map_ - 1 if self.type_at_map(map_) >= 0 else None

    def type_at_map(self, word: int) -> int:
        """The instance type of the Map that `word` points to; -1 where it is none."""
        known = self._types.get(word)
        if known is None:
            known = self._types[word] = self._type_at_map(word)
        return known

    def _type_at_map(self, word: int) -> int:
        if word & 7 != 1:
            return -1
        meta = self.word(word - 1)
        if meta & 7 != 1 or self.word(meta - 1) != meta:
            return -1
        if self._u16(meta - 1 + _META_OFFSET) != self.layout.types["MAP"]:
            return -1
        return self._u16(word - 1 + _META_OFFSET)

    def type_of(self, word: int) -> int:
        """The instance type of what a strong pointer points to; -1 for what is no object."""
        return self.type_at_map(self.word(word - 1)) if word & 7 == 1 else -1

    def size_of(self, word: int) -> int:
        """The size (bytes) that its Map gives the object; 0: variable, -1: no object."""
        map_ = self.map_of(word)
        return -1 if map_ is None else 8 * (self.word(map_ + 8) & 0xFF)

    def is_string(self, word: int) -> bool:
        """Whether `word` points to a string."""
        return 0 <= self.type_of(word) < self.layout.first_nonstring_type

    def is_name(self, word: int) -> bool:
        """Whether `word` points to a string or a symbol."""
        return 0 <= self.type_of(word) <= self.layout.first_nonstring_type

    def text(self, word: int) -> str:
        """The text of a short sequential one-byte string; '' for anything else."""
        string = self.layout.String
        type_ = self.type_of(word)
        if not 0 <= type_ < self.layout.first_nonstring_type:
            return ""
        if type_ & string.representation_mask != string.seq_tag or not type_ & string.one_byte_bit:
            return ""
        length = self.word(word - 1 + string.raw_hash_field) >> 32
        if length > 64:
            return ""
        data = self.memory.target.read_partial(word - 1 + string.chars, length)
        return data.decode("latin-1")

    def ends_at_object(self, address: int, size: int) -> bool:
        """Whether an object of `size` bytes at `address` ends where another one starts, or where
        nothing does: at free words or the end of the page."""
        end = address + size
        if not end & (self.layout.Page.alignment - 1):
            return True
        word = self.word(end)
        return not word or self.type_at_map(word) >= 0

    def _u16(self, address: int) -> int:
        return self.word(address & ~7) >> 8 * (address & 7) & 0xFFFF


def slots(size: int, first: int = 8) -> Iterator[int]:
    """Offsets of the words of an object from `first` on."""
    return iter(range(first, size, 8))


def share(part: int, whole: int) -> float:
    """`part` of `whole`; 0 of nothing."""
    return part / whole if whole else 0.0
