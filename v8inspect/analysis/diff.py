"""What has grown from dump to dump of one program: by constructor, by Map, by how it is held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, ClassVar, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from v8inspect.analysis.summary import Key, MapKey, PathKey, Summary, Sums
from v8inspect.rows import Address, Row
from v8inspect.rows import Summary as Remark

CONSTRUCTOR, RETAINED, MAP, PATH = "constructor", "retained", "map", "path"
_DUST = 1000
_OF: Mapping[str, Callable[[Summary], Mapping[Key, Sums]]] = {
    CONSTRUCTOR: lambda summary: summary.constructors,
    RETAINED: lambda summary: summary.constructors,
    MAP: lambda summary: summary.maps,
    PATH: lambda summary: summary.paths,
}


@dataclass(frozen=True)
class DiffRow(Row):
    """Objects of one kind in the first dump (`_before`) and the last one. `by` says what a kind is:
    a constructor's `name`; a Map, by `name`, `properties` and kind of `elements`; a way from the
    roots (`root`, `path`) to objects of class `name`, one of which in the last dump is at
    `address`. `retained` is left out for Maps. `counts`,
    `sizes` and `retained_sizes` have a number for each dump, where there are more than two."""

    json_sparse: ClassVar[bool] = True
    json_hidden: ClassVar[Tuple[str, ...]] = ("plotted",)

    by: str
    name: str
    count_before: int
    count: int
    size_before: int
    size: int
    retained_before: Optional[int] = None
    retained: Optional[int] = None
    properties: Optional[List[str]] = None
    elements: Optional[str] = None
    address: Optional[Address] = None
    root: Optional[str] = None
    path: Optional[List[str]] = None
    counts: Optional[List[int]] = None
    sizes: Optional[List[int]] = None
    retained_sizes: Optional[List[int]] = None
    plotted: Sequence[int] = ()


@dataclass(frozen=True)
class DiffHeading(Remark):
    """Stands above the rows of one kind."""

    by: str
    dumps: int


@dataclass(frozen=True)
class DiffTotal(Remark):
    """All that is alive in each dump, in their order; `uptimes` in milliseconds, None: unknown."""

    names: Sequence[str]
    uptimes: Sequence[Optional[float]]
    counts: Sequence[int]
    sizes: Sequence[int]


def in_order(summaries: Sequence[Summary]) -> bool:
    """Whether the dumps are in the order of their time, as far as that is known."""
    known = [summary.uptime for summary in summaries if summary.uptime is not None]
    return known == sorted(known)


def differences(
    summaries: Sequence[Summary], by: Sequence[str], limit: Optional[int] = None
) -> Iterator[Union[DiffRow, DiffHeading, DiffTotal]]:
    """For each kind the `limit` that have grown most, ascending; what has shrunk or stayed as it
    was is left out. Constructors and Maps by the objects' own bytes, the others by what they
    retain, ways by the part of it that is new objects'. With a limit, what is less than a
    thousandth of the greatest growth is dust."""
    yield DiffTotal(
        [summary.name for summary in summaries],
        [summary.uptime for summary in summaries],
        [summary.all.objects for summary in summaries],
        [summary.all.size for summary in summaries],
    )
    for kind in by:
        tables = [_OF[kind](summary) for summary in summaries]
        value = _size if kind in (CONSTRUCTOR, MAP) else _retained
        grown = []
        for key in {key for table in tables for key in table}:
            sums = [table.get(key, Sums()) for table in tables]
            growth = value(sums[-1]) - value(sums[0])
            more = sums[-1].objects - sums[0].objects
            if kind == PATH and growth > 0:
                # What retains more without being more is shown by what it holds: only so much
                # counts as what is new retains, if it does so as the others.
                growth = growth * max(more, 0) // max(sums[-1].objects, 1)
            if growth > 0:
                grown.append((growth, more, str(key), key, sums))
        grown.sort(key=lambda item: item[:3])
        if limit is not None and grown:
            grown = [item for item in grown[-limit:] if item[0] * _DUST >= grown[-1][0]]
        yield DiffHeading(kind, len(summaries))
        for _, _, _, key, sums in grown:
            yield _row(kind, key, sums, value, summaries[-1].samples.get(key))


def _size(sums: Sums) -> int:
    return sums.size


def _retained(sums: Sums) -> int:
    return sums.retained


def _row(
    by: str,
    key: Key,
    sums: Sequence[Sums],
    value: Callable[[Sums], int],
    sample: Optional[int],
) -> DiffRow:
    first, last = sums[0], sums[-1]
    several = len(sums) > 2
    is_map = isinstance(key, MapKey)
    return DiffRow(
        by,
        _name(key),
        first.objects,
        last.objects,
        first.size,
        last.size,
        None if is_map else first.retained,
        None if is_map else last.retained,
        properties=list(key.properties) if isinstance(key, MapKey) else None,
        elements=key.elements if isinstance(key, MapKey) else None,
        address=Address(sample) if isinstance(key, PathKey) and sample else None,
        root=key.root if isinstance(key, PathKey) else None,
        path=list(key.path) if isinstance(key, PathKey) else None,
        counts=[item.objects for item in sums] if several else None,
        sizes=[item.size for item in sums] if several else None,
        retained_sizes=[item.retained for item in sums] if several and not is_map else None,
        plotted=[value(item) for item in sums] if several else (),
    )


def _name(key: Key) -> str:
    if isinstance(key, MapKey):
        return key.name
    return key.class_ if isinstance(key, PathKey) else key
