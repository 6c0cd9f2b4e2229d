"""Memory that looks like a page's header and can't be one: the area would begin inside of it."""

from __future__ import annotations

import struct

import pytest

from tests.unit.test_objects_fakes import VERSIONS
from v8inspect.heap.scan_layout import scan_layout, scan_rules
from v8inspect.layout import for_version
from v8inspect.scan.scanner import Page, Scanner
from v8inspect.target import Segment

CHUNK = 0x40_0000
SIZE = 0x1000


def _pages(version: str, area_start: int) -> list[Page]:
    """What is found in a page's worth of memory whose area begins at that offset."""
    layout = for_version(version)
    page = layout.Page
    data = bytearray(SIZE)
    if page.metadata is not None:
        struct.pack_into("<Q", data, page.metadata, CHUNK)  # as V8 12.4 has it, in the chunk
    for offset, value in (
        (page.size, SIZE),
        (page.area_start, CHUNK + area_start),
        (page.area_end, CHUNK + SIZE),
    ):
        struct.pack_into("<Q", data, offset, value)
    scanner = Scanner(scan_layout(layout), scan_rules(layout), [Segment(CHUNK, SIZE, data, 0)])
    try:
        return [found for part in scanner.find_pages() for found in part]
    finally:
        scanner.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_an_area_behind_the_header(version: str) -> None:
    assert [page.chunk for page in _pages(version, 0x100)] == [CHUNK]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_area_inside_of_the_header(version: str) -> None:
    # Seen in malloc'ed memory of the TypeScript compiler: begin and end of a std::vector.
    assert _pages(version, 0x10) == []
