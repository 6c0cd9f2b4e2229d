"""The tables of the heap as files of Parquet, for notebooks and for fleets of dumps."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, List, Sequence

from v8inspect.analysis.tables import NAMES, Tables, required
from v8inspect.errors import OutputFailed, Unsupported
from v8inspect.rows import Row
from v8inspect.synced import synced

if TYPE_CHECKING:
    from v8inspect.session import Session

_GROUP = 1 << 20  # rows that can be read alone


@dataclass(frozen=True)
class ExportedRow(Row):
    """A file that was written: its table, how many rows it has, its bytes."""

    file: str
    table: str
    rows: int
    size: int


def export(session: Session, folder: str, names: Sequence[str] = ()) -> Iterator[ExportedRow]:
    """Writes the tables into a new folder, which appears with all of them or not at all; it is its
    owner's only, as dumps should be. Raises ModuleNeeded, Unsupported if it is there already,
    OutputFailed."""
    parquet = required("pyarrow.parquet")
    target = os.path.abspath(os.path.expanduser(folder))
    if os.path.lexists(target):
        raise Unsupported(f"{folder} exists already; name a new folder")
    tables = session.kept(Tables)
    made: List[ExportedRow] = []
    fresh = ""
    try:
        # mkdtemp makes it 0700, whatever the umask says.
        fresh = tempfile.mkdtemp(prefix=".v8inspect-", dir=os.path.dirname(target))
        for name in names or NAMES:
            table = tables.table(name)
            path = os.path.join(fresh, f"{name}.parquet")
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with synced(descriptor) as file:
                with parquet.ParquetWriter(file, table.schema, compression="zstd") as writer:
                    for first in range(0, max(table.num_rows, 1), _GROUP):
                        session.progress(f"writing the table {name}", first, table.num_rows)
                        writer.write_table(table.slice(first, _GROUP))
                file.flush()
                os.fsync(file.fileno())
                size = os.fstat(file.fileno()).st_size
            final = os.path.join(target, f"{name}.parquet")
            made.append(ExportedRow(final, name, table.num_rows, size))
        os.rename(fresh, target)
        fresh = ""
    except OSError as error:
        raise OutputFailed(f"{folder}: {error.strerror or error}") from None
    finally:
        if fresh:
            shutil.rmtree(fresh, ignore_errors=True)
    yield from made
