"""Headers of objects whose size their Map does not say: an object ends where the next one begins.

Objects of a type are found as the words that point to its read-only Map. Among the headers that a
rule may have the right one is the smallest with which behind (nearly) all of them another Map
follows.
"""

from __future__ import annotations

from struct import unpack_from
from typing import Any, Iterator, Mapping, NamedTuple, Optional, Sequence

from v8inspect.layout.tables import Sourced
from v8inspect.learn.known import Known
from v8inspect.learn.record import Record

_PAGE = 0x40000
_SAMPLE = 150
_LEAST = 3  # objects that a header is believed for
_SHARE = 0.7  # of them that must fit; among them are dead ones, whose neighbours are gone
_OTHERS = 0.8  # of the best, below which all other candidates must be
_HEADERS = range(16, 81, 2)
_COUNTED = ("smi", "u16", "i32")


class Heap:
    """The words of all pages of V8 in the picture."""

    def __init__(self, known: Known, record: Record) -> None:
        self._known = known
        self._map = {
            name: record.get(f"Map.{name}") or 0
            for name in ("instance_type", "instance_size_in_words")
        }
        metadata = None if "Page.metadata" in record.absent else record.get("Page.metadata")
        heap, start = record.get("Page.heap") or 0, record.get("Page.area_start") or 0
        chunk = known.objects["elements"] & -_PAGE
        base = chunk if metadata is None else known.word(chunk + metadata) or 0
        self._heap = known.word(base + heap)
        self.pages: list[tuple[int, bytes]] = []
        self._spaces: dict[int, int] = {}  # page to the number of its space
        owner, space_id = record.get("Page.owner") or 0, record.get("Space.id") or 0
        for segment in known.target.segments():
            first = (segment.start + _PAGE - 1) & -_PAGE
            for page in range(first, segment.start + segment.size, _PAGE):
                at = page if metadata is None else known.word(page + metadata)
                if not at or at % 8:
                    continue
                area = known.word(at + start) or 0
                if known.word(at + heap) in (self._heap, 0) and page < area < page + _PAGE // 4:
                    data = known.target.read_partial(area, page + _PAGE - area)
                    self.pages.append((area, data))
                    space = known.word(at + owner)
                    number = known.number(space + space_id, 4) if space else None
                    if number is not None:
                        self._spaces[page] = number
        self.metas = {
            (known.word(m - 1) or 0) for m in self._maps_of("undefined", "elements", "young")
        }

    def _maps_of(self, *names: str) -> Iterator[int]:
        for name in names:
            yield self._known.word(self._known.objects[name] - 1) or 0

    def map_of_type(self, type_: int) -> Sequence[int]:
        """Tagged addresses of Maps of that type in the read-only pages, where most are."""
        found = []
        for area, data in self.pages:
            for meta in self.metas:
                pattern = meta.to_bytes(8, "little")
                at = data.find(pattern)
                while at >= 0:
                    end = at + self._map["instance_type"] + 2
                    if at % 8 == 0 and data[end - 2 : end] == type_.to_bytes(2, "little"):
                        found.append(area + at + 1)
                    at = data.find(pattern, at + 1)
        return found

    def is_map(self, word: int) -> bool:
        """Is the word a pointer to a Map? A Map's own Map is its own Map."""
        if word & 3 != 1:
            return False
        map_ = self._known.word(word - 1) or 0
        return map_ & 3 == 1 and self._known.word(map_ - 1) == map_

    def ends(self, data: bytes, end: int) -> bool:
        """Does the next object begin there?"""
        return end + 8 <= len(data) and self.is_map(unpack_from("<Q", data, end)[0])

    def space_of(self, address: Optional[int]) -> Optional[int]:
        """The number of the space that the object at a tagged address is in."""
        return None if address is None else self._spaces.get(address & -_PAGE)

    def first(self, type_: int) -> Optional[int]:
        """Some object of a type outside of the read-only pages."""
        for address, _, _ in self.instances(self.map_of_type(type_)):
            if self.space_of(address) is not None:
                return address
        return None

    def instances(self, maps: Sequence[int]) -> Iterator[tuple[int, bytes, int]]:
        """(tagged address, bytes of its page's area, offset in it) of objects of these Maps."""
        for area, data in self.pages:
            for map_ in maps:
                pattern = map_.to_bytes(8, "little")
                at = data.find(pattern)
                while at >= 0:
                    if at % 8 == 0:
                        yield area + at + 1, data, at
                    at = data.find(pattern, at + 1)


class Fitted(NamedTuple):
    """What a rule's number turned out to be, from `seen` objects."""

    name: str
    number: str
    value: int
    seen: int


def fit(
    rules: Mapping[str, dict[str, Any]], types: Mapping[str, Sourced], heap: Heap
) -> Iterator[Fitted]:
    """The header of each counted rule, the unit of the others, where enough objects say so."""
    for name, rule in rules.items():
        number, candidates = _candidates(name, rule)
        if not candidates:
            continue
        good = dict.fromkeys(candidates, 0)
        seen = 0
        for _, data, at in heap.instances(heap.map_of_type(types[name].value)):
            if seen == _SAMPLE:
                break
            found = {c: _end({**rule, number: c}, data, at) for c in candidates}
            ends = {c: end for c, end in found.items() if end is not None}
            if len(ends) < len(found):
                continue
            seen += 1
            here = {end: heap.ends(data, end) for end in set(ends.values())}
            for candidate, end in ends.items():
                good[candidate] += here[end]
        best = max(good.values())
        if seen < _LEAST or best < _SHARE * seen:
            continue
        fitting = [c for c in candidates if good[c] == best]
        if any(_OTHERS * best < number < best for number in good.values()):
            continue
        usual = rule.get(number, 0)
        yield Fitted(name, number, usual if usual in fitting else fitting[0], seen)


def _candidates(name: str, rule: Mapping[str, Any]) -> tuple[str, Sequence[int]]:
    """(the number of the rule that is to be fitted, what it may be)."""
    if name == "FREE_SPACE":
        return "unit", (1, 8)
    if rule.get("exact") == "feedback_metadata":
        return "unit", (0, 2)
    if rule["rule"] in _COUNTED:
        return "header", range(16, 81, 8 if rule.get("unit", 1) % 8 == 0 else 2)
    return "", ()


def _end(rule: Mapping[str, Any], data: bytes, at: int) -> Optional[int]:
    """Where in the page an object ends by the rule; None where its count can't be one."""
    if rule.get("exact") == "feedback_metadata":
        if at + 16 > len(data):
            return None
        slots, closures = unpack_from("<ii", data, at + rule.get("field", 8))
        if not (0 <= slots < 1 << 20 and 0 <= closures < 1 << 20):
            return None
        size = int(rule["header"]) + 4 * ((slots + 5) // 6) + int(rule["unit"]) * closures
    else:
        body = _body(rule, data, at)
        if body is None:
            return None
        size = int(rule["header"]) + body
    return int(at + (size + 7 & ~7))


def _body(rule: Mapping[str, Any], data: bytes, at: int) -> Optional[int]:
    """Bytes behind the header, by the field that counts them."""
    field = at + rule.get("field", 8)
    if field + 8 > len(data):
        return None
    if rule["rule"] == "smi":
        count = unpack_from("<i", data, field + 4)[0]
        if data[field : field + 4] != bytes(4):
            return None
    elif rule["rule"] == "u16":
        count = unpack_from("<H", data, field)[0]
    else:
        count = unpack_from("<i", data, field)[0]
    if "mask" in rule:
        count &= rule["mask"]
    if not 0 <= count < 1 << 24:
        return None
    return int(count) * int(rule.get("unit", 1)) + int(rule.get("tail", 0))
