"""Which isolates a dump has: V8 pages grouped by their Heap, each Heap embedded in an Isolate.

Source: V8_LAYOUT §1.4; an Isolate starts with a null cage base and a pointer to itself
(isolate-data.h), and its Heap is a member some 50 to 64 KB behind.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from dataclasses import dataclass
from typing import Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.limits import MAX_ISOLATES
from v8inspect.memory import Memory
from v8inspect.scan.scanner import Page

_BEFORE_HEAP = 0x20000  # bytes; twice the largest distance seen
_WORD = 8
_SEARCHES = 256  # Heaps that an Isolate is searched for, where the hint fails: 2 ms each


@dataclass(frozen=True)
class Isolate:
    """One V8 isolate. `number` counts from 0 in order of address; addresses are C++ ones."""

    number: int
    address: int
    heap: int


def isolates(memory: Memory, pages: Sequence[Page], hint: int) -> list[Isolate]:
    """The isolates of `pages`. Heaps without an Isolate around them are left out. `hint` is the
    usual distance from an Isolate to its Heap."""
    count = Counter(page.heap for page in pages if page.heap)
    found: dict[int, int] = {}  # Isolate to Heap
    searches = _SEARCHES
    # Those of many pages first: where the hint is wrong, they show what it should be, and a damaged
    # pointer into somebody's Isolate comes too late.
    for heap, _ in sorted(count.items(), key=lambda item: (-item[1], item[0])):
        address: Optional[int] = heap - hint
        if not _is_isolate(memory, heap - hint):
            if not searches:
                continue
            searches -= 1
            address = _search(memory, heap)
        if address is not None and address not in found:
            found[address] = heap
            hint = heap - address
    # By address is as V8 allocates them, the main one first.
    return [Isolate(i, *pair) for i, pair in enumerate(sorted(found.items())[:MAX_ISOLATES])]


def _search(memory: Memory, heap: int) -> Optional[int]:
    """The Isolate closest before the Heap at `heap`."""
    start = max(0, heap - _BEFORE_HEAP) & -_WORD
    words = array("Q")
    words.frombytes(_readable_before(memory, start, heap))
    if sys.byteorder == "big":
        words.byteswap()
    base = heap - _WORD * len(words)
    for i in range(len(words) - 2, -1, -1):
        if words[i] == 0 and words[i + 1] == base + _WORD * i:
            return base + _WORD * i
    return None


def _readable_before(memory: Memory, start: int, end: int) -> bytes:
    """What can be read without a gap up to `end`, from `start` on or later; whole words."""
    data = b""
    step = 0x4000
    while step >= _WORD and end - len(data) > start:
        first = max(start, end - len(data) - step)
        try:
            data = memory.target.read(first, end - len(data) - first) + data
        except MemoryUnreadable:
            step //= 2  # less of what is before the first byte that is there
    return data[len(data) % _WORD :]


def _is_isolate(memory: Memory, address: int) -> bool:
    try:
        return memory.u64(address) == 0 and memory.u64(address + _WORD) == address
    except MemoryUnreadable:
        return False
