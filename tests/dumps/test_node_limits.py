"""Memory limits: what v8.getHeapStatistics() said before the end."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.dumps.support import FIRST_LTS, PRIMARY, opened
from v8inspect.commands.registry import find
from v8inspect.node.memory_limits import MemoryLimits, memory_limits
from v8inspect.render.text import text_lines
from v8inspect.session import Session

MIB = 1 << 20


def _limits(session: Session) -> list[MemoryLimits]:
    return [memory_limits(session, isolate) for isolate in session.heap.isolates]


@pytest.mark.parametrize("scenario", ["limits", "limitsworker", "limitsraised"])
@pytest.mark.parametrize("version", PRIMARY + FIRST_LTS)
def test_as_v8_says(version: str, scenario: str) -> None:
    run, session = opened(version, scenario)
    assert [limits.heap_size_limit for limits in _limits(session)] == run.truth["limits"]


@pytest.mark.parametrize("version", PRIMARY)
def test_flags(version: str) -> None:
    _, session = opened(version, "limits")
    assert _limits(session) == [MemoryLimits(1234 * MIB, 8 * MIB)]


@pytest.mark.parametrize("version", PRIMARY)
def test_a_worker_has_its_own(version: str) -> None:
    _, session = opened(version, "limitsworker")
    main, worker = _limits(session)
    assert worker == MemoryLimits(77 * MIB, 4 * MIB)
    assert main != worker


@pytest.mark.parametrize("version", PRIMARY)
def test_raised_near_the_limit(version: str) -> None:
    run, session = opened(version, "limitsraised")
    (limits,) = _limits(session)
    assert run.truth["initial"] == 63 * MIB
    assert limits.max_semi_space_size == MIB
    assert limits.max_old_generation_size == run.truth["limits"][0] - 3 * MIB > 60 * MIB


@pytest.mark.parametrize("version", PRIMARY)
def test_nodeinfo_shows_them(version: str) -> None:
    _, session = opened(version, "limits")
    command = find("nodeinfo")
    context: Any = SimpleNamespace(session=session)
    (row,) = list(command.body(context, command.parse([])))
    assert row.limits == {  # type: ignore[attr-defined]
        "max_old_generation_size": 1234 * MIB,
        "max_semi_space_size": 8 * MIB,
        "heap_size_limit": 1258 * MIB,
    }
    assert (
        "Memory limits: old generation 1,234 MiB, semi-space 8 MiB, whole heap 1,258 MiB"
        in list(text_lines([row]))
    )
