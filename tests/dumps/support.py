"""What the tests over real cores share: versions, sessions that are opened once, comparisons."""

from __future__ import annotations

import functools
from typing import Optional

import pytest

from tests.provision.cores import Run, core
from v8inspect.session import Session
from v8inspect.targets import open_dump

PRIMARY = ("18.20.8", "20.20.2", "22.23.3", "24.21.0", "26.10.0")
ODD = ("19.8.1", "21.7.3", "23.11.1", "25.9.0")  # tables made by `layout learn`
SLOW_ODD = [pytest.param(version, marks=pytest.mark.slow) for version in ODD]
FIRST_LTS = ("18.12.0", "20.9.0", "22.11.0", "24.11.0")


@functools.lru_cache(maxsize=4)
def opened(version: str, scenario: str, with_exe: bool = True) -> tuple[Run, Session]:
    """The run of a scenario under a Node.js version, and a session on its core."""
    run = core(version, scenario)
    exe: Optional[str] = str(run.node) if with_exe else None
    return run, Session(open_dump(str(run.core), exe))


def share_equal(ours: dict[str, int], theirs: dict[str, int]) -> float:
    """Share of V8's objects that we count under the same name."""
    total = sum(theirs.values())
    wrong = sum(abs(ours.get(name, 0) - n) for name, n in theirs.items())
    return 1.0 - wrong / total
