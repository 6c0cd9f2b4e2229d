"""Which isolates a dump has: V8 pages grouped by their Heap, each Heap embedded in an Isolate.

Source: V8_LAYOUT §1.4; an Isolate starts with a null cage base and a pointer to itself
(isolate-data.h), and its Heap is a member some 50 to 64 KB behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.limits import MAX_ISOLATES
from v8inspect.memory import Memory
from v8inspect.scan.scanner import Page

_BEFORE_HEAP = 0x20000  # bytes; twice the largest distance seen
_WORD = 8


@dataclass(frozen=True)
class Isolate:
    """One V8 isolate. `number` counts from 0 in order of address; addresses are C++ ones."""

    number: int
    address: int
    heap: int


def isolate_of(memory: Memory, heap: int, hint: int) -> Optional[int]:
    """Address of the Isolate that embeds the Heap at `heap`; `hint` is the usual distance."""
    if _is_isolate(memory, heap - hint):
        return heap - hint
    for address in range(heap - _WORD, heap - _BEFORE_HEAP, -_WORD):
        if _is_isolate(memory, address):
            return address
    return None


def isolates(memory: Memory, pages: Sequence[Page], hint: int) -> list[Isolate]:
    """The isolates of `pages`. Heaps without an Isolate around them are left out."""
    heaps = sorted({page.heap for page in pages if page.heap})
    found = []
    for heap in heaps[: MAX_ISOLATES * 4]:
        address = isolate_of(memory, heap, hint)
        if address is not None:
            found.append((address, heap))
    # The main isolate is the one with the most pages of the oldest kind; by address is as V8
    # allocates them, the main one first.
    return [Isolate(i, address, heap) for i, (address, heap) in enumerate(found[:MAX_ISOLATES])]


def _is_isolate(memory: Memory, address: int) -> bool:
    try:
        return memory.u64(address) == 0 and memory.u64(address + _WORD) == address
    except MemoryUnreadable:
        return False
