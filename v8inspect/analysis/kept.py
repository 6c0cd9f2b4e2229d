"""`cache`: the indices on disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Iterator, Union

from v8inspect.heap.index_file import clear, folder, kept_files
from v8inspect.rows import Row, Summary


@dataclass(frozen=True)
class KeptRow(Row):
    """An index: its `file`, the `dump` that it is of ('': it can't be read), its `size` in bytes,
    and when it was last `used` (UTC)."""

    file: str
    dump: str
    size: int
    used: str


@dataclass(frozen=True)
class KeptTotal(Summary):
    """All of them, in their folder; `freed`: bytes that are gone now."""

    folder: str
    count: int
    size: int
    freed: int


def kept_rows(remove: bool) -> Iterator[Union[KeptRow, KeptTotal]]:
    """The one that was used last first; `remove`: none, when all are removed."""
    freed = clear() if remove else 0
    found = list(kept_files())
    for item in found:
        used = datetime.fromtimestamp(item.used, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        yield KeptRow(str(item.path), item.dump, item.size, used)
    yield KeptTotal(str(folder()), len(found), sum(item.size for item in found), freed)
