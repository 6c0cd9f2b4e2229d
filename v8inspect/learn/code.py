"""Code: the header of machine code, of a function that the baseline compiler has compiled and of
one that the optimising compiler has."""

from __future__ import annotations

import re
from typing import Mapping, Optional, Sequence

from v8inspect.learn.fields import Fields
from v8inspect.learn.printed import Printed

_START = re.compile(r"^0x([0-9a-f]+) +0 ", re.MULTILINE)
_SIZE = re.compile(r"^Instructions \(size = (\d+)\)", re.MULTILINE)
_KIND = re.compile(r"\bkind = (\w+)")
_SAFEPOINTS = re.compile(r"^Safepoints \(.*\)", re.MULTILINE)
_KINDS = {
    "TURBOFAN_JS": "turbofan",
    "TURBOFAN": "turbofan",
    "MAGLEV": "maglev",
    "BASELINE": "baseline",
}
_LAST = 160
_DATA = (
    "translation",
    "literals",
    "protected_literals",
    "shared",
    "inlining_positions",
    "first_entry",
)


def derive(fields: Fields, types: Mapping[str, int]) -> None:
    """Code.* and what of the optimised function's data is found by its function."""
    baseline = _code(fields, "baselined")
    if baseline is not None:
        _header(fields, types, baseline)
    for name in ("optimized", "maglevved"):
        _kind(fields, name)
    _deoptimization(fields, types)
    _safepoints(fields)


def _code(fields: Fields, name: str) -> Optional[int]:
    """The Code of a function: in the function, or as its print says."""
    address = fields.printed(name).address("code")
    return address if address is not None else fields.at(f"{name}>JSFunction.code")


def _shown(fields: Fields, address: int) -> Printed:
    return fields.printer.of(address)


def _header(fields: Fields, types: Mapping[str, int], code: int) -> None:
    record, known = fields.record, fields.known
    shown = _shown(fields, code)
    start, size, kind = (pattern.search(shown.whole) for pattern in (_START, _SIZE, _KIND))
    if start is None or size is None or kind is None or kind[1] != "BASELINE":
        return
    address = int(start[1], 16)
    fields.find("Code.instruction_size", (code, int(size[1])), width=4, last=_LAST)
    pointers = fields.offsets(code, address, last=_LAST)
    if pointers:
        record.lacks("Code.instructions")
        record.lacks("Code.instructions_arm64")
        fields.choose("Code.instruction_start", pointers)
    elif 0 < address - (code - 1) < 512:
        record.lacks("Code.instruction_start")
        record.put("Code.instructions", address - (code - 1))
        record.lacks("Code.instructions_arm64")
    mask, baseline = record.get("Code.kind_mask"), record.get("Code.kind_baseline")
    if mask is not None and baseline is not None:
        is_baseline, is_not = (
            (lambda word, equal=equal: (word & mask == baseline) == equal and word != 0)
            for equal in (True, False)
        )
        others = [fields.printed(name).address("code") for name in ("plain", "native")]
        witnesses = [(code, is_baseline), (_code(fields, "baselinedToo"), is_baseline)]
        witnesses += [(other, is_not) for other in others if other is not None]
        witnesses.append((_code(fields, "optimized"), is_not))
        fields.find("Code.flags", *witnesses, width=4, last=72)
    bytecode = fields.is_a(types["BYTECODE_ARRAY"], types["INTERPRETER_DATA"])
    fields.find("Code.deoptimization_data", (code, bytecode), last=_LAST)
    array = fields.is_a(types["BYTE_ARRAY"], types.get("TRUSTED_BYTE_ARRAY"))
    header = record.get("Code.instruction_start") or 64
    fields.find("Code.position_table", (code, array), last=header)
    stream = types.get("INSTRUCTION_STREAM")
    if stream is None:
        record.lacks("Code.instruction_stream_code")
        return
    for word in known.words(code - 1, 12):
        if fields.type_of(word) == stream:
            fields.find("Code.instruction_stream_code", (word, code), last=64)


def _kind(fields: Fields, name: str) -> None:
    code = _code(fields, name)
    offset, mask = fields.record.get("Code.flags"), fields.record.get("Code.kind_mask")
    if code is None or offset is None or mask is None:
        return
    kind = _KIND.search(_shown(fields, code).whole)
    label = _KINDS.get(kind[1]) if kind is not None else None
    flags = fields.known.number(code - 1 + offset, 4)
    if label is not None and flags is not None:
        fields.record.put(f"Code.kind_{label}", flags & mask, "printer")


def _safepoints(fields: Fields) -> None:
    """What stands in the header of the safepoint table, as V8 prints it."""
    for name, constant, label in (
        ("optimized", "safepoint_has_stack_slots", "stack slots ="),
        ("maglevved", "maglev_safepoint_counts", "tagged slots ="),
    ):
        code = _code(fields, name)
        whole = "" if code is None else _shown(fields, code).whole
        kind, line = _KIND.search(whole), _SAFEPOINTS.search(whole)
        if kind is None or line is None or (name == "maglevved") != (kind[1] == "MAGLEV"):
            continue
        fields.record.put(f"Deoptimization.{constant}", line[0].count(label), "printer")


def _deoptimization(fields: Fields, types: Mapping[str, int]) -> None:
    """DeoptimizationData: where it has the function tells which table has its words right."""
    record = fields.record
    code = _code(fields, "optimized")
    offset, data = record.derived.get("Code.deoptimization_data"), record.get("FixedArray.data")
    if code is None or offset is None or data is None:
        return
    array = fields.known.word(code - 1 + offset.value) or 0
    shared = fields.at("optimized>JSFunction.shared")
    wrapper = fields.is_a(types.get("SHARED_FUNCTION_INFO_WRAPPER"))
    words = fields.known.words((array & ~3) + data, 16)
    found = [at for at, word in enumerate(words) if word == shared or wrapper(word)]
    if len(found) != 1:
        return
    fitting = []
    for table in record.bases.tables:
        slots = {
            name: constant.value if constant is not None else None
            for name in _DATA
            for constant in (table.constants.get(f"Deoptimization.{name}"),)
        }
        if slots["shared"] == found[0] and slots not in fitting:
            fitting.append(slots)
    if len(fitting) == 1:
        for name, number in fitting[0].items():
            if number is None:
                record.lacks(f"Deoptimization.{name}")
            else:
                record.put(f"Deoptimization.{name}", number, "measured: by the place of `shared`")


def signed_opcodes(fields: Fields, names: Sequence[str]) -> None:
    """Each translation of an optimised function begins with the opcode BEGIN, or repeats another:
    a number that is written signed stands shifted by its sign."""
    record, known = fields.record, fields.known
    code = _code(fields, "optimized")
    offset, data = record.derived.get("Code.deoptimization_data"), record.get("FixedArray.data")
    first, place = (record.get(f"Deoptimization.{n}") for n in ("first_entry", "translation"))
    if code is None or offset is None or data is None or first is None or place is None:
        return
    array = (known.word(code - 1 + offset.value) or 0) & ~3
    length = (known.word(array + data - 8) or 0) >> 32
    table = ((known.word(array + data + 8 * place) or 0) & ~3) + data
    starts = [(known.word(array + data + 8 * at) or 0) >> 32 for at in range(first + 1, length, 3)]
    begins = {at for at, name in enumerate(names) if name.startswith(("BEGIN", "MATCH_PREVIOUS"))}
    bytes_ = [known.number(table + start, 1) for start in starts]
    fitting = [
        signed
        for signed in (0, 1)
        if bytes_ and all(byte in {number << signed for number in begins} for byte in bytes_)
    ]
    fields.choose("Deoptimization.signed_opcodes", fitting)
