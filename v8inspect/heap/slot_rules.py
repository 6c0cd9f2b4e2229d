"""Which slots of which objects are not what their tag says: raw data, and weak ones of V8's.

All other words of an object are tagged ones. Sources: V8_GRAPH §2.2 and §2.4, each slot checked
against V8's own heap snapshots; in V8 the weak lists are those of src/heap/objects-visiting.cc.
"""

from __future__ import annotations

from v8inspect.layout.model import Layout
from v8inspect.scan.graph import (
    SLOTS_CODE,
    SLOTS_HANDLE,
    SLOTS_IN_CODE,
    SLOTS_PAIRS,
    SLOTS_RAW,
    SLOTS_SKIP,
    SLOTS_WEAK,
    SLOTS_WEAK_TAIL,
    SlotRule,
)

# No tagged words behind the Map.
_RAW = (
    "BIG_INT_BASE",
    "BYTE_ARRAY",
    "FEEDBACK_METADATA",
    "FIXED_DOUBLE_ARRAY",
    "FOREIGN",
    "FREE_SPACE",
    "HEAP_NUMBER",
    "TRUSTED_BYTE_ARRAY",
)
_BYTECODES = 48  # of a BytecodeArray: its own tagged fields end before, bytes follow
_ALLOCATION_SITE_NEXT = 40  # weak_next
_CODE_DATA_NEXT = 8  # next_code_link (10.2)
_TAIL_WORDS = 2  # of a native context: the next one, and a raw pointer
_TAIL_WORDS_WITH_CODE = 4  # 10.2: the lists of optimised and of deoptimised code too


def _code_rules(layout: Layout) -> list[tuple[str, int, int]]:
    """Tagged words of machine code objects: the header's, then pointers in the code."""
    code, word = layout.Code, layout.tagged_size
    if code.instruction_stream_code is None:
        tagged = code.instruction_size  # from relocation_info to code_data_container
        return [("CODE", SLOTS_RAW, tagged), ("CODE", SLOTS_CODE, tagged)]
    tagged = code.instruction_stream_code + word
    if "trusted" in layout.space_names.values():  # from 12 on it has the relocation_info
        tagged += word
    return [("INSTRUCTION_STREAM", SLOTS_RAW, tagged), ("INSTRUCTION_STREAM", SLOTS_CODE, tagged)]


def _buffer_rules(layout: Layout) -> list[tuple[str, int, int]]:
    """Numbers and pointers of buffers and their views. V8 does not always write them, so that an
    object's address may be left there."""
    raw = layout.Builtins
    view = (raw.view_byte_offset, raw.view_byte_length)
    words = {
        "JS_ARRAY_BUFFER": (
            raw.array_buffer_byte_length,
            raw.array_buffer_max_byte_length,
            raw.array_buffer_backing_store,
            raw.array_buffer_extension,
            raw.array_buffer_flags,
        ),
        "JS_TYPED_ARRAY": (*view, raw.typed_array_length, raw.typed_array_external_pointer),
        "JS_DATA_VIEW": (*view, raw.data_view_data_pointer),
        "JS_RAB_GSAB_DATA_VIEW": (*view, raw.data_view_data_pointer),
    }
    return [(name, SLOTS_SKIP, at) for name, slots in words.items() for at in slots if at]


def slot_rules(layout: Layout) -> list[SlotRule]:
    """The rules for this V8."""
    types, word = layout.types, layout.tagged_size
    with_code_lists = "CODE_DATA_CONTAINER" in types
    tail = word * (_TAIL_WORDS_WITH_CODE if with_code_lists else _TAIL_WORDS)
    wanted = [
        *((name, SLOTS_RAW, word) for name in _RAW),
        ("BYTECODE_ARRAY", SLOTS_RAW, _BYTECODES),
        ("JS_WEAK_REF", SLOTS_WEAK, layout.Builtins.weak_ref_target),
        ("WEAK_CELL", SLOTS_WEAK, layout.WeakCell.target),
        ("WEAK_CELL", SLOTS_WEAK, layout.WeakCell.unregister_token),
        ("NATIVE_CONTEXT", SLOTS_WEAK_TAIL, tail),
        ("ALLOCATION_SITE", SLOTS_WEAK, _ALLOCATION_SITE_NEXT),
        ("CODE_DATA_CONTAINER", SLOTS_WEAK, _CODE_DATA_NEXT),
        (
            "EPHEMERON_HASH_TABLE",
            SLOTS_PAIRS,
            layout.FixedArray.data + word * layout.Dictionary.prefix_start,
        ),
    ]
    wanted += [
        *_code_rules(layout),
        *_buffer_rules(layout),
        *((name, SLOTS_IN_CODE, 0) for name in types if name.endswith("_CONTEXT")),
        *((name, SLOTS_IN_CODE, 0) for name in ("MAP", "PROPERTY_CELL")),
    ]
    rules = [SlotRule(types[name], rule, first) for name, rule, first in wanted if name in types]
    if layout.JSFunction.code_is_dispatch_handle:
        rules += [
            SlotRule(type_, SLOTS_HANDLE, layout.JSFunction.code)
            for type_ in range(layout.first_js_function_type, layout.last_js_function_type + 1)
        ]
    return rules
