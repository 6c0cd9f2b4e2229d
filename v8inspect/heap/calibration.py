"""What differs between patch releases of one V8 version and is read off the dump itself.

FreeSpace says its size in bytes in 13.6.233.10 (Node.js 24.11) as in older ones, but in tagged
words in 13.6.233.17 (24.21) and 14.6; so the table's word is only the first one that is tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from v8inspect.heap.scan_layout import free_space_rule
from v8inspect.scan import scanner as scan

if TYPE_CHECKING:
    from v8inspect.heap.heap import Heap

_PAGES = 32


def calibrate_free_space(heap: Heap) -> int:
    """Sets the unit (bytes) of FreeSpace's size under which a sample of pages is explained best,
    and returns it. Where nothing tells the units apart, the table's stays."""
    layout, scanner = heap.layout, heap.scanner
    usual = layout.size_rules[layout.types["FREE_SPACE"]].unit
    pages = heap.sampled_pages(_PAGES)
    best, least = usual, -1
    for unit in (usual, *({1, layout.tagged_size} - {usual})):
        scanner.set_rule(free_space_rule(layout, unit))
        unexplained = sum(
            stats.unexplained
            for page in pages
            for stats in scanner.walk(page, page + 1, scan.COUNT)
        )
        scanner.reset()
        if least < 0 or unexplained < least:
            best, least = unit, unexplained
        if unexplained == 0:
            break
    scanner.set_rule(free_space_rule(layout, best))
    return best
