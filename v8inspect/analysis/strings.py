"""Strings: the largest, the duplicates, those that match."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional, Union

from v8inspect.errors import UsageError
from v8inspect.heap.texts import Sums, Texts, texts
from v8inspect.objects.reader import reader_of
from v8inspect.objects.strings import read_text
from v8inspect.rows import Address, Row, Summary
from v8inspect.scan import scanner as scan

if TYPE_CHECKING:
    from v8inspect.session import Session

TEXT_SHOWN = 120  # characters
_PATTERN_TEXT = 1 << 16  # characters of a string that a pattern is tried on
_TRIED = 256  # contents between two looks at progress


@dataclass(frozen=True)
class StringRow(Row):
    """Strings of one content. `length` in UTF-16 units, `size` bytes of all `count` of them,
    `wasted` what all but one take; `text` is cut where `truncated`."""

    address: Address
    length: int
    size: int
    count: int
    wasted: int
    text: str
    truncated: bool


@dataclass(frozen=True)
class StringsTotal(Summary):
    """Sums over all contents, shown or not."""

    contents: int
    count: int
    size: int
    wasted: int


def strings(
    session: Session,
    limit: Optional[int],
    duplicates: bool = False,
    contains: str = "",
    pattern: Optional[str] = None,
    isolate: Optional[int] = None,
    live: bool = False,
) -> Iterator[Union[StringRow, StringsTotal]]:
    """The `limit` greatest by bytes, or by wasted bytes, and the sums over all that match; only of
    what is alive if `live`.

    `pattern` is a regular expression of Python's, tried on the first 65,536 characters. Raises
    UsageError for one that can't be compiled.
    """
    matcher = _compile(pattern)
    key = scan.BY_WASTE if duplicates else scan.BY_BYTES
    most = limit if matcher is None else None
    sums, groups = texts(
        session, key, contains, limit=most, isolate=isolate, repeated=duplicates, live=live
    )
    if matcher is not None:
        reader = reader_of(session)
        groups = [
            group
            for group in session.each("trying the pattern", groups, _TRIED)
            if matcher.search(read_text(reader, group.sample, _PATTERN_TEXT).text)
        ]
        sums = Sums(
            len(groups),
            sum(group.count for group in groups),
            sum(group.size for group in groups),
            sum(group.wasted for group in groups),
        )
    for group in groups[:limit]:
        yield string_row(session, group)
    yield StringsTotal(sums.contents, sums.count, sums.size, sums.wasted)


def string_row(session: Session, group: Texts) -> StringRow:
    """Strings of one content as a row."""
    text = read_text(reader_of(session), group.sample, TEXT_SHOWN).text
    return StringRow(
        Address(group.sample),
        group.length,
        group.size,
        group.count,
        group.wasted,
        text,
        group.length > TEXT_SHOWN,
    )


def _compile(pattern: Optional[str]) -> Optional[re.Pattern[str]]:
    if pattern is None:
        return None
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError("strings", f"the pattern can't be used: {error}") from None
