"""A heap snapshot of a dump, written to a file for DevTools and what reads its format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from v8inspect.analysis.instances import count_of
from v8inspect.analysis.save import save
from v8inspect.errors import Unsupported
from v8inspect.rows import Row

if TYPE_CHECKING:
    from v8inspect.session import Session


@dataclass(frozen=True)
class SnapshotRow(Row):
    """The file that was written: its bytes, what is in it, and what of the heap is not. `masked`:
    content of strings is not. `incomplete`: so many objects share parts, which is damage, that some
    of their references are missing."""

    file: str
    bytes: int
    isolate: int
    nodes: int
    edges: int
    strings: int
    masked: bool
    garbage: bool
    left_out: int
    left_out_bytes: int
    incomplete: bool


def write(
    session: Session,
    path: str,
    isolate: Optional[int] = None,
    masked: bool = False,
    garbage: bool = False,
    top: Optional[int] = None,
    name: Optional[str] = None,
    force: bool = False,
) -> SnapshotRow:
    """Writes it. Raises Unsupported, OutputFailed, NotCounted."""
    from v8inspect.heap.snapshot import Options, Snapshot

    numbers = [item.number for item in session.heap.isolates]
    number = min(numbers) if isolate is None else isolate
    if number not in numbers:
        raise Unsupported(f"there is no isolate {number}: they are {numbers}")
    if garbage and (top is not None or name is not None):
        raise Unsupported(
            "--all and a part of the heap exclude each other: garbage retains nothing"
        )
    if name is not None:
        count_of(session, name, live=True)
    snapshot = Snapshot(session, Options(number, masked, garbage, top, name))
    size = save(path, snapshot.chunks(), force)
    part = snapshot.part
    return SnapshotRow(
        path,
        size,
        number,
        *snapshot.counts[:3],
        masked,
        garbage,
        0 if part is None else part.nodes,
        0 if part is None else part.size,
        bool(snapshot.counts.exhausted),
    )
