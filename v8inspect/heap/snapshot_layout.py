"""The numbers that the scanner's snapshot writer needs, in its own field names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from v8inspect.heap.dominators import FREE_READ_ONLY_FROM

if TYPE_CHECKING:
    from v8inspect.heap.snapshot_views import Texts
    from v8inspect.layout.model import Layout
    from v8inspect.layout.snapshots import SnapshotFormat

_NONE = 0xFFFFFFFF
MASKED = "(masked)"


def snapshot_layout(
    layout: Layout, form: SnapshotFormat, texts: Texts, masked: bool, read_only: int
) -> dict[str, int]:
    """Fields of v8s_snapshot_layout; `read_only`: number of nodes that are in read-only space."""
    number, types = texts.number, layout.types
    node_type, edge_type = form.node_types.index, form.edge_types.index
    string, symbol, context, scope = layout.String, layout.Symbol, layout.Context, layout.ScopeInfo
    descriptors, dictionary, map_ = layout.DescriptorArray, layout.Dictionary, layout.Map
    fields = {
        "node_fields": len(form.meta["node_fields"]),
        "groups": len(form.roots),
        "free_read_only": int(layout.table.split(".")[0]) >= FREE_READ_ONLY_FROM,
        "read_only_nodes": read_only,
        "masked": masked,
        "tag_all_shared": form.streams_named,
        **{
            "edge_" + name: edge_type(name)
            for name in ("context", "element", "property", "internal", "hidden", "shortcut", "weak")
        },
        "type_synthetic": node_type("synthetic"),
        "type_native": node_type("native"),
        "type_hidden": node_type("hidden"),
        "name_map": number("map"),
        "name_proto": number("__proto__"),
        "name_prototype": number("prototype"),
        "name_initial_map": number("initial_map"),
        "name_properties": number("properties"),
        "name_elements": number("elements"),
        "name_code": number("code"),
        "name_backing_store": number("backing_store"),
        "name_extension": number("extension"),
        "name_transition": number("transition"),
        "name_transitions": number("transitions"),
        "name_prototype_info": number("prototype_info"),
        "name_constructor": number("constructor"),
        "name_back_pointer": number("back_pointer"),
        "name_constructor_data": number("constructor_function_data"),
        "name_native_context": number("native_context"),
        "name_global_object": number("global_object"),
        "name_interpreter_data": number("interpreter_data"),
        "name_offset_table": number("bytecode_offset_table"),
        "name_deoptimization_data": number("deoptimization_data"),
        "name_position_table": number("source_position_table"),
        "name_private": number("private symbol"),
        "name_masked": number(MASKED),
        "name_buffer": number("system / JSArrayBufferData"),
        "name_gc_roots": number("(GC roots)"),
        "tag_properties": number("(object properties)"),
        "tag_elements": number("(object elements)"),
        "tag_offset_table": number("(bytecode offset table)"),
        "tag_shared": number("(shared function info)"),
        "symbol_type": types["SYMBOL"],
        "accessor_pair_type": types["ACCESSOR_PAIR"],
        "property_cell_type": types["PROPERTY_CELL"],
        "property_array_type": types["PROPERTY_ARRAY"],
        "scope_info_type": types["SCOPE_INFO"],
        "scope_table_type": types["NAME_TO_INDEX_HASH_TABLE"],
        "map_context_first": context.first_type,
        "map_context_last": context.last_type,
        "native_context_type": types["NATIVE_CONTEXT"],
        "function_template_type": types["FUNCTION_TEMPLATE_INFO"],
        "transition_array_type": types.get("TRANSITION_ARRAY", _NONE),
        "oddball_type": types["ODDBALL"],
        "hole_type": types.get("HOLE", _NONE),
        "fixed_array_type": types["FIXED_ARRAY"],
        "trusted_array_type": types.get("TRUSTED_FIXED_ARRAY", _NONE),
        "weak_array_type": types["WEAK_FIXED_ARRAY"],
        "name_dictionary_type": types["NAME_DICTIONARY"],
        "number_dictionary_type": types["NUMBER_DICTIONARY"],
        "global_dictionary_type": types["GLOBAL_DICTIONARY"],
        "heap_number_type": types["HEAP_NUMBER"],
        "heap_number_value": layout.Number.heap_number_value,
        "symbol_flags": symbol.flags,
        "symbol_description": symbol.description,
        "symbol_private": symbol.private_mask,
        "symbol_private_name": symbol.private_name_mask,
        "map_inobject_start": map_.inobject_properties_start,
        "map_bit_field": map_.bit_field,
        "map_bit_field2": map_.bit_field2,
        "map_constructor": map_.constructor_or_back_pointer,
        "map_transitions": map_.transitions_or_prototype_info,
        "map_prototype_slot_bit": map_.has_prototype_slot_bit,
        "map_prototype_map_bit": map_.is_prototype_map_bit,
        "map_elements_shift": map_.elements_kind_shift,
        "elements_packed": layout.elements_kinds.get("PACKED", _NONE),
        "elements_holey": layout.elements_kinds["HOLEY"],
        "elements_dictionary": layout.elements_kinds["DICTIONARY"],
        "descriptor_kind_bit": descriptors.kind_bit,
        "descriptor_location_bit": descriptors.location_bit,
        "representation_shift": descriptors.representation_shift,
        "representation_mask": descriptors.representation_mask,
        "field_index_shift": descriptors.field_index_shift,
        "field_index_mask": descriptors.field_index_mask,
        "dictionary_kind_bit": dictionary.kind_bit,
        "number_first": dictionary.prefix_start + dictionary.number_prefix,
        "global_first": dictionary.prefix_start + dictionary.global_prefix,
        "property_array_mask": layout.FixedArray.property_array_length_mask,
        "object_elements": layout.JSObject.elements,
        "cell_name": layout.PropertyCell.name,
        "cell_details": layout.PropertyCell.details,
        "cell_value": layout.PropertyCell.value,
        "pair_getter": layout.AccessorPair.getter,
        "pair_setter": layout.AccessorPair.setter,
        "function_shared": layout.JSFunction.shared,
        "function_code": layout.JSFunction.code,
        "function_prototype": layout.JSFunction.prototype_or_initial_map,
        "shared_name": layout.SharedFunctionInfo.name_or_scope_info,
        "bound_arguments": layout.Builtins.bound_arguments,
        "context_slots": context.slots,
        "context_min_slots": context.min_slots,
        "context_extension": context.extension,
        "scope_names_word": scope.first_variable,
        "scope_extension_bit": scope.context_extension_bit,
        "scope_saved_class_bit": scope.saved_class_variable_bit,
        "scope_strict_bit": scope.sloppy_eval_bit + 1,
        "scope_declaration_bit": scope.sloppy_eval_bit + 2,
        "scope_name_context": 2,
        "code_flags": layout.Code.flags,
        "code_kind_mask": layout.Code.kind_mask,
        "code_baseline": layout.Code.kind_baseline,
        "code_data": layout.Code.deoptimization_data,
        "code_positions": layout.Code.position_table,
        "string_cons_tag": string.cons_tag,
        "string_sliced_tag": string.sliced_tag,
        "string_thin_tag": string.thin_tag,
        "string_first": string.cons_first,
        "string_second": string.cons_second,
        "string_offset": string.sliced_offset,
    }
    return {name: int(value) for name, value in fields.items()}
