"""The self-check: is the layout right for this dump, what does the dump lack, which constant is
from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional

from v8inspect.errors import LayoutMismatch
from v8inspect.heap.selfcheck import check_walk, roots_run
from v8inspect.rows import Row
from v8inspect.scan.binding import load

if TYPE_CHECKING:
    from v8inspect.layout.model import Layout
    from v8inspect.session import Session


@dataclass(frozen=True)
class CheckRow(Row):
    """One check and what it saw."""

    check: str
    ok: bool
    detail: str
    vital: bool = False  # when it fails, answers can't be believed
    verified: Optional[bool] = None  # of the layout; None: the row is about something else


@dataclass(frozen=True)
class ConstantRow(Row):
    """One constant of the layout and where it is from."""

    constant: str
    value: int
    source: str
    verified: bool = True  # False: taken over from another version, and nothing speaks for it


def checks(session: Session) -> Iterator[CheckRow]:
    """Everything that can be checked, the dump first, then the layout, then the heap."""
    facts = session.target.facts
    library = load()
    yield CheckRow("scanner", True, f"{library.path} through {library.binding}")
    yield CheckRow(
        "dump", not facts.warnings, "; ".join(facts.warnings) or f"{facts.format}, complete"
    )
    for module in session.target.modules():
        if module.is_executable:
            yield CheckRow(
                "executable",
                module.problem is None,
                module.problem or f"{module.file or module.path}, build id {module.build_id}",
            )
    layout = session.layout
    yield CheckRow(
        "symbols",
        not layout.warnings,
        "; ".join(layout.warnings) or "agree with the table, or absent",
    )
    if not layout.verified:
        yield CheckRow("layout", False, _derived(layout), False, False)
        for doubt in layout.doubts:
            yield CheckRow("derived", False, doubt, False, False)
    try:
        heap = session.heap
    except LayoutMismatch as error:
        for failed in error.failed:
            name, _, detail = failed.partition(": ")
            yield CheckRow(name, False, detail, True)
        return
    for check in session.checks:
        yield CheckRow(check.name, check.ok, check.detail, check.vital)
    walk = check_walk(heap)
    yield CheckRow(walk.name, walk.ok, walk.detail, True)
    roots = roots_run(session, heap)
    yield CheckRow(roots.name, roots.ok, roots.detail)
    yield CheckRow("pages", not heap.notes, "; ".join(heap.notes) or "all belong to an isolate")


def _derived(layout: Layout) -> str:
    unverified = sum("not verified" in constant.source for constant in layout.constants)
    return (
        f"V8 {layout.version} is unknown: derived from the dump and from V8 {layout.table}; "
        f"{unverified} of {len(layout.constants)} numbers are taken over and not verified"
    )


def constants(session: Session) -> Iterator[ConstantRow]:
    """Every constant of the layout, by name."""
    for constant in sorted(session.layout.constants, key=lambda item: item.name):
        sure = "not verified" not in constant.source
        yield ConstantRow(constant.name, constant.value, constant.source, sure)
