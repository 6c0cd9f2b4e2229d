"""The instances of one constructor name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional

from v8inspect.errors import NothingFound
from v8inspect.rows import Address, Row, Summary

if TYPE_CHECKING:
    from v8inspect.session import Session


@dataclass(frozen=True)
class InstanceRow(Row):
    """One object; `size` is bytes of the object itself."""

    address: Address
    name: str
    size: int


@dataclass(frozen=True)
class MoreRow(Summary):
    """Which of `total` instances were shown: from `first` to `last`, counted from 1."""

    first: int
    last: int
    total: int


def count_of(session: Session, name: str, isolate: Optional[int] = None, live: bool = False) -> int:
    """How many objects the census counts under `name`; raises NothingFound when there are none."""
    census = session.live_census if live else session.census
    tally = census.tallies(isolate).get(name)
    if tally is None:
        raise NothingFound("objects named", name)
    return tally.count


def instances(
    session: Session, name: str, isolate: Optional[int] = None, live: bool = False
) -> Iterator[InstanceRow]:
    """Every object that the census counts under `name`."""
    size_at = session.heap.scanner.size_at
    census = session.live_census if live else session.census
    for address, map_ in census.instances(name, isolate):
        yield InstanceRow(Address(address + 1), name, map_.instance_size or size_at(address))
