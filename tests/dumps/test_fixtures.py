"""The dumps in tests/data can be made anew, with the same objects, values and stacks in them.

Those of Windows: `test_windows_fresh.py`.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Iterator

import pytest

from tests.dumps import crash_js
from tests.provision import macos
from tests.provision.fixtures import DATA, FIXTURES, WINDOWS, Fixture
from tests.stacks.compared import compare
from tests.stacks.printed import uncaught
from tests.stacks.test_stacks import check
from v8inspect.errors import NoHeapMemory
from v8inspect.session import Session
from v8inspect.targets import open_dump

pytestmark = pytest.mark.dumps
OTHERS = [fixture for fixture in FIXTURES if fixture.folder != WINDOWS]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="v8inspect-fixture-") as made:
        yield Path(made)


def test_every_file_that_is_kept_is_one_of_them() -> None:
    kept = {path.name.split(".dmp")[0].split(".core")[0] for path in DATA.rglob("*.xz")}
    assert kept == {fixture.name for fixture in FIXTURES}
    assert sum(path.stat().st_size for path in DATA.rglob("*.xz")) < 20_000_000


@pytest.mark.slow
@pytest.mark.parametrize("fixture", OTHERS, ids=lambda fixture: fixture.name)
def test_made_anew(fixture: Fixture, folder: Path) -> None:
    why_not = fixture.missing()
    if why_not is not None:
        pytest.skip(why_not)
    made = fixture.make(folder)
    data = made.dump.read_bytes()
    # Nothing of whoever made it.
    for word in (str(folder), os.getcwd(), os.path.expanduser("~/")):
        assert word.encode() not in data
    with Session(open_dump(str(made.dump))) as session:
        target = session.target
        assert len(target.threads()) == 7
        assert target.arch == {"x64": "x86_64", "arm64": "aarch64"}[fixture.cpu]
        if fixture.kind == macos.STACK:
            with pytest.raises(NoHeapMemory):
                _ = session.heap
            return
        assert target.threads()[0].signal == (0 if fixture.kind == macos.MODIFIED else 5)
        crash_js.check_counts(session)
        crash_js.check_values(session)
        crash_js.check_commands(session)
        crash_js.check_bytes(session)
        check(compare(session, uncaught(made.stderr.partition("qemu: uncaught")[0])), 1.0)
        crash_js.check_arguments(session)
