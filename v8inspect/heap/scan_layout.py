"""The part of a Layout that the C scanner needs, in the scanner's own field names."""

from __future__ import annotations

from dataclasses import replace

from v8inspect.layout.model import Layout, SizeRule

_RULES = {"smi": 1, "u16": 2, "i32": 3, "bigint": 4, "preparse": 5, "resync": 6}
_EXACT = {"feedback_metadata": 7, "scope_info": 8}
_IN_CHUNK = 0xFFFFFFFF
_NO_TYPE = 0xFFFF


def scan_layout(layout: Layout) -> dict[str, int]:
    """Fields of v8s_layout."""
    page, map_, string, array = layout.Page, layout.Map, layout.String, layout.FixedArray
    dictionary = layout.Dictionary
    return {
        "page_alignment": page.alignment,
        "page_flags": page.flags,
        "page_metadata": _IN_CHUNK if page.metadata is None else page.metadata,
        "page_size": page.size,
        "page_heap": page.heap,
        "page_area_start": page.area_start,
        "page_area_end": page.area_end,
        "page_owner": page.owner,
        "page_next": page.next,
        "space_id": layout.Space.id,
        # Spaces that were not met have numbers that no page has (derive/geometry.py).
        "large_spaces": sum(
            1 << n for n, name in layout.space_names.items() if "large" in name and n < 32
        ),
        "map_size": map_.size,
        "map_instance_size": map_.instance_size_in_words,
        "map_instance_type": map_.instance_type,
        "map_bit_field3": map_.bit_field3,
        "map_prototype": map_.prototype,
        "map_descriptors": map_.instance_descriptors,
        "map_type": layout.types["MAP"],
        "own_descriptors_shift": map_.number_of_own_descriptors_shift,
        "own_descriptors_mask": map_.number_of_own_descriptors_mask,
        "dictionary_bit": map_.is_dictionary_map_bit,
        "first_nonstring_type": layout.first_nonstring_type,
        "first_receiver_type": layout.first_js_receiver_type,
        "string_length": string.length,
        "string_chars": string.chars,
        "string_representation_mask": string.representation_mask,
        "string_seq_tag": string.seq_tag,
        "string_external_tag": string.external_tag,
        "string_uncached_bit": string.uncached_external_bit,
        "string_external_data": string.external_data,
        "string_one_byte_bit": string.one_byte_bit,
        "name_raw_hash": string.raw_hash_field,
        "name_hash_shift": string.hash_shift,
        "descriptors_header": layout.DescriptorArray.header_size,
        "descriptor_words": layout.DescriptorArray.entry_words,
        "properties_or_hash": layout.JSObject.properties_or_hash,
        "array_length": layout.Builtins.array_length,
        "fixed_array_length": array.length,
        "fixed_array_data": array.data,
        "dictionary_capacity": dictionary.capacity,
        "dictionary_first": dictionary.prefix_start + dictionary.name_prefix,
        "dictionary_words": 3,
        **_code_layout(layout),
        "js_array_type": layout.types["JS_ARRAY"],
        "js_primitive_wrapper_type": layout.types["JS_PRIMITIVE_WRAPPER"],
        "js_global_object_type": layout.types["JS_GLOBAL_OBJECT"],
        "free_space_type": layout.types["FREE_SPACE"],
        "filler_type": layout.types["FILLER"],
        **_scope_layout(layout),
    }


def code_type(layout: Layout) -> int:
    """The instance type of machine code objects: up to V8 10 that is the Code itself. One that no
    object has where it is not known, as of a V8 without a table."""
    whole = layout.Code.instruction_stream_code is None
    return layout.types.get("CODE" if whole else "INSTRUCTION_STREAM", _NO_TYPE)


def _code_layout(layout: Layout) -> dict[str, int]:
    """What the size of machine code follows from: the size of what is behind the instructions
    stands next to theirs."""
    code = layout.Code
    return {
        "code_type": code_type(layout),
        "code_pointer": code.instruction_stream_code or 0,
        "code_instructions": code.instruction_start or code.instructions or 0,
        "code_size": code.instruction_size,
    }


def _scope_layout(layout: Layout) -> dict[str, int]:
    """What the size of a ScopeInfo follows from, as `layout.sizes.scope_info_size` has it."""
    scope, unit = layout.ScopeInfo, layout.tagged_size
    one_word = [
        scope.saved_class_variable_bit,
        scope.inferred_name_bit,
        scope.outer_scope_info_bit,
        scope.locals_block_list_bit,
    ]
    late = [
        scope.scope_type_class,
        scope.scope_type_eval,
        scope.scope_type_function,
        scope.scope_type_module,
        scope.scope_type_script,
        scope.scope_type_shadow_realm,
    ]
    if scope.position_start is not None:
        late = []
    return {
        # A Smi's value is the upper half of its word.
        "scope_flags": scope.flags + (4 if scope.flags_is_smi else 0),
        "scope_locals": unit * (1 + scope.context_local_count) + 4,
        "scope_first": unit * (1 + scope.first_variable),
        "scope_kind_mask": scope.scope_type_mask,
        "scope_class": scope.scope_type_class,
        "scope_function": scope.scope_type_function,
        "scope_module": scope.scope_type_module,
        "scope_inlined_max": scope.inlined_names_max,
        "scope_flag_words": sum(1 << bit for bit in one_word if bit is not None),
        "scope_name_shift": scope.function_variable_shift,
        "scope_late_kinds": sum(1 << kind for kind in late if kind is not None),
        "scope_empty_flag": 1 << scope.is_empty_bit,
        "scope_module_count_first": scope.module_count_first,
        "scope_eval_flag": scope.sloppy_eval_has_dependent_code << scope.sloppy_eval_bit,
        "scope_function_words": scope.function_has_unused_parameters,
    }


def scan_rules(layout: Layout) -> list[dict[str, int]]:
    """Rows of v8s_size_rule."""
    return [_row(type_, rule) for type_, rule in layout.size_rules.items()]


def free_space_rule(layout: Layout, unit: int) -> dict[str, int]:
    """The row for FreeSpace whose size counts in `unit` bytes."""
    type_ = layout.types["FREE_SPACE"]
    return _row(type_, replace(layout.size_rules[type_], unit=unit))


def _row(type_: int, rule: SizeRule) -> dict[str, int]:
    return {
        "type": type_,
        "rule": _EXACT.get(rule.exact) or _RULES[rule.rule],
        "field": rule.field,
        "header": rule.header,
        "unit": rule.unit,
        "tail": rule.tail,
        "mask": rule.mask,
    }
