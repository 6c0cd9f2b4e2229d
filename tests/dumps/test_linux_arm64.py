"""Linux cores of arm64 of crash.js (`tests/data/linux-arm64`): what the program made is found.

Made under qemu-user, which writes no list of mapped files. Further stacks are in
`tests/stacks/test_arm64.py`.
"""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from tests.dumps import crash_js
from tests.dumps.inspected import as_text
from tests.stacks.compared import compare
from tests.stacks.printed import uncaught
from tests.stacks.test_stacks import check
from v8inspect.session import Session
from v8inspect.targets import open_dump

pytestmark = pytest.mark.dumps

DATA = Path(__file__).resolve().parent.parent / "data" / "linux-arm64"
MAPS = {"22.23.3": (0xD3E55C9C4E0, 0xD3E55C9CB80), "24.22.0": (0x10F61B59F0, 0x10F61B6078)}


@functools.lru_cache(maxsize=1)
def session_of(version: str) -> Session:
    return Session(open_dump(str(DATA / f"linux-arm64-{version}-crash.core.xz")))


@pytest.mark.parametrize("version", list(MAPS))
def test_objects_are_those_of_the_program(version: str) -> None:
    session = session_of(version)
    assert (session.target.arch, session.target.facts.signal) == ("aarch64", 5)
    assert len(session.target.threads()) == 7
    crash_js.check_counts(session)
    crash_js.check_maps(session, MAPS[version])
    crash_js.check_values(session)
    crash_js.check_commands(session)
    crash_js.check_bytes(session)


@pytest.mark.parametrize("version", list(MAPS))
def test_the_stack_is_what_v8_printed(version: str) -> None:
    stderr = (DATA / f"linux-arm64-{version}-crash.stderr.txt").read_text()
    check(compare(session_of(version), uncaught(stderr.partition("timeout: ")[0])), 1.0)
    crash_js.check_arguments(session_of(version))


@pytest.mark.parametrize("version", list(MAPS))
def test_nodeinfo(version: str) -> None:
    text = "\n".join(as_text(session_of(version), "nodeinfo"))
    assert f"Platform = linux, Architecture = arm64, Node Version = v{version}" in text
