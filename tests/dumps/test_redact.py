"""`redact`: what the program calls secret is in no byte of the copy, and the rest is as it was.

The oracle of the first is the program's own list of secrets, looked for as bytes in every form that
V8 and C++ write them in; the same search has to find most of them in the core, or it would show
nothing. The second compares with the core, whose own answers other tests compare with V8's.
"""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, List, Mapping, Tuple

import pytest

from tests.dumps.support import PRIMARY
from tests.provision.cores import Run, core
from v8inspect.analysis.async_waits import waits
from v8inspect.analysis.census import DetailRow, detailed_census
from v8inspect.analysis.redact import redact
from v8inspect.analysis.retained import retained_by_name
from v8inspect.analysis.stack import FrameRow, stack_rows
from v8inspect.errors import Interrupted, Unsupported
from v8inspect.heap.graph_roots import MICROTASKS
from v8inspect.session import Session
from v8inspect.targets import open_dump

ARGUMENT = "argvSecret-Yd46zXh1"


def opened(path: Path, run: Run) -> Session:
    return Session(open_dump(str(path), str(run.node)))


def stored(path: Path) -> bytes:
    """The bytes of a sparse file that are in it; holes are zeros."""
    parts = []
    with open(path, "rb") as file:
        at, end = 0, os.fstat(file.fileno()).st_size
        while at < end:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            stop = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            parts.append(os.pread(file.fileno(), stop - at, at))
            at = stop
    return b"\0".join(parts)


def forms(truth: Mapping[str, Any]) -> Iterator[Tuple[str, bytes]]:
    """Every secret as it may lie in memory."""
    for text in truth["texts"]:
        yield text, text.encode()
        yield text, text.encode("utf-16-le")
        part = text[-8:].encode()
        if any(48 <= c < 58 for c in part):  # not a plain word, which may be anybody's
            yield f"the end of {text}", part
    for number in truth["numbers"]:
        yield f"{number} as a double", struct.pack("<d", number)
        yield f"{number} as text", repr(number).encode()
    for number in truth["integers"]:
        # A Smi has these four bytes too, above four zeros; bytecode has them as an operand.
        yield f"{number} as int32", struct.pack("<i", number)
        yield f"{number} as a double", struct.pack("<d", number)
        yield f"{number} as text", str(number).encode()
    for digits in truth["bigs"]:
        yield f"{digits} as digits", bytes.fromhex(digits)[::-1][:8]


@pytest.fixture(scope="module", params=PRIMARY)
def run(request: pytest.FixtureRequest) -> Run:
    return core(request.param, "secrets", ARGUMENT)


@pytest.fixture(scope="module")
def pair(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tuple[Session, Session]]:
    """The core and its copy."""
    path = tmp_path_factory.mktemp("redacted") / "copy"
    with opened(run.core, run) as whole:
        redact(whole, str(path))
        with opened(path, run) as copy:
            yield whole, copy


def test_no_secret_is_left(run: Run, pair: Tuple[Session, Session]) -> None:
    whole, copy = stored(run.core), stored(Path(pair[1].target.name))
    wanted = list(forms(run.truth))
    assert [name for name, data in wanted if data in copy] == []
    found = {name for name, data in wanted if data in whole}
    assert len(found) > 0.6 * len({name for name, _ in wanted}), "the search itself finds nothing"
    assert {text for text in run.truth["texts"] if text not in found} == set()
    assert ARGUMENT in run.truth["texts"]


def test_names_stay(run: Run, pair: Tuple[Session, Session]) -> None:
    copy = stored(Path(pair[1].target.name))
    assert [name for name in run.truth["names"] if name.encode() not in copy] == []
    assert pair[1].census.tallies()["AccountHolder"].count == run.truth["counts"]["AccountHolder"]


def test_objects_and_references_are_the_same(pair: Tuple[Session, Session]) -> None:
    whole, copy = (session.graph for session in pair)
    count = whole.sums.nodes
    assert copy.sums.nodes == count > 30000
    assert [list(part) for part in whole.scanned.objects(0, count)][::2] == [
        list(part) for part in copy.scanned.objects(0, count)
    ][::2]
    assert whole.scanned.rows() == copy.scanned.rows()
    # On 20 something else looks like a queue of microtasks: not with masked numbers.
    lost = set(whole.roots) - set(copy.roots)
    assert set(copy.roots) <= set(whole.roots)
    assert {root.category for root in lost} <= {MICROTASKS}
    assert len(copy.roots) > 10000


def test_answers_are_the_same(pair: Tuple[Session, Session]) -> None:
    whole, copy = (list(retained_by_name(session)) for session in pair)
    assert whole == copy
    assert len(whole) > 100
    shapes = [[row for row in detailed_census(s) if isinstance(row, DetailRow)] for s in pair]
    assert len(shapes[0]) == len(shapes[1]) > 100
    kept = all_ = 0
    for before, after in zip(*shapes):  # with other names in place of keys that may be data
        same = [a == b for a, b in zip(before.properties, after.properties)]
        assert replace(after, properties=before.properties) == before
        assert [len(name) for name in before.properties] == [len(n) for n in after.properties]
        if before.name != "Object":  # dictionaries are
            kept += sum(same)
            all_ += len(same)
    assert kept > 0.9 * all_ > 1000
    assert all(check.ok for check in pair[1].checks)
    assert not any(page.unexplained for w in pair[1].heap.walked() for page in w.stats)


def test_stacks_are_the_same(pair: Tuple[Session, Session]) -> None:
    def frames(session: Session) -> List[Tuple[Any, ...]]:
        rows = stack_rows(session, session.target.threads())
        return [
            (row.kind, row.function, row.script, row.line, row.column, row.pc, row.fp)
            for row in rows
            if isinstance(row, FrameRow)
        ]

    whole, copy = (frames(session) for session in pair)
    assert whole == copy
    assert [row[1] for row in whole if row[0] == "js"][:3] == ["stop", "asItIs", "innermostOnStack"]
    places = [[(row.line, row.column) for row in waits(s) if hasattr(row, "line")] for s in pair]
    assert places[0] == places[1]


def test_values_are_masked(pair: Tuple[Session, Session]) -> None:
    """What `inspect` would show of one of the objects: the same properties, without contents."""
    found = next(iter(pair[1].instances("AccountHolder")))
    assert found["accountNumber"] == 0
    assert found["accountBalance"] == 0.0
    assert set(str(found["accountToken"])) == {"x"}


def test_names_go_too(run: Run, pair: Tuple[Session, Session], tmp_path: Path) -> None:
    if run.version not in (PRIMARY[0], PRIMARY[-1]):
        return  # the oldest and the newest will do: no layout is asked for but that of the above
    path = tmp_path / "nameless"
    redact(pair[0], str(path), hide_names=True)
    copy = stored(path)
    names = [name for name in run.truth["names"] if name != "secrets.js"]
    assert [name for name in names if name.encode() in copy] == []
    assert b"secrets.js" not in copy
    with opened(path, run) as session:
        assert session.graph.scanned.rows() == pair[0].graph.scanned.rows()
        whole = pair[0].census.tallies()["AccountHolder"]
        assert whole.size in [tally.size for tally in session.census.tallies().values()]


def test_file_is_whole_or_not_there(
    run: Run, pair: Tuple[Session, Session], tmp_path: Path
) -> None:
    if run.version != PRIMARY[2]:
        return  # one version is enough
    path = tmp_path / "copy"
    steps = 0

    def stop(what: str, done: int, total: int) -> None:
        nonlocal steps
        steps += what == "masking values"
        if steps > 3:
            raise Interrupted

    with opened(run.core, run) as session:
        session.progress = stop
        with pytest.raises(Interrupted):
            redact(session, str(path))
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"mine")
    with pytest.raises(Unsupported):
        redact(pair[0], str(path))
    assert path.read_bytes() == b"mine"
    assert os.stat(pair[1].target.name).st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("version", "scenario"),
    [(PRIMARY[0], "garbageworker"), (PRIMARY[2], "oom"), (PRIMARY[-1], "worker")],
)
def test_two_isolates_and_a_collection_in_the_middle(
    version: str, scenario: str, tmp_path: Path
) -> None:
    run = core(version, scenario)
    path = tmp_path / "copy"
    with opened(run.core, run) as whole:
        redact(whole, str(path))
        with opened(path, run) as copy:
            assert list(retained_by_name(copy)) == list(retained_by_name(whole))
            assert copy.census.tallies() == whole.census.tallies()
            assert len(copy.graph.roots) == len(whole.graph.roots)
            assert copy.graph.scanned.rows() == whole.graph.scanned.rows()
