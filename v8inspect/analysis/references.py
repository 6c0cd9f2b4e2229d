"""Who refers to a value, to a property name, to a string."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional, Sequence

from v8inspect.errors import NothingFound
from v8inspect.heap.finding import property_keys, with_property
from v8inspect.heap.references import Holder
from v8inspect.heap.texts import strings_equal
from v8inspect.objects.contexts import Context
from v8inspect.objects.properties import own_data_word
from v8inspect.objects.reader import reader_of
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session

MAX_HOLDERS = 20_000  # whose own holders a recursive search looks for


@dataclass(frozen=True)
class ReferenceRow(Row):
    """One reference. `class_` is that of the holder, `via` a property name,
    an index, a variable or an internal part, `kind` which of these; `depth` counts from 0 in a
    recursive search, `seen` says that the holder was shown before."""

    address: Address
    class_: str
    via: str
    kind: str
    target: Address
    weak: bool = False
    depth: int = 0
    seen: bool = False


def class_of(session: Session, word: int) -> str:
    """The constructor name of an object; for a context 'Context', else V8's type name."""
    reader = reader_of(session)
    map_ = reader.map_of(word)
    if map_ is None:
        return "(damaged)"
    if map_.instance_type >= session.layout.first_js_receiver_type:
        own = session.census.odd_name(word - 1)
        return own if own is not None else session.census.namer.of_map(map_.address)
    value = reader.value(word)
    return "Context" if isinstance(value, Context) else map_.type_name


def references_to(
    session: Session, targets: Sequence[int], recursive: bool = False
) -> Iterator[ReferenceRow]:
    """What holds one of the tagged addresses; recursively what holds those, depth first.

    A recursive search looks for the holders of a whole level at once, level by level, and ends
    with the MAX_HOLDERS nearest.
    """
    first = session.references.of(targets)
    if not recursive:
        for holder in first:
            yield _row(session, holder, 0, False)
        return
    above: dict[int, list[Holder]] = {}
    level = {holder.holder for holder in first}
    while level and len(above) < MAX_HOLDERS:
        for address in level:
            above[address] = []
        for holder in session.references.of(sorted(level)):
            above[holder.target].append(holder)
        level = {h.holder for address in level for h in above[address]} - above.keys()
    seen: set[int] = set()
    pending = [(holder, 0) for holder in reversed(first)]
    while pending:
        holder, depth = pending.pop()
        known = holder.holder in seen
        yield _row(session, holder, depth, known)
        if not known:
            seen.add(holder.holder)
            higher = above.get(holder.holder, [])
            pending += [(item, depth + 1) for item in reversed(higher)]


def references_to_name(session: Session, name: str) -> Iterator[ReferenceRow]:
    """Objects that have an own property of that name, with its value as target."""
    keys = property_keys(session, name)
    reader = reader_of(session)
    for address, _ in with_property(session, keys):
        value: Optional[int] = None
        for key in keys:
            value = own_data_word(reader, address, key)
            if value is not None:
                break
        yield ReferenceRow(
            Address(address + 1),
            class_of(session, address + 1),
            name,
            "property",
            Address(value or 0),
        )


def references_to_string(
    session: Session, text: str, recursive: bool = False
) -> Iterator[ReferenceRow]:
    """What holds a string of that content; raises NothingFound when there is none."""
    found = strings_equal(session, text)
    if not found:
        raise NothingFound("strings", "that text")
    yield from references_to(session, found, recursive)


def _row(session: Session, holder: Holder, depth: int, seen: bool) -> ReferenceRow:
    return ReferenceRow(
        Address(holder.holder),
        class_of(session, holder.holder),
        holder.via,
        holder.kind,
        Address(holder.target),
        holder.weak,
        depth,
        seen,
    )
