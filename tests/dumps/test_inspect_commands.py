"""jsprint, jsarray, jsclosure, jsconstructor, jsfunction(s), jssource, nodebuffer on values.js."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any, Dict, List

import pytest

from tests.dumps.inspected import as_json, as_text
from tests.dumps.support import PRIMARY, opened
from tests.dumps.test_inspect_values import addresses
from v8inspect.errors import MemoryUnreadable, NotAnObject, NothingFound, Unsupported, UsageError

_known: Dict[str, Dict[str, str]] = {}


class Values:
    """The core of values.js under one version; lines name values by `@name`."""

    def __init__(self, version: str) -> None:
        self.run, self.session = opened(version, "values")
        if version not in _known:
            _known[version] = addresses(self.session)
        self.at = _known[version]

    def _line(self, line: str) -> str:
        return " ".join(self.at[w[1:]] if w.startswith("@") else w for w in line.split(" "))

    def text(self, line: str) -> List[str]:
        """Lines of text."""
        return as_text(self.session, self._line(line))

    def json(self, line: str) -> List[Any]:
        """Rows of JSON."""
        return as_json(self.session, self._line(line))


@pytest.fixture(params=PRIMARY)
def values(request: pytest.FixtureRequest) -> Values:
    return Values(request.param)


def test_jsprint_in_the_way_of_json(values: Values) -> None:
    assert values.text("jsprint @obj.literal") == [
        "{",
        '    "a": 1,',
        '    "b": -5,',
        '    "c": 3.14,',
        '    "d": "str",',
        '    "e": null,',
        '    "f": undefined,',
        '    "g": true,',
        "}",
    ]
    assert values.text("jsprint @arr.holeyObjects") == [
        "[",
        '    "a",',
        "    hole,",
        '    "b",',
        "]",
    ]
    assert values.text("jsprint -d 1 @obj.nested") == ["{", '    "a": [...],', "}"]
    assert values.text("jsprint @obj.empty") == ["{}"]
    assert values.text("jsprint @arr.empty") == ["[]"]
    assert values.text("jsprint @date.plain") == ["2017-07-14T02:40:00.123Z"]
    assert values.text("jsprint @date.invalid") == ["Invalid Date"]
    assert values.text("jsprint @re.flags") == ["/x/gimsuy"]
    assert values.text("jsprint @fn.declared") == ["function declared"]
    assert values.text("jsprint @bin.on.Int8Array") == ["Int8Array [1, -56, -3, 112]"]
    assert values.text("jsprint @col.set")[:3] == ["Set [", "    1,", '    "two",']
    assert values.text("jsprint @col.map")[:3] == ["Map {", '    "a" => 1,', '    "b" => {']


def test_jsprint_addresses(values: Values) -> None:
    first, second, *_ = values.text("jsprint -a @obj.nested")
    inner = values.json("inspect @obj.nested")[0]["properties"][0]["address"]
    assert first == f"{values.at['obj.nested']}: {{"
    assert second == f'    "a": {inner}: {{'
    assert values.text("jsprint -a @arr.smi")[1] == "    0x100000000: 1,"
    assert values.text("jsprint -b @obj.literal a d") == [f'{values.at["obj.literal"]}: 1 "str"']


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("@obj.nested a.b.c.d", "1"),
        ('@obj.indexed [10] [2] ["-1"]', '"ten" "two" "minus"'),
        ("@arr.thousand [3] [999] length", "4.5 1498.5 1000"),
        ("@arr.nested [1][0][0] [7] [2].length", "2 undefined 0"),
        ("@obj.private #hidden #count pub nothing", '"hidden text" 3 1 undefined'),
        ("@obj.heir own inherited", "2 1"),
        ("@obj.accessors both plain", "<accessor> 3"),
        ("@fn.declared name length prototype.constructor", '"declared" 2 function declared'),
        ("@bin.on.Int8Array [1] length byteLength", "-56 4 4"),
        ("@str.latin1 [1] length", '"é" 13'),
        ("@box.string extra", "1"),
        ("@obj.dictionary key3 key49 key7", '"again" "v49" undefined'),
        ("@num.one nothing", "undefined"),
    ],
)
def test_jsprint_members(values: Values, line: str, said: str) -> None:
    if line.startswith("@num"):
        line = line.replace("@num.one", "0x100000000")
    assert values.text(f"jsprint {line}") == [said]


@pytest.mark.parametrize("path", ["a..b", ".", "[x]", "a[", "[-1]", "a]", '["open]'])
def test_jsprint_refuses_what_is_no_path(path: str) -> None:
    with pytest.raises(UsageError, match="jsprint"):
        Values(PRIMARY[2]).text(f"jsprint @obj.nested {path}")


def test_jsarray(values: Values) -> None:
    assert values.text("jsarray @arr.smi") == [f"{n:#x}00000000:<Smi: {n}>" for n in (1, 2, 3)]
    assert values.text("jsarray -i @arr.holeyDouble") == ["0 1.5", "2 NaN", "3 -0"]
    rows = values.json("jsarray @arr.objects")
    assert [row["value"] for row in rows] == ["a", None, None, None, 5]
    assert [row["class"] for row in rows] == ["String", "Object", "null", "undefined", "Number"]
    assert len(values.json("jsarray @arr.thousand")) == 1000
    assert len(values.json("jsarray @arr.sparse")) == 3
    with pytest.raises(NotAnObject):
        values.text("jsarray @obj.empty")
    with pytest.raises(NotAnObject, match="null"):
        values.text("jsarray 0x0")


def test_jsclosure(values: Values) -> None:
    rows = values.json("jsclosure @fn.closure")
    assert {row["name"]: row["value"] for row in rows} == {
        "p1": "parameter value",
        "closureVar": "closure value",
        "object": None,
        "n": 43,
        "d": 2.25,
        "unset": 43,
    }
    assert {row["level"] for row in rows} == {0}
    more = values.json("jsclosure -a @fn.closure")
    assert {row["level"] for row in more} == {0, 1}
    assert {"values", "truth", "fs"} <= {row["name"] for row in more if row["level"] == 1}
    assert values.text("jsclosure @fn.closure")[0].startswith('"p1": 0x')
    assert values.text("jsclosure @fn.closure")[0].endswith(': "parameter value"')


def test_jsconstructor(values: Values) -> None:
    names = {"class": "Point", "subclass": "Point3", "old": "Old", "literal": "Object"}
    for name, expected in names.items():
        assert values.text(f"jsconstructor @obj.{name}") == [expected]
    row = values.json("jsconstructor @obj.subclass")[0]
    assert row["address"] == values.at["fn.derivedClass"]
    assert row["class"] == "Point3"
    said = values.text("jsconstructor -v @obj.class")
    assert said == [f"Point (JSFunction: {values.at['fn.class']})"]


def test_jsfunction(values: Values) -> None:
    truth = values.run.truth["values"]
    row = values.json("jsfunction @fn.declared")[0]
    assert [row["script"], row["line"], row["column"]] == truth["fn.declared"]["place"]
    assert row["parameters"] == 2
    bound = values.json("jsfunction @fn.bound")[0]
    assert bound["name"] == "toBind"
    assert bound["target"]["internal"]["name"] == "toBind"
    assert bound["this"]["class"] == "Object"
    assert [argument["value"] for argument in bound["arguments"]] == ["barg", 2]
    twice = values.text("jsfunction @fn.boundTwice")
    assert twice[0].startswith("bound function that wraps: 0x")
    assert "function: toBind" in twice
    assert values.text("jsfunction @fn.inferred")[0] == "function: <anonymous> (as holder.assigned)"
    assert values.text("jsfunction @fn.builtin") == ["function: max", "defined in native code"]
    with pytest.raises(NotAnObject):
        values.text("jsfunction @obj.empty")


def test_jsfunctions_counts_closures(values: Values) -> None:
    rows = {row["name"]: row for row in values.json("jsfunctions -s values.js")}
    place = values.run.truth["values"]["fn.declared"]["place"]
    assert rows["declared"]["count"] == 1
    assert [rows["declared"][name] for name in ("script", "line", "column")] == place
    assert rows["declared"]["address"] == values.at["fn.declared"]
    everything = values.json("jsfunctions")
    counts = [row["count"] for row in everything]
    assert counts == sorted(counts)
    closures = values.json("jsfunctions -l")
    assert len(closures) == sum(counts)
    assert len({row["address"] for row in closures}) == len(closures)
    census = {r["name"]: r["count"] for r in values.json("findjsobjects")}
    # The census counts bound functions under Function too.
    wanted = values.session.layout.types["JS_BOUND_FUNCTION"]
    found = values.session.heap.collect(lambda map: map.type == wanted)
    assert census["Function"] == sum(counts) + sum(len(batch) for batch, _ in found)
    with pytest.raises(NothingFound):
        values.text("jsfunctions -n nothing-has-this-name")


def test_jssource(values: Values) -> None:
    script, line, column = values.run.truth["values"]["fn.called"]["place"]
    lines = (values.run.folder / "app" / "values.js").read_text().split("\n")
    rows = values.json("jssource -n 2 @fn.called")
    assert [row["line"] for row in rows] == list(range(line - 2, line + 3))
    assert [row["text"] for row in rows] == lines[line - 3 : line + 2]
    assert [row["inside"] for row in rows] == [False, False, True, False, False]
    assert [row["column"] for row in rows] == [None, None, column, None, None]
    text = values.text("jssource -n 0 @fn.called")
    assert text == [f"function called at {script}:{line}:{column}", f"{line:>6}> {lines[line - 1]}"]
    waits = values.text("jssource -n 0 @gen.started")
    assert waits[0].startswith(f"function gen at {script}:")
    assert "yield gv" in waits[1]
    with pytest.raises(NotAnObject, match="no source"):
        values.text("jssource @fn.builtin")


def test_nodebuffer_saves_the_bytes(values: Values, tmp_path: Path) -> None:
    file = tmp_path / "saved"
    row = values.json(f"nodebuffer -o {file} @bin.buffer.pooled")[0]
    assert file.read_bytes() == b"small buffer data"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (row["class"], row["byte_length"]) == ("Buffer", 17)
    with pytest.raises(Unsupported, match="exists"):
        values.text(f"nodebuffer -o {file} @bin.arrayBuffer")
    assert file.read_bytes() == b"small buffer data"
    values.text(f"nodebuffer --force -o {file} @bin.arrayBuffer")
    assert file.read_bytes() == bytes(range(1, 13))
    values.text(f"nodebuffer --force -o {file} @bin.dataView")
    assert file.read_bytes() == bytes(range(5, 11))
    values.text(f"nodebuffer --force -o {file} @bin.buffer.big")
    assert file.read_bytes() == b"A" * 100000
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]
    with pytest.raises(NotAnObject):
        values.text("nodebuffer @obj.empty")


def test_nodebuffer_writes_nothing_when_bytes_are_missing(tmp_path: Path) -> None:
    from v8inspect.analysis.save import save

    def broken() -> Any:
        yield b"first"
        raise MemoryUnreadable(0x1000, 8)

    with pytest.raises(MemoryUnreadable):
        save(str(tmp_path / "file"), broken())
    assert list(tmp_path.iterdir()) == []


def test_findjsinstances_v_shows_what_inspect_shows(values: Values) -> None:
    plain = values.json("findjsinstances Secret")
    verbose = values.json("findjsinstances -v Secret")
    assert [row["address"] for row in plain] == [row["address"] for row in verbose]
    for row in verbose:
        assert row == values.json(f"inspect {row['address']}")[0]
    assert ".#hidden=" in "\n".join(values.text("findjsinstances -v Secret"))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("0x0", "null"),
        ("0x1234567", "not aligned"),
        ("0x10", "no memory"),
        ("0x7ffffffffffffff8", "no memory"),
        ("0xffffffffffffffff", "not aligned"),
    ],
)
@pytest.mark.parametrize("command", ["inspect", "print", "jsprint", "jsclosure", "nodebuffer"])
def test_what_is_no_object_is_said_once(command: str, address: str, why: str) -> None:
    with pytest.raises(NotAnObject) as caught:
        Values(PRIMARY[2]).text(f"{command} {address}")
    assert why in caught.value.why


def test_tagged_untagged_and_smi_words(values: Values) -> None:
    tagged = int(values.at["obj.literal"], 16)
    assert values.text(f"inspect {tagged:x}") == values.text(f"inspect {tagged - 1:#x}")
    assert values.text("inspect 0x2a00000000") == ["<Smi: 42>"]
    assert values.text("inspect 0xffffffff00000000") == ["<Smi: -1>"]
