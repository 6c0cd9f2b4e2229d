"""`layout learn` against the tables that were made by hand: what it derives is what they say.

The table of the version itself is not among those that it takes numbers from.
"""

from __future__ import annotations

import sys

import pytest

from tests.provision.nodes import node
from tests.unit.test_layout_fakes import NODES
from v8inspect.layout import tables
from v8inspect.learn.learn import Learnt, learn

pytestmark = [
    pytest.mark.dumps,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads processes of Linux"),
]

HAND_MADE = ("10.2", "11.3", "12.4", "13.6", "14.6")
_GATE = "11.3"
VERSIONS = [v if v == _GATE else pytest.param(v, marks=pytest.mark.slow) for v in HAND_MADE]

NOT_DERIVED = frozenset(
    [
        "Builtins.array_buffer_is_resizable_bit",
        "Builtins.async_function_promise",
        "Builtins.external_value",
        "Builtins.view_flags",
        "Builtins.view_is_backed_by_rab_bit",
        "Builtins.view_is_length_tracking_bit",
        "BytecodeArray.interpreter_data_array",
        "CallSiteInfo.code",
        "CallSiteInfo.code_offset",
        "CallSiteInfo.flags",
        "CallSiteInfo.flat_words",
        "CallSiteInfo.function",
        "CallSiteInfo.receiver",
        "CallSiteInfo.stack_data_sites",
        "Code.kind_maglev",
        "Deoptimization.maglev_safepoint_counts",
        "Dictionary.enumeration_index_mask",
        "FixedArray.weak_array_list_capacity",
        "FixedArray.weak_array_list_data",
        "FixedArray.weak_array_list_length",
        "Foreign.address",
        "Frame.api_callback_argc",
        "Frame.api_callback_new_target",
        "Frame.api_callback_receiver",
        "Frame.api_callback_target",
        "Heap.max_old_generation_size",
        "Map.has_prototype_slot_bit",
        "Map.is_callable_bit",
        "Map.is_constructor_bit",
        "Map.is_prototype_map_bit",
        "Map.new_target_is_base_bit",
        "Microtask.closure_first_slot",
        "Microtask.combinator_capability_slot",
        "Microtask.first_field",
        "Microtask.queue_capacity",
        "Microtask.queue_ring_buffer",
        "Microtask.queue_size",
        "Microtask.queue_start",
        "Module.cell_value",
        "Page.from_bit",
        "ScopeInfo.locals_block_list_bit",
        "ScopeInfo.saved_class_variable_bit",
        "ScopeInfo.scope_type_repl",
        "ScopeInfo.scope_type_shadow_realm",
        "Script.type",
        "SharedFunctionInfo.function_kind_mask",
        "SloppyArguments.mapped_entries",
        "Symbol.flags",
        "Symbol.private_mask",
        "Symbol.private_name_mask",
        "ThreadLocalTop.embedded_blob_code",
        "ThreadLocalTop.fast_c_call_caller_fp",
        "ThreadLocalTop.fast_c_call_caller_pc",
    ]
)
"""What may be taken over from another version's table, on any of the five."""

ALIASES = {"DEPENDENT_CODE"}  # instance types that V8 prints under another name


@pytest.fixture(scope="module", params=VERSIONS)
def learnt(request: pytest.FixtureRequest) -> Learnt:
    found = learn(str(node(NODES[request.param][0])))
    print(f"{request.param}: not derived: {' '.join(found.not_derived)}")
    for remark in found.record.remarks:
        print(remark)
    assert found.document["v8"] == request.param
    return found


def test_every_derived_constant_is_that_of_the_hand_made_table(learnt: Learnt) -> None:
    truth = tables.load(learnt.document["v8"]).constants
    derived = learnt.record.derived
    wrong = {
        name: (found.value, truth[name].value if name in truth else None)
        for name, found in derived.items()
        if name not in truth or truth[name].value != found.value
    }
    assert wrong == {}
    # Of arm64 an x64 binary says nothing: such constants are left out.
    assert [n for n in learnt.record.absent if n in truth and not n.endswith("_arm64")] == []
    assert len(derived) > 180


def test_what_is_taken_over_is_little_and_known(learnt: Learnt) -> None:
    assert set(learnt.not_derived) <= NOT_DERIVED
    assert len(learnt.not_derived) <= 46


def test_types_kinds_frames_and_bytecodes_are_those_of_the_hand_made_table(learnt: Learnt) -> None:
    truth = tables.load(learnt.document["v8"])
    made = tables.parse(truth.v8, learnt.text.encode())
    for ours, theirs in (
        (made.instance_types, truth.instance_types),
        (made.elements_kinds, truth.elements_kinds),
        (made.frame_types, truth.frame_types),
    ):
        for name, number in ours.items():
            if name in theirs:
                assert (name, number.value) == (name, theirs[name].value)
    strings = {name for name in truth.instance_types if name.endswith("STRING")}
    assert set(truth.instance_types) - set(made.instance_types) - strings - ALIASES == set()
    assert set(truth.elements_kinds) == set(made.elements_kinds)
    assert set(truth.frame_types) == set(made.frame_types)
    assert list(made.bytecode_sizes) == list(truth.bytecode_sizes)
    assert [o.value for o in made.translation_opcodes.values()] == [
        o.value for o in truth.translation_opcodes.values()
    ]
    assert set(made.read_only_maps) == set(truth.read_only_maps)


def test_measured_sizes_and_spaces_are_those_of_the_hand_made_table(learnt: Learnt) -> None:
    truth = tables.load(learnt.document["v8"])
    made = tables.parse(truth.v8, learnt.text.encode())
    rules = learnt.document["size_rules"]
    measured = [name for name, rule in rules.items() if rule["source"] == "measured"]
    assert len(measured) > 15
    for name in measured:
        if name in truth.size_rules:
            assert (name, made.size_rules[name]) == (name, truth.size_rules[name])
    for name, space in made.spaces.items():
        if space.source == "measured":
            assert (name, space.value) == (name, truth.spaces[name].value)


def test_its_heap_is_counted_as_in_v8s_snapshot(learnt: Learnt) -> None:
    assert learnt.census_equal > 0.999
