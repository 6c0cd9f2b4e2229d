"""What may stay of each kind of object when values are masked, as data for the scanner.

What no rule names keeps its references and loses its numbers. Kept whole are objects that V8 makes
of code, not of data. Offsets are those of the layout; the others stand in V8_LAYOUT §5.
"""

from __future__ import annotations

from typing import Iterator

from v8inspect.layout.model import Layout
from v8inspect.scan.redact import (
    BUCKETS,
    BYTECODES,
    DOUBLES,
    ENTRIES,
    KEEP,
    KEPT,
    KEPT_PARTS,
    KEY,
    NAME,
    NAME_PARTS,
    PROPERTY,
    RAW,
    RECEIVER,
    SLOTS,
    SOURCE,
    MarkRule,
    RedactRule,
)

_NONE = 0xFFFFFFFF
_SMI_KEEPERS = (
    "ACCESSOR_INFO",
    "ACCESSOR_PAIR",
    "ALLOCATION_SITE",
    "BYTECODE_WRAPPER",
    "CALL_SITE_INFO",
    "CODE",
    "CODE_DATA_CONTAINER",
    "CODE_WRAPPER",
    "DESCRIPTOR_ARRAY",
    "ERROR_STACK_DATA",
    "FEEDBACK_CELL",
    "FEEDBACK_METADATA",
    "FUNCTION_TEMPLATE_INFO",
    "HOLE",
    "INTERPRETER_DATA",
    "MAP",
    "MODULE_REQUEST",
    "NAME_TO_INDEX_HASH_TABLE",
    "OBJECT_TEMPLATE_INFO",
    "ODDBALL",
    "PREPARSE_DATA",
    "PROMISE_CAPABILITY",
    "PROMISE_REACTION",
    "PROTOTYPE_INFO",
    "SCOPE_INFO",
    "SCRIPT",
    "SHARED_FUNCTION_INFO",
    "SHARED_FUNCTION_INFO_WRAPPER",
    "SLOPPY_ARGUMENTS_ELEMENTS",
    "SOURCE_TEXT_MODULE",
    "SOURCE_TEXT_MODULE_INFO_ENTRY",
    "STACK_TRACE_INFO",
    "STRONG_DESCRIPTOR_ARRAY",
    "SYMBOL",
    "SYNTHETIC_MODULE",
    "TRANSITION_ARRAY",
    "UNCOMPILED_DATA_WITHOUT_PREPARSE_DATA",
    "UNCOMPILED_DATA_WITHOUT_PREPARSE_DATA_WITH_JOB",
    "UNCOMPILED_DATA_WITH_PREPARSE_DATA",
    "UNCOMPILED_DATA_WITH_PREPARSE_DATA_AND_JOB",
)
_ARRAYS = (  # length, then values
    "CLOSURE_FEEDBACK_CELL_ARRAY",
    "EMBEDDER_DATA_ARRAY",
    "FIXED_ARRAY",
    "HASH_TABLE",
    "PROPERTY_ARRAY",
    "PROTECTED_FIXED_ARRAY",
    "PROTECTED_WEAK_FIXED_ARRAY",
    "REGISTERED_SYMBOL_TABLE",
    "TRUSTED_FIXED_ARRAY",
    "TRUSTED_WEAK_FIXED_ARRAY",
    "WEAK_FIXED_ARRAY",
    "DOUBLE_STRING_CACHE",
)
# Receivers whose own fields are V8's: what is in them is no value but for the offsets given.
_RECEIVERS = (
    "JS_ARRAY",
    "JS_ARRAY_BUFFER",
    "JS_BOUND_FUNCTION",
    "JS_DATA_VIEW",
    "JS_EXTERNAL_OBJECT",
    "JS_FINALIZATION_REGISTRY",
    "JS_GLOBAL_OBJECT",
    "JS_GLOBAL_PROXY",
    "JS_MAP",
    "JS_MESSAGE_OBJECT",
    "JS_MODULE_NAMESPACE",
    "JS_PROMISE",
    "JS_PROXY",
    "JS_RAB_GSAB_DATA_VIEW",
    "JS_REG_EXP",
    "JS_SET",
    "JS_TYPED_ARRAY",
    "JS_WEAK_MAP",
    "JS_WEAK_REF",
    "JS_WEAK_SET",
    "JS_MAP_KEY_ITERATOR",
    "JS_MAP_KEY_VALUE_ITERATOR",
    "JS_MAP_VALUE_ITERATOR",
    "JS_SET_KEY_VALUE_ITERATOR",
    "JS_SET_VALUE_ITERATOR",
)
_GENERATORS = ("JS_ASYNC_FUNCTION_OBJECT", "JS_ASYNC_GENERATOR_OBJECT", "JS_GENERATOR_OBJECT")
_REGEXP_FIELDS = 3  # words of a JSRegExp behind its header: data, source, flags; last_index follows


def mark_rules(layout: Layout, keep_keys: bool = False) -> list[MarkRule]:
    """Which slots tell what is a name, a source, or needed as it is.

    The keys of dictionaries and names of properties that are no identifiers may be data (session
    ids, addresses of people): with `keep_keys` they are names too.
    """
    key, property_ = (NAME, NAME) if keep_keys else (KEY, PROPERTY)
    types = layout.types
    word, data = layout.tagged_size, layout.FixedArray.data
    entries = data + word * (layout.Dictionary.prefix_start + layout.Dictionary.name_prefix)
    script, shared, code = layout.Script, layout.SharedFunctionInfo, layout.Code
    arrays = layout.BytecodeArray
    wanted = [
        ("SCRIPT", SOURCE, script.source, 0),
        ("SCRIPT", NAME, script.name, 0),
        ("SCRIPT", NAME, script.source_url, 0),
        ("SCRIPT", KEPT, script.line_ends, 0),
        ("SHARED_FUNCTION_INFO", NAME, shared.name_or_scope_info, 0),
        ("SYMBOL", NAME, layout.Symbol.description, 0),
        ("PROPERTY_CELL", NAME, layout.PropertyCell.name, 0),
        ("SCOPE_INFO", NAME, word, 1),
        ("DESCRIPTOR_ARRAY", property_, layout.DescriptorArray.header_size, 3),
        ("STRONG_DESCRIPTOR_ARRAY", property_, layout.DescriptorArray.header_size, 3),
        ("TRANSITION_ARRAY", property_, data, 1),
        ("NAME_DICTIONARY", key, entries, 3),
        ("NAME_TO_INDEX_HASH_TABLE", NAME, data, 1),
        ("SOURCE_TEXT_MODULE", NAME_PARTS, layout.Module.exports, 0),
        ("SYNTHETIC_MODULE", NAME_PARTS, layout.Module.exports, 0),
        ("MODULE_REQUEST", NAME, word, 1),
        ("SOURCE_TEXT_MODULE_INFO_ENTRY", NAME, word, 1),
        ("BYTECODE_ARRAY", KEPT, arrays.source_position_table, 0),
        ("BYTECODE_ARRAY", KEPT, arrays.handler_table, 0),
        ("CODE", KEPT_PARTS, code.deoptimization_data, 0),
        ("CODE", KEPT, code.position_table, 0),
        ("JS_ARRAY", KEPT, layout.Builtins.array_length, 0),
    ]
    wanted += [
        (name, NAME, layout.UncompiledData.inferred_name, 0)
        for name in types
        if name.startswith("UNCOMPILED_DATA")
    ]
    return [MarkRule(types[name], *rest) for name, *rest in wanted if name in types]


def redact_rules(layout: Layout) -> list[RedactRule]:
    """What stays of the objects of each type."""
    return list({rule.type: rule for rule in _rules(layout)}.values())


def _rules(layout: Layout) -> Iterator[RedactRule]:
    types, word, data = layout.types, layout.tagged_size, layout.FixedArray.data
    dictionary, builtins = layout.Dictionary, layout.Builtins
    head = dictionary.prefix_start

    def rule(
        name: str, policy: int, first: int = 0, prefix: int = 0, unit: int = 0, keep: int = 0
    ) -> Iterator[RedactRule]:
        if name in types:
            yield RedactRule(types[name], policy, first, prefix, unit, 0, keep)

    for name in _SMI_KEEPERS:
        yield from rule(name, KEEP)
    for name in _ARRAYS:
        yield from rule(name, SLOTS, data)
    for type_ in range(layout.Context.first_type, layout.Context.last_type + 1):
        yield RedactRule(type_, SLOTS, layout.Context.slots)
    yield from rule("WEAK_ARRAY_LIST", SLOTS, layout.FixedArray.weak_array_list_data)
    yield from rule("ARRAY_LIST", SLOTS, layout.FixedArray.weak_array_list_data)
    for name in ("FEEDBACK_VECTOR", "OBJECT_BOILERPLATE_DESCRIPTION"):
        if name in types:
            yield from rule(name, SLOTS, layout.size_rules[types[name]].header)
    yield from rule("HEAP_NUMBER", RAW, layout.Number.heap_number_value)
    yield from rule("BIG_INT_BASE", RAW, layout.Number.bigint_digits)
    yield from rule("BYTE_ARRAY", RAW, data)
    yield from rule("TRUSTED_BYTE_ARRAY", RAW, data)
    yield from rule("FIXED_DOUBLE_ARRAY", DOUBLES, data)
    yield from rule("BYTECODE_ARRAY", BYTECODES, layout.size_rules[types["BYTECODE_ARRAY"]].header)
    # Of an entry: keys, and details or the chain of a bucket, stay; values do not.
    yield from rule("NAME_DICTIONARY", ENTRIES, data, head + dictionary.name_prefix, 3, keep=0b101)
    yield from rule(
        "NUMBER_DICTIONARY", ENTRIES, data, head + dictionary.number_prefix, 3, keep=0b101
    )
    yield from rule("GLOBAL_DICTIONARY", ENTRIES, data, head + dictionary.global_prefix, 1)
    yield from rule("EPHEMERON_HASH_TABLE", ENTRIES, data, head, 2)
    ordered = layout.OrderedHash
    for name, words in (
        ("ORDERED_HASH_MAP", ordered.map_entry_words),
        ("ORDERED_HASH_SET", ordered.set_entry_words),
    ):
        yield from rule(name, BUCKETS, data, ordered.first_bucket, words, keep=1 << (words - 1))
    cell = layout.PropertyCell
    yield from rule("PROPERTY_CELL", SLOTS, word, keep=1 << cell.details // word)
    if layout.Context.cell_state is not None:
        yield from rule("CONTEXT_CELL", SLOTS, word, keep=1 << layout.Context.cell_state // word)
    for name in _RECEIVERS:
        yield from rule(name, RECEIVER)
    yield from rule("JS_REG_EXP", SLOTS, layout.JSObject.header_size + word * _REGEXP_FIELDS)
    for name in _GENERATORS:
        yield from rule(
            name,
            RECEIVER,
            prefix=builtins.generator_continuation,
            keep=1 << builtins.generator_input // word,
        )
    for type_ in range(layout.first_js_function_type, layout.last_js_function_type + 1):
        yield RedactRule(type_, RECEIVER)


def redact_layout(layout: Layout, hide_names: bool, arch: str) -> dict[str, int]:
    """What else the scanner has to know."""
    types, code, string = layout.types, layout.Code, layout.String
    instructions = code.instructions
    if arch == "aarch64" and code.instructions_arm64 is not None:
        instructions = code.instructions_arm64
    in_code = code.instruction_stream_code is None
    return {
        "double_hole": layout.FixedArray.double_hole,
        "cons_tag": string.cons_tag,
        "sliced_tag": string.sliced_tag,
        "thin_tag": string.thin_tag,
        "string_first": string.cons_first,
        "string_second": string.cons_second,
        "map_inobject_start": layout.Map.inobject_properties_start,
        "byte_array_type": types["BYTE_ARRAY"],
        "trusted_byte_array_type": types.get("TRUSTED_BYTE_ARRAY", _NONE),
        "bytecode_type": types["BYTECODE_ARRAY"],
        "bytecode_wrapper_type": types.get("BYTECODE_WRAPPER", _NONE),
        "code_type": types["CODE"],
        "code_wrapper_type": types.get("CODE_WRAPPER", _NONE),
        "stack_array_type": types["FIXED_ARRAY"],
        "stream_type": types["CODE" if in_code else "INSTRUCTION_STREAM"],
        "stream_code": code.instruction_stream_code or 0,
        "code_start": code.instruction_start or 0,
        "code_instructions": instructions or 0,
        "code_size": code.instruction_size,
        "safepoint_stack_slots": layout.Deoptimization.safepoint_has_stack_slots,
        "first_function_type": layout.first_js_function_type,
        "last_function_type": layout.last_js_function_type,
        "hide_names": hide_names,
    }
