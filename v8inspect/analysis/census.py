"""The census of JS objects as rows: by name, or by name and properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Iterator, Optional, Sequence, TypeVar, Union

from v8inspect.heap.finding import Wanted, find
from v8inspect.heap.groups import Gathered, Group, groups
from v8inspect.rows import Address, Row, Summary

if TYPE_CHECKING:
    from v8inspect.session import Session


@dataclass(frozen=True)
class CensusRow(Row):
    """Objects of one name. `size` is bytes of the objects themselves."""

    name: str
    count: int
    size: int


@dataclass(frozen=True)
class DetailRow(Row):
    """Objects of one name with the same properties (and arrays of one length).

    `sample` is one of them; `length` the JS length of an array, else the sample's elements.
    """

    sample: Address
    count: int
    size: int
    name: str
    properties: list[str]
    length: int


@dataclass(frozen=True)
class CensusTotal(Summary):
    """Sums over all names, shown or not."""

    count: int
    size: int


@dataclass(frozen=True)
class DetailTotal(Summary):
    """The same under the listing by properties."""

    count: int
    size: int


_Counted = TypeVar("_Counted", CensusRow, DetailRow)
_KEYS: dict[str, Callable[[Union[CensusRow, DetailRow]], object]] = {
    "count": lambda row: (row.count, row.name),
    "size": lambda row: (row.size, row.name),
    "name": lambda row: (row.name, row.count),
}
SORTS: Sequence[str] = tuple(_KEYS)


def census(
    session: Session,
    sort: str = "count",
    limit: Optional[int] = None,
    isolate: Optional[int] = None,
    live: bool = False,
) -> Iterator[Union[CensusRow, CensusTotal]]:
    """Rows ascending by `sort`, the `limit` greatest of them, then the total of all."""
    tallies = (session.live_census if live else session.census).tallies(isolate)
    rows = [CensusRow(name, tally.count, tally.size) for name, tally in tallies.items()]
    yield from _greatest(rows, sort, limit)
    yield CensusTotal(sum(row.count for row in rows), sum(row.size for row in rows))


def detailed_census(
    session: Session,
    sort: str = "count",
    limit: Optional[int] = None,
    isolate: Optional[int] = None,
) -> Iterator[Union[DetailRow, DetailTotal]]:
    """The same by name, properties and array length."""
    yield from _details(groups(session, isolate), sort, limit)


def _details(
    found: Sequence[Group], sort: str, limit: Optional[int]
) -> Iterator[Union[DetailRow, DetailTotal]]:
    rows = [
        DetailRow(
            Address(group.sample),
            group.count,
            group.size,
            group.name,
            list(group.properties),
            group.length,
        )
        for group in found
    ]
    yield from _greatest(rows, sort, limit)
    yield DetailTotal(sum(row.count for row in rows), sum(row.size for row in rows))


def filtered_census(
    session: Session,
    wanted: Wanted,
    sort: str = "count",
    limit: Optional[int] = None,
    detailed: bool = False,
) -> Iterator[Union[CensusRow, DetailRow, CensusTotal, DetailTotal]]:
    """The census of the objects that are `wanted`, each of them looked at."""
    namer, odd_name = session.census.namer, session.census.odd_name
    size_at = session.heap.scanner.size_at
    found = (
        (address, map_, odd_name(address) or namer.of_map(map_.address))
        for address, map_ in find(session, wanted)
    )
    if detailed:
        gathered = Gathered(session)
        for address, map_, name in found:
            size = map_.instance_size or size_at(address)
            gathered.add(name, map_, address + 1, 1, size)
        yield from _details(gathered.groups, sort, limit)
        return
    sums: dict[str, tuple[int, int]] = {}
    for address, map_, name in found:
        count, size = sums.get(name, (0, 0))
        sums[name] = count + 1, size + (map_.instance_size or size_at(address))
    rows = [CensusRow(name, count, size) for name, (count, size) in sums.items()]
    yield from _greatest(rows, sort, limit)
    yield CensusTotal(sum(row.count for row in rows), sum(row.size for row in rows))


def _greatest(rows: list[_Counted], sort: str, limit: Optional[int]) -> Sequence[_Counted]:
    rows.sort(key=_KEYS[sort])  # type: ignore[arg-type]
    return rows if limit is None else rows[max(0, len(rows) - limit) :]
