"""Strings of the heap by content: grouped, the largest, those that hold a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from v8inspect.objects.reader import reader_of
from v8inspect.objects.strings import read_text
from v8inspect.scan import scanner as scan

if TYPE_CHECKING:
    from v8inspect.session import Session

_FETCHED = 1 << 14  # contents at once


@dataclass(frozen=True)
class Texts:
    """Strings of one content: `count` objects of `size` bytes in all; `sample` is one of them
    (tagged), `length` in UTF-16 units."""

    sample: int
    count: int
    size: int
    length: int

    @property
    def wasted(self) -> int:
        """Bytes that all but one of them take."""
        return self.size - self.size // self.count


@dataclass(frozen=True)
class Sums:
    """Sums over contents: how many there are, their strings, bytes, and bytes wasted."""

    contents: int
    count: int
    size: int
    wasted: int


def texts(
    session: Session,
    key: int,
    contains: str = "",
    least: int = 0,
    limit: Optional[int] = None,
    isolate: Optional[int] = None,
    repeated: bool = False,
    live: bool = False,
) -> tuple[Sums, list[Texts]]:
    """Contents, the `limit` greatest by `key` (BY_BYTES, BY_COUNT or BY_WASTE of the scanner), and
    the sums over all of them. `repeated` leaves out what is there only once,
    `live` what the graph says is dead.

    Sequential and external strings that hold `contains` and have at least `least` characters;
    the pieces of cons strings are counted, what they are joined to is not.
    """
    heap, scanner = session.heap, session.heap.scanner
    if live:
        session.graph.alive(())  # marks
    scanner.reset()
    scanner.set_text(contains, least)
    mode = scan.STRINGS | (scan.LIVE if live else 0)
    for number in heap.numbers:
        if isolate is None or number == isolate:
            for _ in heap.walk(number, mode):
                pass
    scanner.sort_groups(key)
    counts, sizes = scanner.group_sizes()
    wasted = sum(size - size // n for n, size in zip(counts, sizes) if n > 1)
    if repeated:
        many = [(n, size) for n, size in zip(counts, sizes) if n > 1]
        sums = Sums(len(many), sum(n for n, _ in many), sum(size for _, size in many), wasted)
    else:
        sums = Sums(len(counts), sum(counts), sum(sizes), wasted)
    # Greatest waste first: what is there once comes last.
    shown = sums.contents if repeated and key == scan.BY_WASTE else len(counts)
    wanted = shown if limit is None else min(limit, shown)
    length = session.layout.String.length
    found = []
    for first in range(0, wanted, _FETCHED):
        session.progress("reading lengths", first, wanted)
        for row in scanner.groups(first, min(_FETCHED, wanted - first)):
            units = session.memory.u32(row.sample + length)
            found.append(Texts(row.sample + 1, row.instances, row.bytes, units))
    scanner.reset()
    return sums, found


def strings_equal(session: Session, text: str) -> list[int]:
    """Tagged addresses of all strings of that content that are stored in one piece."""
    heap, scanner, reader = session.heap, session.heap.scanner, reader_of(session)
    samples = [
        group.sample
        for group in texts(session, scan.BY_BYTES, text, len(text))[1]
        if group.length == _units(text)
        and read_text(reader, group.sample, len(text) + 1).text == text
    ]
    if not samples:
        return []
    # A group tells one of its strings; the others are found among those of its length.
    field, wanted = session.layout.String.length, _units(text)
    first_nonstring = session.layout.first_nonstring_type
    found = []
    for addresses, _ in heap.collect(lambda map_: map_.type < first_nonstring):
        for address in addresses:
            if session.memory.u32(address + field) == wanted:
                if read_text(reader, address + 1, len(text) + 1).text == text:
                    found.append(address + 1)
    scanner.reset()
    return found


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
