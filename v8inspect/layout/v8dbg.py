"""The v8dbg_* integers of a binary: read from a target, named as our constants, distrusted by name.

V8 exports some of its constants for debuggers (tools/gen-postmortem-metadata.py). The names carry
C++ types that changed from release to release, so they are looked up by their stem,
`class_X__field`. Source of the traps: V8_LAYOUT §5.6, seen in the binaries of Node.js 18 to 26.
"""

from __future__ import annotations

from struct import unpack_from
from typing import Callable, Iterable, Mapping, NamedTuple, Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.target import Target

PREFIX = "v8dbg_"
_TYPE = "type_"
_TYPE_SUFFIX = "_TYPE"
_MAX_TYPE = 0xFFFF
_TYPES_OF_THEIR_OWN = {
    "APIObjectType": "JS_API_OBJECT",
    "SpecialAPIObjectType": "JS_SPECIAL_API_OBJECT",
}
_SPAN = 1 << 20  # bytes; symbols closer than a page are read together, up to this
_GAP = 4096


class Symbol(NamedTuple):
    """One of our constants and the symbol that has it. `form` says what the symbol holds: `value`,
    `mask_bit` (a mask whose lowest bit's number is the constant), `mask_low` (a mask that the
    constant is after its trailing zeros are shifted out)."""

    constant: str
    stem: str
    form: str = "value"


TRUSTED: Sequence[Symbol] = (
    Symbol("first_nonstring_type", "FirstNonstringType"),
    Symbol("first_js_function_type", "FirstJSFunctionType"),
    Symbol("last_js_function_type", "LastJSFunctionType"),
    Symbol("Map.instance_size_in_words", "class_Map__instance_size_in_words"),
    Symbol(
        "Map.inobject_properties_start",
        "class_Map__inobject_properties_start_or_constructor_function_index",
    ),
    Symbol("Map.instance_type", "class_Map__instance_type"),
    Symbol("Map.bit_field", "class_Map__bit_field"),
    Symbol("Map.bit_field2", "class_Map__bit_field2"),
    Symbol("Map.bit_field3", "class_Map__bit_field3"),
    Symbol("Map.prototype", "class_Map__prototype"),
    Symbol("Map.constructor_or_back_pointer", "class_Map__constructor_or_back_pointer"),
    Symbol("Map.instance_descriptors", "class_Map__instance_descriptors"),
    Symbol("Map.dependent_code", "class_Map__dependent_code"),
    Symbol("Map.prototype_validity_cell", "class_Map__prototype_validity_cell"),
    Symbol("Map.transitions_or_prototype_info", "class_Map__raw_transitions"),
    Symbol("Map.elements_kind_shift", "bit_field2_elements_kind_shift"),
    Symbol("Map.number_of_own_descriptors_shift", "bit_field3_number_of_own_descriptors_shift"),
    Symbol("Map.number_of_own_descriptors_mask", "bit_field3_number_of_own_descriptors_mask"),
    Symbol("Map.is_dictionary_map_bit", "bit_field3_is_dictionary_map_shift"),
    Symbol("String.length", "class_String__length"),
    Symbol("String.chars", "class_SeqOneByteString__chars"),
    Symbol("String.representation_mask", "StringRepresentationMask"),
    Symbol("String.seq_tag", "SeqStringTag"),
    Symbol("String.cons_tag", "ConsStringTag"),
    Symbol("String.external_tag", "ExternalStringTag"),
    Symbol("String.sliced_tag", "SlicedStringTag"),
    Symbol("String.thin_tag", "ThinStringTag"),
    Symbol("String.one_byte_bit", "StringEncodingMask"),
    Symbol("String.cons_first", "class_ConsString__first"),
    Symbol("String.cons_second", "class_ConsString__second"),
    Symbol("String.sliced_parent", "class_SlicedString__parent"),
    Symbol("String.sliced_offset", "class_SlicedString__offset"),
    Symbol("String.thin_actual", "class_ThinString__actual"),
    Symbol("String.external_resource", "class_ExternalString__resource"),
    Symbol("Symbol.description", "class_Symbol__name"),
    Symbol("Oddball.to_string", "class_Oddball__to_string"),
    Symbol("Oddball.to_number", "class_Oddball__to_number"),
    Symbol("Oddball.kind", "class_Oddball__kind"),
    Symbol("Oddball.kind", "class_Oddball__kind_offset"),
    Symbol("Oddball.kind_false", "OddballFalse"),
    Symbol("Oddball.kind_true", "OddballTrue"),
    Symbol("Oddball.kind_null", "OddballNull"),
    Symbol("Oddball.kind_undefined", "OddballUndefined"),
    Symbol("Oddball.kind_the_hole", "OddballTheHole"),
    Symbol("Number.heap_number_value", "class_HeapNumber__value"),
    Symbol("FixedArray.length", "class_FixedArrayBase__length"),
    Symbol("FixedArray.data", "class_FixedArray__data"),
    Symbol("DescriptorArray.header_size", "class_DescriptorArray__header_size"),
    Symbol("DescriptorArray.entry_words", "prop_desc_size"),
    Symbol("DescriptorArray.kind_bit", "prop_kind_mask", "mask_bit"),
    Symbol("DescriptorArray.location_bit", "prop_location_shift"),
    Symbol("DescriptorArray.attributes_shift", "prop_attributes_shift"),
    Symbol("DescriptorArray.representation_shift", "prop_representation_shift"),
    Symbol("DescriptorArray.representation_mask", "prop_representation_mask", "mask_low"),
    Symbol("DescriptorArray.field_index_shift", "prop_index_shift"),
    Symbol("DescriptorArray.field_index_mask", "prop_index_mask", "mask_low"),
    Symbol("Dictionary.prefix_start", "namedictionary_prefix_start_index"),
    Symbol("Dictionary.name_prefix", "namedictionaryshape_prefix_size"),
    Symbol("Dictionary.number_prefix", "numberdictionaryshape_prefix_size"),
    Symbol("AccessorPair.getter", "class_AccessorPair__getter"),
    Symbol("AccessorPair.setter", "class_AccessorPair__setter"),
    Symbol("JSObject.properties_or_hash", "class_JSReceiver__raw_properties_or_hash"),
    Symbol("JSObject.elements", "class_JSObject__elements"),
    Symbol("JSFunction.shared", "class_JSFunction__shared"),
    Symbol("JSFunction.context", "class_JSFunction__context"),
    Symbol("JSFunction.feedback_cell", "class_JSFunction__raw_feedback_cell"),
    Symbol("JSFunction.code", "class_JSFunction__code"),
    Symbol("JSFunction.prototype_or_initial_map", "class_JSFunction__prototype_or_initial_map"),
    Symbol("Code.kind_mask", "CodeKindFieldMask"),
    Symbol("Code.kind_interpreted", "CodeKindInterpretedFunction"),
    Symbol("Code.kind_baseline", "CodeKindBaseline"),
    Symbol("SharedFunctionInfo.function_data", "class_SharedFunctionInfo__function_data"),
    Symbol("SharedFunctionInfo.name_or_scope_info", "class_SharedFunctionInfo__name_or_scope_info"),
    Symbol(
        "SharedFunctionInfo.outer_scope_info_or_feedback_metadata",
        "class_SharedFunctionInfo__feedback_metadata",
    ),
    Symbol("SharedFunctionInfo.script", "class_SharedFunctionInfo__script"),
    Symbol("SharedFunctionInfo.script", "class_SharedFunctionInfo__script_or_debug_info"),
    Symbol("SharedFunctionInfo.length", "class_SharedFunctionInfo__length"),
    Symbol(
        "SharedFunctionInfo.formal_parameter_count",
        "class_SharedFunctionInfo__internal_formal_parameter_count",
    ),
    Symbol(
        "SharedFunctionInfo.function_token_offset",
        "class_SharedFunctionInfo__raw_function_token_offset",
    ),
    Symbol("SharedFunctionInfo.flags", "class_SharedFunctionInfo__flags"),
    Symbol("Script.source", "class_Script__source"),
    Symbol("Script.name", "class_Script__name"),
    Symbol("Script.type", "class_Script__type"),
    Symbol("Script.line_ends", "class_Script__line_ends"),
    Symbol("UncompiledData.inferred_name", "class_UncompiledData__inferred_name"),
    Symbol("UncompiledData.start_position", "class_UncompiledData__start_position"),
    Symbol("UncompiledData.end_position", "class_UncompiledData__end_position"),
    Symbol("ScopeInfo.parameter_count", "scopeinfo_idx_nparams"),
    Symbol("ScopeInfo.context_local_count", "scopeinfo_idx_ncontextlocals"),
    Symbol("ScopeInfo.first_variable", "scopeinfo_idx_first_vars"),
    Symbol("Context.scope_info", "context_idx_scope_info"),
    Symbol("Context.previous", "context_idx_prev"),
    Symbol("Context.min_slots", "context_min_slots"),
    Symbol("Context.first_type", "FirstContextType"),
    Symbol("Context.last_type", "LastContextType"),
    Symbol("Builtins.date_value", "class_JSDate__value"),
    Symbol("Builtins.regexp_source", "class_JSRegExp__source"),
    Symbol("Builtins.regexp_last_index", "class_JSRegExp__last_index"),
    Symbol("Builtins.array_iterator_kind", "class_JSArrayIterator__raw_kind"),
    Symbol("Builtins.array_buffer_byte_length", "class_JSArrayBuffer__byte_length"),
    Symbol("Builtins.array_buffer_backing_store", "class_JSArrayBuffer__backing_store"),
    Symbol("Builtins.view_byte_offset", "class_JSArrayBufferView__byte_offset"),
    Symbol("Builtins.view_byte_length", "class_JSArrayBufferView__byte_length"),
    Symbol("Builtins.typed_array_length", "class_JSTypedArray__length"),
    Symbol("Builtins.typed_array_external_pointer", "class_JSTypedArray__external_pointer"),
    Symbol("Builtins.typed_array_base_pointer", "class_JSTypedArray__base_pointer"),
)
"""The symbols that check our constants and override them. A binary may lack any of them."""

UNTRUSTED: Mapping[str, str] = {
    "class_JSObject__internal_fields": "24 where a JS_API_OBJECT's fields start at 32 (13.6 on)",
    "class_JSArrayBuffer__detach_key": "renamed in 14.6; no use for it",
    "class_Map__prototype_info": "the same word as raw_transitions, under other names",
    "class_Map__native_context": "the same word as constructor_or_back_pointer, of meta maps only",
    "class_Code__instruction_start": "a pointer in later releases, the first instruction in 10.2",
    "globaldictionaryshape_entry_size": "no prefix size is exported, and that is what differs",
    "SmiValueShift": "1 with SmiShiftSize 31: the shift is their sum",
    "OddballUninitialized": "an Oddball up to 11.3, a Hole later",
}
"""Symbols that mislead or that nothing needs, and why. JSDate.value is trusted as an offset only:
its symbol still says that it is tagged in 13.6 and 14.6, where it is a raw double."""

SANE: Mapping[str, Sequence[int]] = {
    "TaggedSize": (4, 8),
    "SystemPointerSize": (8,),
    "HeapObjectTag": (1,),
    "HeapObjectTagMask": (3,),
    "SmiTagMask": (1,),
    "FirstNonstringType": (64, 128),
}
"""Constants that never changed: where one reads as something else, the bytes are not V8's."""


def read_ints(target: Target) -> Mapping[str, int]:
    """The v8dbg_ integers of the target, names without the prefix; those not readable left out.

    A target that can read them as linked does (`symbol_ints`); else its memory is read. Zero-valued
    ones lie in .bss, which a core may hold as a page of zeros: right all the same.
    """
    linked: Optional[Callable[[str], Mapping[str, int]]] = getattr(target, "symbol_ints", None)
    if linked is not None:
        return {name[len(PREFIX) :]: value for name, value in linked(PREFIX).items()}
    addresses = sorted((address, name) for name, address in target.symbols(PREFIX).items())
    found: dict[str, int] = {}
    first = 0
    while first < len(addresses):
        start = addresses[first][0]
        last = first
        while (
            last + 1 < len(addresses)
            and addresses[last + 1][0] - addresses[last][0] < _GAP
            and addresses[last + 1][0] - start < _SPAN
        ):
            last += 1
        _read_span(target, addresses[first : last + 1], found)
        first = last + 1
    return found


def _read_span(target: Target, span: Sequence[tuple[int, str]], found: dict[str, int]) -> None:
    start = span[0][0]
    try:
        data = target.read(start, span[-1][0] + 4 - start)
    except MemoryUnreadable:
        data = b""
    for address, name in span:
        if data:
            found[name[len(PREFIX) :]] = unpack_from("<i", data, address - start)[0]
            continue
        try:
            found[name[len(PREFIX) :]] = unpack_from("<i", target.read(address, 4))[0]
        except MemoryUnreadable:
            continue


def insane(ints: Mapping[str, int]) -> Sequence[str]:
    """Names of the constants that can't be what they say; any means: believe none."""
    return [name for name, right in SANE.items() if name in ints and ints[name] not in right]


def by_stem(ints: Mapping[str, int]) -> Mapping[str, Mapping[str, int]]:
    """Full names and values by stem; a name is its own stem, and `class_X__field` of its own."""
    stems: dict[str, dict[str, int]] = {}
    for name, value in ints.items():
        stems.setdefault(name, {})[name] = value
        parts = name.split("__")
        if len(parts) > 2:
            stems.setdefault("__".join(parts[:2]), {})[name] = value
    return stems


class Reading(NamedTuple):
    """What a binary says of one constant."""

    constant: str
    value: int
    symbol: str  # full name, with the prefix


def constants(ints: Mapping[str, int]) -> Iterable[Reading]:
    """The trusted constants that `ints` has. Negative ones and contradictory stems are left out."""
    stems = by_stem(ints)
    for symbol in TRUSTED:
        values = stems.get(symbol.stem, {})
        if len(set(values.values())) != 1:
            continue
        name, raw = next(iter(values.items()))
        value = _converted(raw, symbol.form)
        if value is not None:
            yield Reading(symbol.constant, value, PREFIX + name)


def _converted(raw: int, form: str) -> Optional[int]:
    if raw < 0:
        return None
    if form == "value":
        return raw
    if raw == 0:
        return None
    shift = (raw & -raw).bit_length() - 1
    return shift if form == "mask_bit" else raw >> shift


def types(ints: Mapping[str, int]) -> Iterable[Reading]:
    """Instance types: `type_JSArray__JS_ARRAY_TYPE` is ours JS_ARRAY."""
    for name, value in ints.items():
        if not 0 <= value <= _MAX_TYPE:
            continue
        if name.startswith(_TYPE) and name.endswith(_TYPE_SUFFIX):
            yield Reading(name.split("__")[-1][: -len(_TYPE_SUFFIX)], value, PREFIX + name)
        elif name in _TYPES_OF_THEIR_OWN:
            yield Reading(_TYPES_OF_THEIR_OWN[name], value, PREFIX + name)
