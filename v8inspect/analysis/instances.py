"""The instances of one constructor name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional

from v8inspect.errors import NothingFound
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session


@dataclass(frozen=True)
class InstanceRow(Row):
    """One object; `size` is bytes of the object itself."""

    address: Address
    name: str
    size: int


def instances(session: Session, name: str, isolate: Optional[int] = None) -> Iterator[InstanceRow]:
    """Every object that the census counts under `name`; raises NothingFound when there is none."""
    tallies = session.census.tallies(isolate)
    if name not in tallies:
        raise NothingFound("objects named", name)
    size_at = session.heap.scanner.size_at
    for address, map_ in session.census.instances(name, isolate):
        yield InstanceRow(Address(address + 1), name, map_.instance_size or size_at(address))
