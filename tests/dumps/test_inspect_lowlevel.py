"""v8str, v8map, v8context, … on values.js, all versions."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.dumps.support import PRIMARY, opened
from tests.dumps.test_inspect_commands import Values, values
from v8inspect.errors import ModuleNeeded, NotAnObject, NothingFound
from v8inspect.objects.reader import reader_of

__all__ = ["values"]


def test_v8str_text_and_structure(values: Values) -> None:
    truth = values.run.truth["values"]
    for name in ("str.latin1", "str.twoByte", "str.astral", "str.control", "str.empty"):
        row = values.json(f"v8str @{name}")[0]
        assert row["text"] == truth[name]["v"]
        assert "more" not in row
    sliced = values.json("v8str -v @str.sliced")[0]
    assert sliced["shape"] == "sliced"
    assert [part["role"] for part in sliced["parts"]] == ["", "parent"]
    assert sliced["parts"][1]["offset"] == 5
    cons = values.json("v8str -v @str.cons")[0]
    assert [part["role"] for part in cons["parts"]] in (["", "left", "right"], [""])
    deep = values.json("v8str -v -N 10 @str.consDeepLeft")[0]
    assert deep["more"] == truth["str.consDeepLeft"]["length"] - 10
    assert len(deep["parts"]) == 1000
    assert deep["parts_more"] is True
    lines = values.text("v8str -N 20 @str.long")
    assert lines == ["L" * 20, "… and 299980 more (-N 0 shows all)"]
    with pytest.raises(NotAnObject, match="not a string"):
        values.text("v8str @obj.empty")


def test_v8str_saves_all_characters(values: Values, tmp_path: Path) -> None:
    truth = values.run.truth["values"]
    file = tmp_path / "text"
    for name in ("str.astral", "str.latin1", "str.loneSurrogate", "str.control"):
        values.text(f"v8str --force -o {file} @{name}")
        assert file.read_bytes().decode("utf-8", "surrogatepass") == truth[name]["v"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    values.text(f"v8str --force -o {file} @str.external")
    assert len(file.read_text()) == 1_100_000
    values.text(f"v8str --force -o {file} @str.externalTwo")
    assert file.read_text()[:12] == "wide 一wide 一"
    assert [path.name for path in tmp_path.iterdir()] == ["text"]


def test_v8type(values: Values) -> None:
    kinds = {
        "obj.literal": ("JS_OBJECT", "Object"),
        "arr.smi": ("JS_ARRAY", "Array"),
        "col.map": ("JS_MAP", "Map"),
        "fn.declared": ("JS_FUNCTION", "Function"),
        "err.custom": ("JS_ERROR", "Custom"),
    }
    for name, expected in kinds.items():
        row = values.json(f"v8type @{name}")[0]
        assert (row["type"], row["class"]) == expected
        assert row["number"] == values.session.layout.types[expected[0]]
    map_ = values.json("v8map @obj.literal")[0]["address"]
    assert values.json(f"v8type {map_}")[0]["class"] == "Map"


def test_v8map(values: Values) -> None:
    row = values.json("v8map @obj.class")[0]
    assert row["type"] == "JS_OBJECT"
    assert [item["key"] for item in row["descriptors"]] == ["x", "y"]
    assert row["constructor"]["address"] == values.at["fn.class"]
    assert row["own_descriptors"] == 2
    assert row == values.json(f"v8map {row['address']}")[0]
    double = values.json("v8map @obj.doubles")[0]
    assert [item["representation"] for item in double["descriptors"]] == ["double", "double"]
    assert "dictionary_map" in values.json("v8map @obj.dictionary")[0]["flags"]
    flags = {
        i["key"]: i["attributes"] for i in values.json("v8map @obj.attributes")[0]["descriptors"]
    }
    for number in range(8):
        wanted = "".join(c for bit, c in enumerate("rec") if not number >> bit & 1)
        assert flags[f"f{number}"] == wanted
    kinds = {
        name: values.json(f"v8map @arr.{name}")[0]["elements_kind"]
        for name in ("smi", "double", "holeySmi", "sparse")
    }
    assert kinds == {
        "smi": "PACKED_SMI",
        "double": "PACKED_DOUBLE",
        "holeySmi": "HOLEY_SMI",
        "sparse": "DICTIONARY",
    }


def test_v8context_and_v8scopeinfo(values: Values) -> None:
    rows = values.json("v8context @fn.closure")
    names = ["p1", "closureVar", "object", "n", "d", "unset"]
    assert [row["name"] for row in rows][:2] == ["(scope_info)", "(previous)"]
    assert [row["name"] for row in rows if row["name"][:1] != "("] == names
    assert [row["index"] for row in rows] == list(range(len(rows)))
    found = {row["name"]: row["value"] for row in rows}
    assert (found["n"], found["d"]) == (43, 2.25)
    scope = values.json("v8scopeinfo @fn.closure")[0]
    assert scope["kind"] == "function"
    assert scope["function"] == "outer"
    assert scope["locals"] == names
    assert scope["address"] == rows[0]["address"]
    assert scope["parameters"] == 1
    many = values.json("v8scopeinfo @fn.manyVariables")[0]
    assert many["locals"] == [f"cv{i}" for i in range(100)]


def test_v8array(values: Values) -> None:
    rows = values.json("v8array @arr.objects")
    assert [row["value"] for row in rows][:5] == ["a", None, None, None, 5]
    doubles = values.json("v8array -i @arr.double")
    assert [row["value"] for row in doubles] == [1.5, -2.5, -0.0, "NaN", "Infinity"]
    fields = {row["name"]: row for row in values.json("v8print @obj.dictionary")}
    store = fields["properties_or_hash"]["of"]
    assert store["type"] == "NAME_DICTIONARY"
    slots = values.json(f"v8array {store['address']}")
    assert len(slots) == store["length"]
    assert {"key0", "key49"} <= {row["value"] for row in slots}
    with pytest.raises(NotAnObject):
        values.text("v8array @str.latin1")


def test_v8internal(values: Values) -> None:
    rows = values.json("v8internal @node.port")
    assert [row["index"] for row in rows] == list(range(len(rows)))
    assert rows[1]["native_class"] == "node::worker::MessagePort"
    assert values.json("v8internal @node.port 1") == [rows[1]]
    with pytest.raises(NothingFound):
        values.text("v8internal @node.port 99")
    with pytest.raises(NotAnObject):
        values.text("v8internal @obj.empty")


def test_v8function_and_v8code(values: Values) -> None:
    row = values.json("v8function @fn.called")[0]
    assert row["name"] == "called"
    assert row["parameters"] == 3
    assert row["bytecode"]["type"] == "BYTECODE_ARRAY"
    code = values.json("v8code -b @fn.called")[0]
    assert code["kind"] == "bytecode"
    assert code["parameters"] == 4
    assert len(code["bytes"]) == 2 * code["size"]
    assert code == values.json(f"v8code -b {row['bytecode']['address']}")[0]
    handles = values.session.layout.JSFunction.code_is_dispatch_handle
    assert (row["code"] is None) == bool(handles)
    if not handles:
        builtin = values.json("v8code @fn.builtin")[0]
        assert builtin["kind"] == "machine"
    with pytest.raises(NotAnObject):
        values.text("v8code @obj.empty")


def test_v8code_machine_code_of_builtins(values: Values) -> None:
    """Builtins have Code objects in all versions; symbols name those in the executable."""
    wanted = values.session.layout.types["CODE"]
    seen = 0
    for addresses, _ in values.session.heap.collect(lambda map: map.type == wanted):
        for address in addresses[:200]:
            row = values.json(f"v8code {address:#x}")[0]
            assert row["size"] > 0
            assert int(row["start"], 16) > 0x1000
            seen += 1
    assert seen >= 100


def test_v8code_disassembles_with_capstone_only(values: Values) -> None:
    wanted = values.session.layout.types["CODE"]
    addresses, _ = next(values.session.heap.collect(lambda map: map.type == wanted))
    try:
        import capstone  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        with pytest.raises(ModuleNeeded, match="capstone"):
            values.text(f"v8code -d {addresses[0]:#x}")
    else:
        assert len(values.json(f"v8code -d {addresses[0]:#x}")) > 1


def test_v8print_names_every_word(values: Values) -> None:
    rows = values.json("v8print @arr.smi")
    assert [row["offset"] for row in rows] == [0, 8, 16, 24]
    names = [row["name"] for row in rows]
    assert names == ["map", "properties_or_hash", "elements", "array_length"]
    assert rows[3]["of"]["value"] == 3
    again = values.json("v8print @arr.smi JSObject")
    assert [row["name"] for row in again] == [*names[:3], ""]
    named = [row["name"] for row in values.json("v8print @obj.class")]
    assert named[3:5] == [".x", ".y"]
    with pytest.raises(NothingFound):
        values.text("v8print @arr.smi NoSuchClass")
    for name in ("str.cons", "str.long", "bin.on.Int8Array", "date.plain", "fn.closure", "big.two"):
        spans = [(row["offset"], row["size"]) for row in values.json(f"v8print @{name}")]
        ends = [offset + size for offset, size in spans]
        assert all(end <= start for end, (start, _) in zip(ends, spans[1:])), (name, spans)


def test_v8types_v8classes_v8field(values: Values) -> None:
    layout = values.session.layout
    numbers = {row["name"]: row["number"] for row in values.json("v8types")}
    assert numbers == dict(layout.types)
    classes = {row["class"]: row["fields"] for row in values.json("v8classes")}
    assert {"JSFunction", "JSMap", "String", "Context", "SharedFunctionInfo"} <= set(classes)
    fields = {row["field"]: row for row in values.json("v8classes JSFunction")}
    assert fields["context"]["offset"] == layout.JSFunction.context
    assert fields["context"]["source"]
    assert values.json("v8field JSFunction context") == [fields["context"]]
    with pytest.raises(NothingFound):
        values.text("v8field JSFunction nothing")
    frames = {row["name"]: row["number"] for row in values.json("v8frametypes")}
    assert frames["EntryFrame"] == 1
    assert "BaselineFrame" in frames


def test_v8field_defines_one_for_v8print() -> None:
    values = Values(PRIMARY[0])
    values.text("v8field JSDate mine 32")
    rows = {row["offset"]: row["name"] for row in values.json("v8print @date.plain")}
    assert rows[32] == "mine"
    row = next(r for r in values.json("v8classes JSDate") if r["field"] == "mine")
    assert row["source"] == "the user"


@pytest.mark.parametrize("version", PRIMARY)
def test_any_object_of_the_heap_can_be_printed(version: str) -> None:
    """One of every type that the heap has: `inspect`, `print`, `v8print`, `v8map`, `v8type`."""
    values = Values(version)
    _, session = opened(version, "values")
    maps = session.heap.walked()[-1].maps
    seen = set()
    for addresses, indices in session.heap.collect(lambda map: True):
        for address, index in zip(addresses, indices):
            kind = maps[index].type
            if kind in seen:
                continue
            seen.add(kind)
            if reader_of(session).value(address | 1).__class__.__name__ == "Damaged":
                continue
            for command in ("inspect", "inspect -d 3", "print", "v8print", "v8map", "v8type"):
                assert values.json(f"{command} {address:#x}")
                assert values.text(f"{command} {address:#x}")
    assert len(seen) > 100
