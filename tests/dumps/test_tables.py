"""`sql` and `export`: tables against the program's counts, other commands and V8's snapshot; a
query reads nothing but the dump."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.dumps.graph_oracle import Graph
from tests.dumps.inspected import as_json
from tests.dumps.support import PRIMARY, opened
from v8inspect.analysis.exporting import export
from v8inspect.analysis.retained import retained_instances
from v8inspect.analysis.sql import query
from v8inspect.analysis.tables import KINDS, NAMES, PARTS, TEXT, Tables
from v8inspect.errors import ModuleNeeded, OutputFailed, QueryFailed, Unsupported, UsageError
from v8inspect.objects.reader import reader_of
from v8inspect.objects.strings import read_text
from v8inspect.render.errors import explain
from v8inspect.render.json_lines import json_lines
from v8inspect.render.text import text_lines
from v8inspect.session import Session

pytest.importorskip("duckdb", reason="no wheel for this Python in requirements-dev.txt")
pytestmark = pytest.mark.dumps


def ask(session: Session, text: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values.values()) for row in query(session, text) if hasattr(row, "values")]


@pytest.mark.parametrize("version", PRIMARY)
def test_objects_are_those_of_the_program_and_of_other_commands(version: str) -> None:
    run, session = opened(version, "classes")
    found = {
        name: (count, size)
        for name, count, size in ask(
            session, "select constructor, count(*), sum(shallow) from objects group by 1"
        )
    }
    assert run.truth["counts"]
    for name, count in run.truth["counts"].items():
        assert found[name][0] == count, name
    # All names, by the walk that counts without a graph.
    tallies = session.census.tallies()
    named = {name: pair for name, pair in found.items() if name not in (None, "(string)")}
    assert named == {name: (tally.count, tally.size) for name, tally in tallies.items()}
    live = ask(
        session,
        "select constructor, count(*), sum(shallow) from objects where live and constructor is not "
        "null group by 1",
    )
    rows = {row["name"]: (row["count"], row["size"]) for row in as_json(session, "retained -n 0")}
    assert {name: (count, size) for name, count, size in live} == rows


@pytest.mark.parametrize("version", PRIMARY)
def test_what_objects_retain_is_what_retained_says(version: str) -> None:
    _, session = opened(version, "classes")
    graph = session.graph
    for name in ("Level3", "Map", "Buffer"):
        expected = {
            (int(row.address), row.size, row.retained) for row in retained_instances(session, name)
        }
        found = ask(
            session,
            "select address, shallow, retained from objects where live and constructor = "
            f"'{name}' order by address",
        )
        assert {(int(a), size, retained) for a, size, retained in found} == expected
    ((size, held, dead),) = ask(
        session,
        "select sum(shallow) filter (live), sum(retained) filter (live and dominator is null), "
        "count(retained) filter (not live) from objects",
    )
    assert (size, dead) == (graph.sums.live_bytes, 0)
    assert held == graph.dominators.retained(graph.dominators.root)
    # A dominator retains what its children do, and itself.
    assert ask(
        session,
        "with held as (select dominator as node, sum(retained) as inner_bytes from objects where "
        "dominator is not null group by 1) select count(*) from objects join held using (node) "
        "where retained < shallow + inner_bytes and isolate is not null",
    ) == [(0,)]
    # From V8 13 on read-only objects, which belong to no isolate, count nothing, as in DevTools.
    ((most,),) = ask(session, "select max(retained) from objects where isolate is null")
    assert most == 0 or int(version.partition(".")[0]) < 24


@pytest.mark.parametrize("version", PRIMARY)
def test_edges_are_those_of_the_graph(version: str) -> None:
    _, session = opened(version, "classes")
    scanned = session.graph.scanned
    kinds = dict(ask(session, "select kind, count(*) from edges group by 1"))
    assert sum(kinds.values()) == session.graph.sums.edges
    assert kinds["weak"] == session.graph.sums.weak
    nodes = [
        node for (node,) in ask(session, "select node from objects where constructor = 'Level3'")
    ]
    assert len(nodes) == 40
    listed = ", ".join(map(str, nodes))
    found = ask(session, f"select * from edges where source in ({listed}) order by 1, 2, 3")
    assert found == sorted(
        (node, edge.node, KINDS[edge.kind]) for node in nodes for edge in scanned.row(node)
    )


@pytest.mark.parametrize("version", PRIMARY)
def test_strings_are_those_of_v8s_snapshot(version: str) -> None:
    run, session = opened(version, "aftergc")
    assert run.snapshot is not None
    theirs = Graph.load(run.snapshot, run.core)
    rows = ask(session, "select address, length, text, truncated from strings")
    texts = {int(address): (length, text, cut) for address, length, text, cut in rows}
    compared = 0
    for i, kind in enumerate(theirs.type):
        found = texts.get(theirs.address[i] + 1)
        if kind != "string" or found is None:
            continue
        length, text, cut = found
        assert cut == (length > TEXT)
        # V8 cuts names at 1,024 characters and writes NUL as a space.
        if text is not None and text.isascii() and not cut:
            assert text.replace("\0", " ") == theirs.name[i]
            compared += 1
    assert compared > 5000


@pytest.mark.parametrize(
    "version",
    [
        version if version == "22.23.3" else pytest.param(version, marks=pytest.mark.slow)
        for version in PRIMARY
    ],
)
def test_texts_of_every_shape_are_those_that_inspect_shows(version: str) -> None:
    _, session = opened(version, "values")
    reader = reader_of(session)
    rows = ask(
        session, "select address, length, text from strings order by hash(address) limit 20000"
    )
    shapes = set()
    for address, length, text in rows:
        read = read_text(reader, int(address), TEXT, PARTS)
        plain = read.text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        assert (length, text) == (read.length, plain if read.problem is None else None)
        shapes.add((reader.type_of(int(address)) & 7, text is not None and text.isascii()))
    assert len(shapes) > 5


def test_functions_and_roots() -> None:
    _, session = opened("22.23.3", "classes")
    rows = {(row["address"], row["count"]) for row in as_json(session, "jsfunctions")}
    assert {(str(a), n) for a, n in ask(session, "select address, count from functions")} == rows
    counts = dict(ask(session, "select category, count(*) from roots group by 1"))
    assert sum(counts.values()) == len(session.graph.roots)
    assert (
        ask(session, "select count(*) from roots join objects using (node) where not live")
        == [(0,)]
        or "flushed cache" in counts
    )


def test_how_answers_look() -> None:
    _, session = opened("22.23.3", "classes")
    text = list(
        text_lines(
            query(
                session,
                "select constructor, count(*) as n, null as none, 1.5 as half from objects where "
                "constructor = 'Level3' group by 1",
            )
        )
    )
    assert text == [
        " constructor  n none half",
        " ----------- -- ---- ----",
        " Level3      40    -  1.5",
    ]
    (line,) = json_lines(
        query(session, "select min(address) a, [1] l, count(*), count(*) from objects")
    )
    row = json.loads(line)
    assert list(row) == ["a", "l", "count_star()", "count_star()_2"]
    assert row["a"].startswith("0x")
    assert row["l"] == [1]
    assert len(ask(session, f"select type from objects where address = '{row['a']}'")) == 1
    empty = list(text_lines(query(session, "select 1 as one where false")))
    assert empty == [" one", " ---"]
    described = ask(session, "describe strings")
    assert [name for name, *_ in described] == [
        *("node", "address", "length", "shallow", "live", "text", "truncated")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "select * from read_csv('{file}')",
        "select * from '{file}'",
        "select * from glob('{folder}/*')",
        "copy objects to '{folder}/out.csv'",
        "export database '{folder}/out'",
        "attach '{folder}/other.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "select * from read_parquet('https://127.0.0.1:9/x.parquet')",
        "select * from session",
    ],
)
def test_a_query_reads_nothing_but_the_dump(text: str, tmp_path: Path) -> None:
    _, session = opened("22.23.3", "classes")
    file = tmp_path / "secret.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(QueryFailed):
        ask(session, text.format(file=file, folder=tmp_path))
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_wrong_with_a_query_is_said_without_values() -> None:
    _, session = opened("22.23.3", "classes")
    with pytest.raises(QueryFailed) as caught:
        ask(session, "select nothing from objects")
    assert '"nothing"' in caught.value.reason
    with pytest.raises(QueryFailed) as caught:
        ask(session, "select cast(text as integer) from strings")
    assert caught.value.reason == "Conversion error"
    with pytest.raises(UsageError):
        ask(session, "select 1; select 2")


def test_without_the_packages_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    _, session = opened("22.23.3", "classes")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ModuleNeeded) as caught:
        ask(session, "select 1")
    assert (caught.value.package, caught.value.extra) == ("duckdb", "sql")
    assert "v8inspect[sql]" in "".join(explain(caught.value))


def test_files_of_parquet_hold_the_tables(tmp_path: Path) -> None:
    from pyarrow import parquet

    _, session = opened("22.23.3", "classes")
    folder = tmp_path / "heap"
    rows = list(export(session, str(folder)))
    assert [row.table for row in rows] == list(NAMES)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    tables = session.kept(Tables)
    for row in rows:
        path = folder / f"{row.table}.parquet"
        assert (row.file, row.size) == (str(path), path.stat().st_size)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        read = parquet.read_table(path)
        assert read.num_rows == row.rows
        assert read.to_pylist() == tables.table(row.table).to_pylist()
    with pytest.raises(Unsupported, match="exists already"):
        list(export(session, str(folder)))
    assert [row.table for row in export(session, str(tmp_path / "some"), ["roots"])] == ["roots"]
    assert os.listdir(tmp_path / "some") == ["roots.parquet"]


def test_a_folder_appears_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyarrow import parquet

    _, session = opened("22.23.3", "classes")

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(parquet.ParquetWriter, "write_table", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(export(session, str(tmp_path / "heap")))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OutputFailed):
        list(export(session, str(tmp_path / "no" / "such")))
