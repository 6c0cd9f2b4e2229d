"""What lies at an address: the heap object around it, or the mapping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional

from v8inspect.heap.heap import SHARED
from v8inspect.rows import Address, Row
from v8inspect.scan.scanner import Page

if TYPE_CHECKING:
    from v8inspect.session import Session


@dataclass(frozen=True)
class WhatRow(Row):
    """An address. `object` is the tagged address of the heap object around it, `offset` the bytes
    from its start; both None where it lies in none. `where` says which memory it is."""

    address: Address
    where: str
    object: Optional[Address]
    offset: Optional[int]
    type: Optional[str]
    name: Optional[str]


def whatis(session: Session, address: int) -> Iterator[WhatRow]:
    """One row. The two tag bits of an address are looked through."""
    heap = session.heap
    raw = address & ~3 if address & 1 else address
    page = _page(session, raw)
    found = heap.object_at(raw)
    if found is not None:
        start, kind = found
        name = session.layout.type_names.get(kind, f"TYPE_{kind}")
        yield WhatRow(
            Address(address),
            _space(session, page),
            Address(start + 1),
            raw - start,
            name,
            session.census.name_at(start),
        )
        return
    where = _space(session, page) if page is not None else _mapping(session, raw)
    yield WhatRow(Address(address), where, None, None, None, None)


def _page(session: Session, address: int) -> Optional[Page]:
    for page in session.heap.pages:
        if page.chunk <= address < page.chunk + page.size:
            return page
    return None


def _space(session: Session, page: Optional[Page]) -> str:
    if page is None:
        return "heap"
    numbers = {isolate.heap: isolate.number for isolate in session.heap.isolates}
    number = numbers.get(page.heap, SHARED)
    owner = "shared by all isolates" if number == SHARED else f"isolate {number}"
    return f"{session.heap.space_name(page)} space, {owner}"


def _mapping(session: Session, address: int) -> str:
    for region in session.target.regions():
        if region.start <= address < region.start + region.size:
            rights = "".join(
                letter if right else "-"
                for letter, right in (
                    ("r", region.readable),
                    ("w", region.writable),
                    ("x", region.executable),
                )
            )
            there = "" if address < region.start + region.present else ", not in the dump"
            return f"{region.file or 'memory'} ({rights}){there}"
    return "not mapped"
