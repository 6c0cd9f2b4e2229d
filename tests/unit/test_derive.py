"""Parts of the derivation of unknown layouts, on tables and on made-up memory."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.test_layout_fakes import FakeTarget, memory
from v8inspect.derive.align import FIRST, LAST, aligned, sizes_by_type
from v8inspect.derive.compressed import compression
from v8inspect.derive.derivation import nearest
from v8inspect.derive.types import rising
from v8inspect.errors import FormatUnsupported, LayoutUnknown
from v8inspect.layout import tables
from v8inspect.render.errors import explain
from v8inspect.session import Session

CAGE = 0x7_0000_0000_0000 & ~0xFFFF_FFFF
ISOLATE = 0x5555_0000_1000
META = 0x5555_0010_0000
# Types that are measured on the dump (derive/evidence.py).
MEASURED = (
    "FIXED_ARRAY",
    "ORDERED_HASH_SET",
    "BYTE_ARRAY",
    "FIXED_DOUBLE_ARRAY",
    "BLOCK_CONTEXT",
    "NATIVE_CONTEXT",
    "BYTECODE_ARRAY",
    "DESCRIPTOR_ARRAY",
    "STRONG_DESCRIPTOR_ARRAY",
    "FEEDBACK_CELL",
    "FILLER",
    "FREE_SPACE",
    "MAP",
    "PROPERTY_ARRAY",
    "PROPERTY_CELL",
    "SCOPE_INFO",
    "SHARED_FUNCTION_INFO",
    "SCRIPT",
    "ACCESSOR_INFO",
    "ACCESSOR_PAIR",
    "PROMISE_REACTION",
)
VERSION = b"\0" + b"12.8.374.38-electron.0" + b"\0"
NODE_VERSION = b"\0" + b"15.1.22.3-node.4" + b"\0"


def _process(base: int, header: bytes, text: bytes = VERSION) -> FakeTarget:
    """A process with an Isolate whose cage begins at `base`, and four pages of it."""
    isolate = bytearray(0x1000)
    struct.pack_into("<QQ", isolate, 0x100, base, ISOLATE + 0x100)
    pages = [(CAGE + 0x40000 * i, header + bytes(0x1000 - len(header))) for i in range(1, 5)]
    return FakeTarget(memory((ISOLATE, bytes(isolate)), (META, text + bytes(0x1000)), *pages))


def test_compressed_pointers_are_recognised() -> None:
    """A cage, and page headers with a pointer to what else is known of the page."""
    target = _process(CAGE, struct.pack("<QQ", 2, META))
    assert "compressed pointers" in (compression(target) or "")
    assert "sandbox" not in (compression(target) or "")


def test_a_sandbox_is_recognised() -> None:
    """Page headers with an index of a table instead."""
    assert "sandbox" in (compression(_process(CAGE, struct.pack("<QQ", 2, 17))) or "")


@pytest.mark.parametrize("base", [0, CAGE + 0x1000], ids=["whole pointers", "no cage"])
def test_other_processes_are_not_taken_for_them(base: int) -> None:
    assert compression(_process(base, struct.pack("<QQ", 2, META))) is None


@pytest.mark.parametrize("text", [VERSION, NODE_VERSION, b""])
def test_a_session_refuses_them_with_the_reason(text: bytes) -> None:
    session = Session(_process(CAGE, struct.pack("<QQ", 2, 17), text))
    with pytest.raises(FormatUnsupported) as caught:
        session.layout  # noqa: B018
    assert "sandbox" in caught.value.feature


def test_a_version_without_anything_to_read_is_refused_with_reasons() -> None:
    session = Session(FakeTarget(memory((META, NODE_VERSION + bytes(0x1000)))))
    with pytest.raises(LayoutUnknown) as caught:
        session.layout  # noqa: B018
    assert caught.value.reasons == ("no V8 page was found: its header is like in no known version",)
    what, _ = explain(caught.value)
    assert "15.1.22.3-node.4 is not known" in what
    assert "no V8 page was found" in what


def test_other_embedders_are_not_guessed() -> None:
    session = Session(FakeTarget(memory((META, VERSION + bytes(0x1000)))))
    with pytest.raises(LayoutUnknown) as caught:
        session.layout  # noqa: B018
    assert caught.value.reasons == ("it is not of Node.js",)


def test_the_nearest_versions_come_first() -> None:
    """One on either side of it, as V8 counts: 13.9 was followed by 14.0."""
    first, second, *_ = (table.v8 for table in nearest("14.3.1.2-node.1"))
    known = [float(name) for name in tables.known()]
    assert {float(first), float(second)} == {
        max(number for number in known if number <= 14.2),
        min(number for number in known if number >= 14.4),
    }
    assert nearest("99.1")[0].v8 == tables.known()[-1]


@pytest.mark.parametrize("old", ["11.3", "12.4", "13.6"])
@pytest.mark.parametrize("new", ["11.3", "12.4", "13.6"])
def test_types_are_found_by_their_place(old: str, new: str) -> None:
    """Of two tables: with some types known, those between them come out right, or not at all."""
    a, b = tables.load(old), tables.load(new)
    known = {
        a.instance_types[n].value: b.instance_types[n].value
        for n in MEASURED
        if n in a.instance_types
    }
    fixed = rising(known)
    pairs = aligned(sizes_by_type(a.read_only_maps), sizes_by_type(b.read_only_maps), fixed)
    right = wrong = 0
    for name, type_ in a.instance_types.items():
        if not FIRST <= type_.value <= LAST or name not in b.instance_types:
            continue
        if type_.value in pairs:
            right += pairs[type_.value] == b.instance_types[name].value
            wrong += pairs[type_.value] != b.instance_types[name].value
    assert all(pairs[x] == y for x, y in fixed.items())
    print(right, wrong)
    assert right >= 5 * wrong
    assert right >= 85


def test_a_folder_of_tables_can_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "TABLES", tmp_path)
    assert tables.known() == []
    source = Path(tables.__file__).with_name("tables") / "v8-12.4.json"
    (tmp_path / source.name).write_bytes(source.read_bytes())
    assert tables.known() == ["12.4"]
    assert replace(tables.load("12.4")).v8 == "12.4"
