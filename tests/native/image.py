"""Writes a part of a real heap as an image for the C fuzzer (see fuzz.c for the format)."""

from __future__ import annotations

from pathlib import Path
from struct import pack
from typing import Iterable

from v8inspect.heap.heap import SHARED, Heap
from v8inspect.heap.scan_layout import scan_layout, scan_rules
from v8inspect.heap.slot_rules import slot_rules
from v8inspect.heap.snapshot_layout import snapshot_layout
from v8inspect.heap.snapshot_views import Texts, Views
from v8inspect.layout.snapshots import snapshot_format
from v8inspect.scan import _prototypes
from v8inspect.scan.scanner import Page
from v8inspect.session import Session

_MAGIC = 0x3165676D69733876
_BESIDE = 0x140  # bytes of page metadata and of a Space that the scanner may read


def write_image(session: Session, path: Path, most_pages: int = 8) -> None:
    """The read-only pages and some of the first isolate's, with the C++ objects they name."""
    heap = session.heap
    pages = list(_pick(heap, most_pages))
    wanted: dict[int, int] = {}
    for page in pages:
        size = min(page.size, session.layout.Page.alignment)
        wanted[page.chunk] = size
        for beside in (page.metadata, page.owner):
            if beside and not any(p.chunk <= beside < p.chunk + p.size for p in pages):
                wanted[beside & ~0xFFF] = 0x1000 + _BESIDE
    segments = []
    end = 0
    for start, size in sorted(wanted.items()):
        start = max(start, end)
        data = session.target.read_partial(start, size)
        if data:
            segments.append((start, data))
            end = start + len(data)
    layout = _pack("v8s_layout", scan_layout(session.layout))
    rules = [_pack("v8s_size_rule", rule) for rule in scan_rules(session.layout)]
    slots = [_pack("v8s_slot_rule", rule._asdict()) for rule in slot_rules(session.layout)]
    texts, form = Texts(), snapshot_format(session.layout.table)
    views = Views(session, form, texts)
    writer = _pack("v8s_snapshot_layout", snapshot_layout(session.layout, form, texts, False, 8))
    named = [_pack("v8s_named_slot", row._asdict()) for row in views.slots()]
    tags = [_pack("v8s_tag", row._asdict()) for row in views.tags()]
    roots = heap.singletons
    with open(path, "wb") as file:
        file.write(pack("<2Q", _MAGIC, len(layout)) + layout)
        file.write(pack("<Q", len(rules)) + b"".join(rules))
        file.write(pack("<Q", len(slots)) + b"".join(slots))
        file.write(pack("<2Q", len(writer), len(texts.all)) + writer)
        for rows in (named, tags):
            file.write(pack("<Q", len(rows)) + b"".join(rows))
        file.write(pack("<3Q", roots.tag_key, roots.undefined, roots.the_hole))
        file.write(pack("<Q", len(segments)))
        for start, data in segments:
            file.write(pack("<3Q", start, len(data), 0))
        for _, data in segments:
            file.write(data)


def _pick(heap: Heap, most: int) -> Iterable[Page]:
    first, last = heap.range(SHARED)
    yield from heap.pages[first : min(last, first + 2)]
    by_space: dict[int, list[Page]] = {}
    for page in heap.pages[last:]:
        by_space.setdefault(page.space, []).append(page)
    turns = max(len(pages) for pages in by_space.values())
    rest = [pages[i] for i in range(turns) for pages in by_space.values() if i < len(pages)]
    yield from rest[:most]


def _pack(name: str, values: dict[str, int]) -> bytes:
    layout, fields = _prototypes.STRUCTS[name]
    return pack(layout, *(values[field] for field in fields))
