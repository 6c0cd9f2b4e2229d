"""Stacks of arm64 cores: one that is kept in the tree, and of programs run under qemu-user."""

from __future__ import annotations

import lzma
import shutil
from pathlib import Path

import pytest

from tests.dumps.support import PRIMARY
from tests.provision import arm64
from tests.stacks.compared import Comparison, compare
from tests.stacks.matrix import (
    ABORT,
    BASELINE,
    CHAINS,
    DEFAULT,
    HOT,
    INTERPRETER,
    arguments,
    source,
)
from tests.stacks.printed import uncaught
from tests.stacks.test_stacks import check
from v8inspect.session import Session
from v8inspect.targets import open_dump

pytestmark = pytest.mark.dumps

_DATA = Path(__file__).resolve().parent.parent / "data" / "linux-arm64"
_KEPT = "linux-arm64-22.23.3-crash"
# qemu is ten times slower than the machine; the optimising compilers are content with this.
_WARM = "200"
_WARM_EVALS = "3"  # it makes realms, for which qemu needs a second each
_TIERS = (INTERPRETER, BASELINE, HOT)
_OPTIMISED = ("optimised.js", "inlining.js")
_WHY_NOT = arm64.missing()
_needs_qemu = pytest.mark.skipif(_WHY_NOT is not None, reason=str(_WHY_NOT))


def test_kept_core(folder: Path) -> None:
    """A core of Node.js 22.23.3, without its executable; the counts are the program's
    (crash.js of the fixtures: 1234 Zebras, 77 Walruses)."""
    core = folder / "core"
    core.write_bytes(lzma.decompress((_DATA / f"{_KEPT}.core.xz").read_bytes()))
    printed = uncaught((_DATA / f"{_KEPT}.stderr.txt").read_text())
    with Session(open_dump(str(core), None)) as session:
        check(compare(session, printed), 1.0)
        assert sum(1 for _ in session.instances("Zebra")) == 1234
        assert sum(1 for _ in session.instances("Walrus")) == 77


def _compared(version: str, name: str, folder: Path, *flags: str, warm: str = "0") -> Comparison:
    folder.mkdir(exist_ok=True)
    run = arm64.core_of_program(version, source(name), [ABORT, *flags], [warm], folder)
    # qemu adds a line of its own.
    text, _, _ = (folder / "stderr.txt").read_bytes().decode("latin-1").partition("qemu: uncaught")
    try:
        with Session(open_dump(str(run.core), str(run.node))) as session:
            return compare(session, uncaught(text.rstrip("\n")))
    finally:
        shutil.rmtree(folder)


@_needs_qemu
@pytest.mark.parametrize("version", PRIMARY)
def test_scenario(version: str, folder: Path) -> None:
    """One long chain of calls, as V8 compiles it by itself."""
    check(_compared(version, "callbacks.js", folder, *DEFAULT.flags))


@_needs_qemu
@pytest.mark.slow
@pytest.mark.parametrize("name", [*CHAINS, *_OPTIMISED])
@pytest.mark.parametrize("version", PRIMARY)
def test_scenario_in_every_tier(version: str, name: str, tmp_path: Path) -> None:
    """All of them in the interpreter, as baseline code, and hot."""
    total = Comparison()
    for tier in _TIERS:
        warm = "".join(arguments(name, tier))
        if tier is HOT:
            warm = _WARM_EVALS if name == "evals.js" else _WARM
        total.add(_compared(version, name, tmp_path / tier.name, *tier.flags, warm=warm))
    print(version, name, total.rows, "frames")
    check(total)
