"""`--cache`: answers out of an index are those without one; an index that is damaged, of something
else or made by an enemy changes none, and harms nothing."""

from __future__ import annotations

import mmap
import os
import random
import stat
from array import array
from pathlib import Path
from typing import Any, Iterator, List, Optional, Tuple

import pytest

from tests.dumps.support import PRIMARY
from tests.interrupting import Front
from tests.provision.cores import Run, core
from v8inspect.analysis.census import census
from v8inspect.analysis.kept import KeptRow, KeptTotal, kept_rows
from v8inspect.analysis.retained import dominated, paths_to, retained_by_name
from v8inspect.errors import Interrupted, V8InspectError
from v8inspect.heap import index_file
from v8inspect.heap.index_file import CHUNK, IndexFile, folder, write
from v8inspect.session import Session
from v8inspect.targets import open_dump


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "v8inspect"


@pytest.fixture(scope="module")
def one() -> Run:
    return core(PRIMARY[2], "sessions", "2000")


def opened(run: Run, keep: bool = True) -> Session:
    session = Session(open_dump(str(run.core), str(run.node)))
    if keep:
        session.keep()
    return session


def answers(session: Session) -> List[Any]:
    """Everything that an index has a part in."""
    instance = min(session.instances("Object"), key=lambda found: found.address).address
    graph = session.graph
    found: List[Any] = [list(census(session)), list(retained_by_name(session))]
    found += [list(dominated(session)), list(census(session, live=True)), graph.roots, graph.sums]
    found += [graph.scanned.rows(), graph.scanned.rows(True), graph.scanned.live()]
    try:
        found.append(list(paths_to(session, instance, 3)))
    except V8InspectError as error:  # it may be garbage, there as here
        found.append(str(error))
    return found


def kept_of(run: Run) -> Path:
    """An index with everything in it."""
    with opened(run) as session:
        answers(session)
        assert session.save()
    (found,) = folder().iterdir()
    return found


def problem(session: Session) -> Optional[str]:
    assert session.index is not None
    return session.index.problem


@pytest.mark.parametrize("version", PRIMARY)
def test_answers_are_the_same(version: str) -> None:
    run = core(version, "sessions", "2000")
    with opened(run, keep=False) as session:
        expected = answers(session)
    kept_of(run)
    with opened(run) as session:
        assert answers(session) == expected
        assert session.graph.is_kept
        assert problem(session) is None
        assert session.save() is None, "nothing new, and written again"


def test_it_grows_with_what_was_made(one: Run) -> None:
    with opened(one) as session:
        counts = list(census(session))
        small = session.save()
    with opened(one) as session:
        assert list(census(session)) == counts
        list(retained_by_name(session))
        large = session.save()
        assert session.save() is None
    assert small
    assert large
    assert small < large


def test_only_its_owner_sees_it(one: Run, own_folder: Path) -> None:
    path = kept_of(one)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(own_folder.stat().st_mode) == 0o700
    path.chmod(0o620)
    with opened(one) as session:
        list(census(session))
        assert "others could have written it" in str(problem(session))
        assert session.save(), "one that can be used takes its place"
    with opened(one) as session:
        list(census(session))
        assert problem(session) is None


def places(path: Path) -> Iterator[Tuple[str, int, int]]:
    """(name, offset, bytes) of the parts."""
    identity = identity_of(path)
    file = IndexFile(path, identity, lambda data: 0)
    for name, (offset, size, _) in file._parts.items():
        yield name, offset, size
    file.close()


def identity_of(path: Path) -> str:
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        description = index_file._described(mapped)
    assert description is not None
    return str(description["identity"])


def test_damage_is_noticed(one: Run) -> None:
    with opened(one, keep=False) as session:
        expected = answers(session)
    path = kept_of(one)
    sound = path.read_bytes()
    parts = list(places(path))
    assert len(parts) == 14
    for name, offset, size in parts:
        if not size:
            continue
        data = bytearray(sound)
        data[offset + size // 2] ^= 0x10
        path.write_bytes(data)
        with opened(one) as session:
            assert answers(session) == expected, name
            assert name in str(problem(session))
    for length in (0, 1, 63, 64, 5000, 1 << 20, len(sound) // 2, len(sound) - 4096):
        path.write_bytes(sound[:length])
        with opened(one) as session:
            assert list(census(session)) == expected[0]
            assert problem(session) is not None
    for at in (0, 25, 40, 70, 300):  # of the description
        data = bytearray(sound)
        data[at] ^= 1
        path.write_bytes(data)
        with opened(one) as session:
            assert list(census(session)) == expected[0]
            assert problem(session) is not None


def test_of_another_dump_or_version(one: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    other = core(PRIMARY[2], "aftergc")
    path = kept_of(one)
    with opened(other) as session:
        theirs = list(census(session))
        assert session.save()
    mine = [found for found in folder().iterdir() if found != path]
    path.write_bytes(mine[0].read_bytes())  # under the name of this one
    with opened(one) as session:
        assert list(census(session)) != theirs
        assert problem(session) is None, "it is no damage"
    monkeypatch.setattr("v8inspect.heap.index.__version__", "0.0.other")
    with opened(one) as session:
        list(census(session))
        assert session.save(), "another version keeps its own"


def test_enemies_harm_nothing(one: Run) -> None:
    """Right checksums over wrong numbers: answers may be wrong, but there is one, or an error."""
    path = kept_of(one)
    sound, identity = path.read_bytes(), identity_of(path)
    parts = list(places(path))
    file = IndexFile(path, identity, lambda data: 0)
    facts = dict(file.facts)
    file.close()
    with opened(one, keep=False) as session:
        digest = session.heap.scanner.digest
        chance = random.Random(7)
        for turn in range(len(parts)):
            victim = parts[turn % len(parts)][0]
            changed = []
            for name, offset, size in parts:
                words = array("I")
                words.frombytes(sound[offset : offset + size])
                if name == victim and words:
                    for _ in range(chance.choice((1, 3, 1000))):
                        value = chance.choice(
                            (0, 1, 0xFFFFFFFF, 0x3FFFFFFF, chance.getrandbits(32), len(words))
                        )
                        words[chance.randrange(len(words))] = value
                data = words.tobytes()
                changed.append((name, [data[i : i + CHUNK] for i in range(0, size, CHUNK)]))
            write(path, identity, "enemy", facts, changed, digest)
            with opened(one) as victim_session:
                try:
                    answers(victim_session)
                except V8InspectError:
                    pass


def test_interrupted_it_leaves_nothing(one: Run, own_folder: Path) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if what == "keeping the index":
            raise Interrupted

    with opened(one) as session:
        list(retained_by_name(session))
        session.progress = stop
        with pytest.raises(Interrupted):
            session.save()
    assert list(own_folder.iterdir()) == []


def test_ctrl_c_behind_an_answer_spares_the_index_only(one: Run, own_folder: Path) -> None:
    class Impatient(Front):
        def progress(self, what: str, done: int, total: int) -> None:
            if what == "keeping the index":
                raise KeyboardInterrupt

    front = Impatient(one)
    expected = front.answer("retained -n 3")
    front.close()
    front = Impatient(one)
    front.keep(True)
    said = front.answer("retained -n 3")
    assert (said.status, said.text) == (0, expected.text)
    assert said.remarks == ("note: interrupted: no index was written",)
    assert list(own_folder.iterdir()) == []
    assert front.answer("retained -n 3").remarks == (), "what was not wanted is not tried again"
    front.close()


def test_listed_and_removed(one: Run) -> None:
    path = kept_of(one)
    (path.parent / ".new-left").write_bytes(b"half")
    (path.parent / ("0" * 32 + index_file.SUFFIX)).write_bytes(b"damaged")
    rows = list(kept_rows(False))
    named = {row.file: row for row in rows if isinstance(row, KeptRow)}
    assert named[str(path)].dump == str(one.core)
    assert named[str(path)].size == path.stat().st_size
    assert len(rows) == 3
    size = path.stat().st_size
    (total,) = kept_rows(True)
    assert isinstance(total, KeptTotal)
    assert total.freed == size + len(b"half") + len(b"damaged")
    assert os.listdir(folder()) == []
