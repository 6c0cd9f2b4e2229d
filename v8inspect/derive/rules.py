"""How big objects are whose Map does not say it: for each type the rule of the known version under
which its objects end where others begin."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Sequence

from v8inspect.derive.draft import Draft
from v8inspect.derive.sample import Instance, Sample, share
from v8inspect.derive.types import PLACED
from v8inspect.layout.build import REQUIRED_TYPES
from v8inspect.layout.model import SizeRule
from v8inspect.layout.sizes import feedback_metadata_size
from v8inspect.layout.tables import Sourced

_OBJECTS = 300  # of each type
_FITS = 0.9  # share of the objects that have to end where another begins
_MAX_HEADER = 104  # bytes
_RESYNC = SizeRule("resync")
_ARRAYS = (
    SizeRule("smi", header=16, unit=8),
    SizeRule("smi", header=16, unit=1),
    SizeRule("smi", header=24, unit=8),
    SizeRule("smi", header=32, unit=8),
    SizeRule("i32", header=16, unit=8),
)


def choose_rules(draft: Draft, sample: Sample) -> list[str]:
    """Sets the size rules of the draft; returns the names of types that no known rule fits, which
    are then walked by looking for the next object."""
    lost = []
    for name in sorted({name for table in draft.tables for name in table.size_rules}):
        if name not in draft.types:
            continue
        variants: list[SizeRule] = []
        for table in draft.tables:
            rule = table.size_rules.get(name)
            if rule is not None and rule not in variants:
                variants.append(rule)
        if name == "FREE_SPACE":
            draft.rules[name] = variants[0]  # calibrated whenever a heap is opened
            continue
        objects = [
            i for i in sample.of_type(draft.types[name].value, _OBJECTS) if not i.map.instance_size
        ]
        if name.endswith("DESCRIPTOR_ARRAY"):
            header = draft.constants["DescriptorArray.header_size"].value
            draft.rules[name] = replace(variants[0], header=header)
            continue

        fits = partial(_fits, sample, objects)
        best = max(variants, key=fits)
        placed = draft.types[name].source.startswith(PLACED)
        if objects and placed and best.rule != "resync" and fits(best) < _FITS:
            # Only its place among others spoke for the name: so it is another type.
            if name not in REQUIRED_TYPES:
                del draft.types[name]
                continue
        if len(variants) == 1:
            draft.rules[name] = best
            continue
        if objects and fits(best) < _FITS:
            unit = best.unit if best.unit < 8 else 8
            headers = [replace(best, header=h) for h in range(8, _MAX_HEADER, 2 if unit < 8 else 8)]
            best = max([best, *headers], key=fits)
        if not objects or fits(best) >= _FITS:
            draft.rules[name] = best
        else:
            draft.rules[name] = _RESYNC
            if best.rule != "resync":
                lost.append(name)
    _unnamed(draft, sample)
    return lost


def _fits(sample: Sample, objects: Sequence[Instance], rule: SizeRule) -> float:
    """The share of the objects that end where another begins."""
    if rule.exact == "scope_info":
        return 1.0  # its group was chosen by that
    if rule.rule == "resync" and not rule.exact:
        return 0.0
    ends = [(i.address, _size(sample, rule, i.address)) for i in objects]
    good = sum(size > 0 and sample.ends_at_object(at, size) for at, size in ends)
    return share(good, len(ends))


def _unnamed(draft: Draft, sample: Sample) -> None:
    """Rules for types of variable size that have no name here: arrays of words or of bytes, where
    all of them end so. Else what is in them may be taken for objects."""
    named = {type_.value for type_ in draft.types.values()}
    first = draft.constants["first_nonstring_type"].value
    numbers = {m.type for m in sample.maps if m.instances and not m.instance_size}
    for number in sorted(numbers - named):
        objects = sample.of_type(number, _OBJECTS)
        if number < first or not objects:
            continue
        for rule in _ARRAYS:
            ends = [(i.address, _size(sample, rule, i.address)) for i in objects]
            if all(size > 0 and sample.ends_at_object(at, size) for at, size in ends):
                name = f"TYPE_{number}"
                draft.types[name] = Sourced(number, "measured: a type without a name")
                draft.rules[name] = rule
                break


def rules_for_sampling(draft: Draft) -> None:
    """Rules that a heap can be opened with before anything is known of types."""
    draft.rules = {"FREE_SPACE": SizeRule("smi", unit=1)}


def _size(sample: Sample, rule: SizeRule, address: int) -> int:
    """Bytes, 0 where the rule makes no sense there. As csrc/sizes.c has it."""
    word = sample.word(address + rule.field)
    if rule.rule == "smi":
        if word & 0xFFFFFFFF:
            return 0
        value = word >> 32
        return (
            rule.header + rule.unit * (value & rule.mask if rule.mask else value) + rule.tail + 7
            & -8
        )
    if rule.rule == "u16":
        return rule.header + rule.unit * (word & 0xFFFF)
    if rule.rule == "i32":
        return rule.header + rule.unit * (word & 0xFFFFFFFF)
    if rule.rule == "bigint":
        return rule.header + 8 * (word >> 1 & 0x3FFFFFFF)
    if rule.rule == "preparse":
        data = sample.memory.target.read_partial(address + rule.field, 8)
        first, second = int.from_bytes(data[:4], "little"), int.from_bytes(data[4:], "little")
        return (rule.header + first + 7 & -8) + 8 * second
    if rule.exact == "feedback_metadata":

        def u32(at: int) -> int:
            return int.from_bytes(sample.memory.target.read_partial(address + at, 4), "little")

        return feedback_metadata_size(replace(rule), u32)
    return 0
