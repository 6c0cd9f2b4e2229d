"""A V8 without a table: right and marked as unverified, or refused with reasons; never a count that
is wrong without a word. The table of the version under test is hidden.

Gate: the odd versions and the newest with their executables' symbols, the odd ones' stacks, one's
values. Slow: the others, without symbols, all values, all tiers of stacks, and with a single table
of a far version left.
"""

from __future__ import annotations

import lzma
import shutil
from pathlib import Path
from typing import Iterator, Optional

import pytest

from tests.dumps import hidden, sandboxed
from tests.dumps import test_objects_values as values
from tests.dumps.hidden import ODD, VERSIONS
from tests.dumps.support import share_equal
from tests.dumps.values_oracle import describe, differences, find_root
from tests.provision.cores import Run, core, core_of_program
from tests.provision.snapshot import Snapshot
from tests.stacks.compared import place_of, visible
from tests.stacks.matrix import ABORT, BASELINE, DEFAULT, HOT, Tier, arguments, source
from tests.stacks.printed import uncaught
from v8inspect.analysis.doctor import checks, constants
from v8inspect.analysis.redact import redact
from v8inspect.errors import FormatUnsupported, LayoutMismatch, LayoutUnknown, NoV8, Unsupported
from v8inspect.layout import tables
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.reader import reader_of
from v8inspect.session import Session
from v8inspect.stack.confirming import confirmed
from v8inspect.stack.stacks import stack_of
from v8inspect.targets import open_dump

pytestmark = pytest.mark.dumps

DATA = Path(__file__).resolve().parent.parent / "data"
# How V8 names these is a rule of the version that does not show in a dump: the warning says so.
_BY_RULE = {"ComputedName", "TagOfNull"}


def _opened(run: Run, symbols: bool = True) -> Session:
    session = Session(open_dump(str(run.core), str(run.node)))
    if not symbols:
        session.target.symbol = lambda name: None  # type: ignore[method-assign]
        session.target.symbols = lambda prefix: {}  # type: ignore[method-assign]
        session.target.symbol_ints = lambda prefix: {}  # type: ignore[method-assign]
        session.target.symbol_at = lambda address: None  # type: ignore[method-assign]
    return session


def _check_census(run: Run, session: Session) -> None:
    assert run.snapshot is not None
    theirs = {name: count for name, (count, _) in Snapshot.load(run.snapshot).census().items()}
    ours = {name: tally.count for name, tally in session.census.tallies().items()}
    wanted = {name: theirs[name] for name in run.truth["counts"] if name in theirs}
    assert len(wanted) >= 20
    open_ = _BY_RULE if any(doubt.startswith("names:") for doubt in session.layout.doubts) else ()
    assert {n: ours.get(n, 0) for n in wanted if n not in open_} == {
        n: count for n, count in wanted.items() if n not in open_
    }
    assert share_equal(ours, theirs) >= 0.999


_GATE = (*ODD, "26.10.0")  # the last one is newer than every other


@pytest.mark.parametrize(
    "version", [pytest.param(v, marks=[] if v in _GATE else pytest.mark.slow) for v in VERSIONS]
)
def test_census_is_that_of_the_snapshot(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = core(version, "aftergc")
    hidden.hidden_from(run, tmp_path, monkeypatch)
    with _opened(run) as session:
        _check_census(run, session)
        assert not session.layout.verified
        rows = list(checks(session))
        assert [row.verified for row in rows if row.check == "layout"] == [False]
        assert any(not row.verified for row in constants(session))


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_census_without_symbols(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = core(version, "aftergc")
    hidden.hidden_from(run, tmp_path, monkeypatch)
    with _opened(run, symbols=False) as session:
        _check_census(run, session)
        assert not session.layout.verified


@pytest.mark.parametrize(
    "version", [pytest.param(v, marks=[] if v == "25.9.0" else pytest.mark.slow) for v in ODD]
)
def test_values(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of value that the program wrote down is what it says."""
    run = core(version, "values")
    hidden.hidden_from(run, tmp_path, monkeypatch)
    with _opened(run) as session:
        reader = reader_of(session)
        holder = find_root(session, reader, run.truth["marker"]).property("values")
        assert holder is not None
        assert isinstance(holder.value, JSObject)
        found = {item.name: item for item in holder.value.properties()}
        wrong = set()
        for name, facts in run.truth["values"].items():
            value = found[name].value
            expected = {key: fact for key, fact in facts.items() if key in values.STRUCTURE}
            if "head" in facts:
                expected["length"] = facts["length"]
            if name != "box.string" and list(differences(expected, describe(value, facts["d"]))):
                wrong.add(name)
        assert len(found) >= values.KINDS_AT_LEAST
        assert wrong == set()
        assert not session.layout.verified


def _check_stack(version: str, tier: Tier, folder: Path) -> tuple[int, int]:
    """(frames that the dump confirms, all that V8 printed); every confirmed one is as printed, and
    where none is missing so are all."""
    name = "callbacks.js"
    run = core_of_program(
        version, source(name), [ABORT, *tier.flags], arguments(name, tier), folder
    )
    try:
        printed = uncaught((run.folder / "stderr.txt").read_bytes().decode("latin-1"))
        rows = [row.place for row in printed if not row.is_async and not row.is_wasm]
        with _opened(run) as session:
            assert not session.layout.verified
            frames = visible(stack_of(session, session.target.threads()[0]))
            sure = [frame for frame in frames if confirmed(frame)]
            left = iter(rows)
            assert [f for f in sure if place_of(f) not in left] == [], "in the printed order"
            if len(frames) == len(rows):
                for frame, row in zip(frames, rows):  # what is not sure is marked
                    assert place_of(frame) == row or not confirmed(frame)
            return len(sure), len(rows)
    finally:
        shutil.rmtree(folder)


def _hide(version: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder / "tables").mkdir()
    hidden.hidden_from(core(version, "empty"), folder / "tables", monkeypatch)
    place = folder / "core"
    place.mkdir()
    return place


@pytest.mark.parametrize("version", ODD)
def test_stack(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sure, printed = _check_stack(version, DEFAULT, _hide(version, tmp_path, monkeypatch))
    assert sure >= 0.75 * printed > 0


@pytest.mark.slow
@pytest.mark.parametrize("tier", [BASELINE, HOT], ids=lambda tier: tier.name)
@pytest.mark.parametrize("version", VERSIONS)
def test_stack_of_compiled_code(
    version: str, tier: Tier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What machine code stands for may be wrong: then it is marked. A young heap may show too
    little, and is refused."""
    try:
        _check_stack(version, tier, _hide(version, tmp_path, monkeypatch))
    except LayoutUnknown as error:
        print(f"{version} {tier.name}: {error}")


@pytest.mark.slow
@pytest.mark.parametrize("table", ["10.2", "12.4", "14.6"])
@pytest.mark.parametrize("version", VERSIONS)
def test_far_versions_are_refused_or_right(
    version: str, table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a single table left, of any age: no wrong count of what the program made."""
    run = core(version, "aftergc")
    if hidden.v8_of(run.node) == table:
        return
    monkeypatch.setattr(tables, "TABLES", hidden.only(tmp_path, table))
    with _opened(run, symbols=False) as session:
        try:
            ours = {name: tally.count for name, tally in session.census.tallies().items()}
        except (LayoutUnknown, LayoutMismatch, NoV8) as error:
            print(f"{version} with {table}: {error}")
            return
        assert not session.layout.verified
        wanted = {n: c for n, c in run.truth["counts"].items() if n not in _BY_RULE}
        assert {name: ours.get(name, 0) for name in wanted} == wanted


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Windows dump: no executable and no symbols beside it."""
    path = tmp_path_factory.mktemp("windows") / "live.dmp"
    packed = DATA / "windows" / "win-x64-26.10.0-live.dmp.xz"
    path.write_bytes(lzma.decompress(packed.read_bytes()))
    yield path
    path.unlink()


def test_windows_dump(windows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer than every table, on another platform."""
    monkeypatch.setattr(tables, "TABLES", hidden.hide(tmp_path, "14.6"))
    with Session(open_dump(str(windows))) as session:
        counts = {name: tally.count for name, tally in session.census.tallies().items()}
        wanted = {"Foo": 10001, "Bar": 500, "Legacy": 300}
        assert {name: counts.get(name) for name in wanted} == wanted
        assert not session.layout.verified


def test_a_dump_that_does_not_fit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Maps of the read-only space are destroyed: there is nothing to start from."""
    run = core("25.9.0", "empty")
    hidden.hidden_from(run, tmp_path, monkeypatch)
    with _opened(run) as session:
        read = session.target.read_partial

        def without_maps(address: int, size: int) -> bytes:
            return b"\xff" * len(read(address, size)) if size > 1 << 16 else read(address, size)

        session.target.read_partial = without_maps  # type: ignore[method-assign]
        with pytest.raises(LayoutUnknown) as caught:
            session.layout  # noqa: B018
        assert caught.value.reasons


def test_nothing_is_redacted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layout that is not verified could leave contents in the copy."""
    run = core("25.9.0", "empty")
    (tmp_path / "tables").mkdir()
    hidden.hidden_from(run, tmp_path / "tables", monkeypatch)
    with _opened(run) as session:
        with pytest.raises(Unsupported):
            redact(session, str(tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()


@pytest.mark.slow
def test_a_sandboxed_process_is_refused(tmp_path: Path) -> None:
    """A real V8 with compressed pointers and a sandbox: py_mini_racer's."""
    dump: Optional[Path] = sandboxed.dump()
    if dump is None:
        pytest.skip(sandboxed.missing())
    with Session(open_dump(str(dump))) as session:
        with pytest.raises(FormatUnsupported) as caught:
            session.layout  # noqa: B018
        assert "sandbox" in caught.value.feature
