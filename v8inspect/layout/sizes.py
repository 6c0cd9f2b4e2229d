"""Sizes that follow from more than one field: the formulas that `SizeRule.exact` names.

Source: V8's scope-info.tq and feedback-vector.h of 10.2, 11.3 and 12.4, of later ones what the
dumps say: on two dumps of each version, one with modules, sloppy eval, `with`, classes and scopes
of up to 200 variables, every such object ends where the next one starts.
"""

from __future__ import annotations

from typing import Callable

from v8inspect.layout.model import Layout, SizeRule

_SLOTS_A_WORD = 6  # 5 bits for each feedback slot in an int32

Field = Callable[[int], int]
"""Reads a 4-byte unsigned field at an offset (bytes) from the start of the object."""


def feedback_metadata_size(rule: SizeRule, u32: Field) -> int:
    """Bytes of a FeedbackMetadata: slot kinds, then (13.x on) a uint16 for each closure."""
    slots, closures = u32(rule.field), u32(rule.field + 4)
    words = (slots + _SLOTS_A_WORD - 1) // _SLOTS_A_WORD
    return (rule.header + 4 * words + rule.unit * closures + 7) & ~7


def scope_info_size(layout: Layout, u32: Field) -> int:
    """Bytes of a ScopeInfo. Smis are read by their upper half, where uncompressed V8 keeps them."""
    fields = layout.ScopeInfo
    unit = layout.tagged_size

    def smi(word: int) -> int:
        return u32(unit * (1 + word) + 4)

    flags = u32(fields.flags + 4) if fields.flags_is_smi else u32(fields.flags)
    kind = flags & fields.scope_type_mask
    locals_ = smi(fields.context_local_count)
    words = fields.first_variable
    module_variables = 0
    is_module = kind == fields.scope_type_module
    if is_module and fields.module_count_first:
        module_variables = smi(words)
        words += 1
    words += locals_ if locals_ < fields.inlined_names_max else 1
    words += locals_  # their properties
    words += flags >> fields.saved_class_variable_bit & 1
    words += 2 if flags >> fields.function_variable_shift & 3 else 0
    words += flags >> fields.inferred_name_bit & 1
    words += 2 if _has_late_position(layout, flags) else 0
    words += flags >> fields.outer_scope_info_bit & 1
    if fields.locals_block_list_bit is not None:
        words += flags >> fields.locals_block_list_bit & 1
    if is_module:
        words += 1  # the SourceTextModuleInfo
        if not fields.module_count_first:
            module_variables = smi(words)
            words += 1
        words += 3 * module_variables
    words += flags >> fields.sloppy_eval_bit & fields.sloppy_eval_has_dependent_code
    if kind == fields.scope_type_function:
        words += fields.function_has_unused_parameters
    return unit * (1 + words)


def _has_late_position(layout: Layout, flags: int) -> bool:
    fields = layout.ScopeInfo
    if fields.position_start is not None:
        return False
    kind = flags & fields.scope_type_mask
    if kind == fields.scope_type_class:
        return not flags >> fields.is_empty_bit & 1
    return kind in (
        fields.scope_type_function,
        fields.scope_type_script,
        fields.scope_type_eval,
        fields.scope_type_module,
        fields.scope_type_shadow_realm,
    )
