"""resolve: the table of the dump's V8, checked and overridden by the binary's own symbols."""

from __future__ import annotations

import json
from typing import Mapping

import pytest

from tests.unit.test_layout_fakes import NODES, VERSIONS, FakeTarget, memory, with_ints
from v8inspect.errors import FormatUnsupported, LayoutIncomplete, LayoutUnknown, NoV8
from v8inspect.layout import for_version, resolve, tables, v8dbg
from v8inspect.layout.model import Layout
from v8inspect.target import Module

SANE = {"TaggedSize": 8, "HeapObjectTag": 1, "HeapObjectTagMask": 3, "SmiTagMask": 1}
TEXT = b"\0" + NODES["12.4"][1].encode() + b"\0"


def resolved(ints: Mapping[str, int], text: bytes = TEXT) -> Layout:
    return resolve(with_ints({**SANE, **ints}, text))


def source(layout: Layout, name: str) -> str:
    return next(constant.source for constant in layout.constants if constant.name == name)


@pytest.mark.parametrize("version", VERSIONS)
def test_without_symbols_it_is_the_table(version: str) -> None:
    full = NODES[version][1]
    found = resolve(FakeTarget(memory((0x5000, b"\0" + full.encode() + b"\0"))))
    assert found == for_version(full)
    assert not found.warnings
    assert found.constants


def test_symbol_that_agrees_is_told_in_the_source() -> None:
    found = resolved({"class_JSFunction__shared__SharedFunctionInfo": 32, "FirstContextType": 190})
    assert not found.warnings
    assert "v8dbg_FirstContextType of this binary agrees" in source(found, "Context.first_type")
    assert "this binary" not in source(found, "Context.last_type")


def test_symbol_that_disagrees_is_believed_and_reported() -> None:
    found = resolved({"class_JSFunction__context__Tagged_Context_": 48})
    assert found.JSFunction.context == 48
    (warning,) = found.warnings
    assert "JSFunction.context" in warning
    assert "48" in warning
    assert "40" in warning
    assert "12.4" in warning
    assert "table: 40" in source(found, "JSFunction.context")


def test_zero_is_a_value() -> None:
    found = resolved({"SeqStringTag": 0, "context_idx_scope_info": 0, "OddballFalse": 0})
    assert not found.warnings
    assert "agrees" in source(found, "Oddball.kind_false")


def test_masks_become_bits() -> None:
    ints = {"prop_kind_mask": 1, "prop_index_mask": 0x1FF80000, "prop_representation_mask": 448}
    assert not resolved(ints).warnings
    changed = resolved({"prop_kind_mask": 2, "prop_index_mask": 0x3FF00000})
    assert changed.DescriptorArray.kind_bit == 1
    assert len(changed.warnings) == 1  # the index mask moved, its width did not
    assert changed.DescriptorArray.field_index_mask == 0x3FF


def test_stem_does_not_take_a_longer_name() -> None:
    found = resolved({"class_Map__prototype_info__Object": 64, "class_JSFunction__code_x__int": 8})
    assert not found.warnings
    assert found.Map.prototype == 24


def test_contradicting_symbols_of_one_stem_are_ignored() -> None:
    found = resolved({"class_Map__prototype__Object": 24, "class_Map__prototype__HeapObject": 32})
    assert found.Map.prototype == 24
    assert not found.warnings


def test_many_disagreements_are_summed_up() -> None:
    names = [symbol.stem for symbol in v8dbg.TRUSTED if symbol.constant.startswith("String.")]
    found = resolved({name: 99 for name in names})
    assert len(found.warnings) == 6
    assert f"{len(names) - 5} more" in found.warnings[-1]


def test_untrusted_symbols_change_nothing() -> None:
    found = resolved({f"{stem}__Object": 77 for stem in v8dbg.UNTRUSTED})
    assert not found.warnings
    plain = for_version(NODES["12.4"][1])
    assert (found.JSObject, found.Map, found.Builtins) == (
        plain.JSObject,
        plain.Map,
        plain.Builtins,
    )


def test_instance_type_is_overridden_with_what_follows_from_it() -> None:
    """A build with one type more, or one less, moves all that stand behind it."""
    table = tables.load("12.4").instance_types
    names = [
        name for name in table if name >= "JS_" and table[name].value >= table["JS_ERROR"].value
    ]
    moved = {f"type_X__{name}_TYPE": table[name].value + 1 for name in names}
    found = resolved(moved)
    assert found.types["JS_ERROR"] == table["JS_ERROR"].value + 1
    assert found.type_names[table["JS_ERROR"].value + 1] == "JS_ERROR"
    assert found.types["JS_ARRAY"] == table["JS_ARRAY"].value
    assert found.first_js_receiver_type == table["JS_PROXY"].value
    assert any("more constants" in warning for warning in found.warnings)
    sizes = dict(found.read_only_maps)
    assert sizes  # still a fingerprint, in the numbers of this build
    numbers = list(found.types.values())
    assert len(numbers) - len(set(numbers)) == 0


def test_type_that_another_takes_the_number_of_is_dropped() -> None:
    table = tables.load("12.4").instance_types
    hole = table["TURBOFAN_RANGE_TYPE"].value
    found = resolved({"type_Odd__ODD_NEWCOMER_TYPE": hole})
    assert found.type_names[hole] == "ODD_NEWCOMER"
    assert "TURBOFAN_RANGE_TYPE" not in found.types
    assert "TURBOFAN_RANGE_TYPE" in found.warnings[0]


def test_required_type_that_is_displaced_is_refused_by_name() -> None:
    number = tables.load("12.4").instance_types["NAME_DICTIONARY"].value
    with pytest.raises(LayoutIncomplete) as caught:
        resolved({"type_Odd__ODD_NEWCOMER_TYPE": number})
    assert caught.value.missing == ("type NAME_DICTIONARY",)


def test_derived_types_follow_when_functions_move() -> None:
    found = resolved({"type_JSFunction__JS_FUNCTION_TYPE": 2100})
    assert (found.first_js_function_type, found.last_js_function_type) == (2100, 2116)
    both = {"FirstJSFunctionType": 2099, "LastJSFunctionType": 2120}
    found = resolved({"type_JSFunction__JS_FUNCTION_TYPE": 2100, **both})
    assert (found.first_js_function_type, found.last_js_function_type) == (2099, 2120)


@pytest.mark.parametrize("ints", [{"HeapObjectTag": 0}, {"TaggedSize": 0, "SmiTagMask": 7}])
def test_symbols_that_are_not_v8s_are_not_believed(ints: Mapping[str, int]) -> None:
    """As when the page of the symbols is not in the dump and reads as zeros."""
    found = resolved({"class_JSFunction__context__Context": 0, **ints})
    assert found.JSFunction.context == 40
    (warning,) = found.warnings
    assert "not believed" in warning
    assert all(f"v8dbg_{name}" in warning for name in ints)


def test_unreadable_symbols_are_left_out() -> None:
    target = with_ints({**SANE, "FirstContextType": 190}, TEXT)
    target.symbols_ = {**target.symbols_, "v8dbg_LastContextType": 0x900000}
    found = resolve(target)
    assert "agrees" in source(found, "Context.first_type")
    assert "this binary" not in source(found, "Context.last_type")


def test_compressed_pointers_are_refused() -> None:
    with pytest.raises(FormatUnsupported) as caught:
        resolved({"TaggedSize": 4})
    assert "compressed" in caught.value.feature


def test_executable_of_another_v8_is_not_believed() -> None:
    """Its version is not the one that stands at the start of the dump's C heap."""
    target = with_ints({**SANE, "class_JSFunction__context__Context": 32})
    text, pointer, c_heap = 0x9000, 0xA000, 0x20000
    target.segments_ = memory(
        *((s.start, bytes(s.buffer[:])) for s in target.segments_ if s.size),
        (text, NODES["11.3"][1].encode() + b"\0"),
        (pointer, text.to_bytes(8, "little")),
        (c_heap, TEXT),
    )
    target.read_only = (text,)
    target.symbols_ = {**target.symbols_, "_ZN2v88internal7Version15version_string_E": pointer}
    target.modules_ = (Module("node", 0, 0xB000, is_executable=True),)
    found = resolve(target)
    assert found.version == NODES["12.4"][1]
    assert found.JSFunction.context == 40
    (warning,) = found.warnings
    assert NODES["11.3"][1] in warning
    assert "executable" in warning


def test_unknown_version_is_refused_with_the_known_ones() -> None:
    with pytest.raises(LayoutUnknown) as caught:
        resolved({}, b"\0" + b"15.1.2.3-node.4\0")
    assert (caught.value.version, caught.value.known) == ("15.1.2.3-node.4", VERSIONS)


def test_no_version_is_no_v8() -> None:
    with pytest.raises(NoV8):
        resolve(FakeTarget(memory((0x1000, bytes(4096)))))


def test_electron_is_named_in_the_refusal() -> None:
    with pytest.raises(LayoutUnknown) as caught:
        resolved({}, b"\0" + b"12.4.254.14-electron.0\0")
    assert caught.value.version == "12.4.254.14-electron.0"


def test_incomplete_table_is_refused_with_all_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = json.loads((tables.TABLES / "v8-12.4.json").read_text())
    for name in ("Map.prototype", "Page.heap"):
        del data["constants"][name]
    broken = tables.parse("12.4", json.dumps(data).encode())
    monkeypatch.setattr(tables, "load", lambda name: broken)
    with pytest.raises(LayoutIncomplete) as caught:
        resolved({})
    assert caught.value.missing == ("Page.heap", "Map.prototype")


def test_target_that_reads_symbols_as_linked_is_asked() -> None:
    class Linked(FakeTarget):
        def symbol_ints(self, prefix: str) -> Mapping[str, int]:
            assert prefix == v8dbg.PREFIX
            return {prefix + name: value for name, value in {**SANE, "OddballNull": 9}.items()}

    assert resolve(Linked(memory((0x1000, TEXT)))).Oddball.kind_null == 9
