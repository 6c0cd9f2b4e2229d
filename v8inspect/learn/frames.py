"""Slots of V8's frames that differ by version: of a call into a builtin and of one into Node.js."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence

from v8inspect.layout.tables import Table
from v8inspect.learn.fields import Fields, smi

_LOW = 0xFFFFFFFF
_WORDS = 24
_WAIT_ARGUMENTS = 5  # of Atomics.wait, receiver included
_READ_ARGUMENTS = 5  # of binding.read, at least
_API = ("target", "new_target", "receiver", "argc")


def of_builtin(fields: Fields, frame: int) -> None:
    """The exit frame of Atomics.wait, and below it the interpreted frame that has called it."""
    words = fields.known.words(frame, _WORDS)
    target = _where(words, fields.at("atomicsWait"))
    receiver = _where(words, fields.at("atomics"))
    if not target or not receiver:
        return
    record = fields.record
    record.put("Frame.builtin_exit_target", target[0])
    record.put("Frame.builtin_exit_receiver", receiver[0])
    undefined = [at for at in _where(words, fields.at("undefined")) if at < target[0]]
    fields.choose("Frame.builtin_exit_new_target", undefined)
    counts = [
        8 * at
        for at, word in enumerate(words)
        if target[0] < 8 * at < receiver[0] and word & _LOW == 0 and word
    ]
    fields.choose("Frame.builtin_exit_argc", counts)
    if len(counts) == 1:
        record.put("Frame.builtin_exit_extra", (words[counts[0] // 8] >> 32) - _WAIT_ARGUMENTS)
    caller = words[0]
    marker = smi(fields.numbers["marker"])
    below = fields.known.words(frame, (caller - frame) // 8) if 0 < caller - frame < 1 << 16 else []
    places = [caller - frame - 8 * at for at, word in enumerate(below) if word == marker]
    fields.choose("Frame.first_register", places)
    for name in ("builtin_exit_receiver_arm64", "builtin_exit_extra_arm64"):
        record.lacks(f"Frame.{name}")


def of_embedder(fields: Fields, frame: int, tables: Sequence[Table], is_builtin_exit: bool) -> None:
    """The exit frame of a function of Node.js: which table has its slots right."""
    words = fields.known.words(frame, _WORDS)
    if is_builtin_exit:
        get = fields.record.get
        found = {name: get(f"Frame.builtin_exit_{name}") for name in _API}
        fitting = [found] if _fits(fields, words, found, is_builtin_exit) else []
    else:
        fitting = []
        for table in tables:
            slots = {
                name: constant.value if constant is not None else None
                for name in _API
                for constant in (table.constants.get(f"Frame.api_callback_{name}"),)
            }
            if slots not in fitting and _fits(fields, words, slots, is_builtin_exit):
                fitting.append(slots)
    if len(fitting) != 1:
        fields.record.remarks.append(f"Frame.api_callback_*: {len(fitting)} tables fit")
        return
    for name, at in fitting[0].items():
        if at is None:
            fields.record.lacks(f"Frame.api_callback_{name}")
        else:
            fields.record.put(f"Frame.api_callback_{name}", at)


def _fits(
    fields: Fields, words: Sequence[int], slots: Mapping[str, Optional[int]], is_builtin: bool
) -> bool:
    def at(name: str) -> Optional[int]:
        slot = slots[name]
        return None if slot is None else words[slot // 8]

    target = at("target")
    count = at("argc")
    if is_builtin:
        right = target == fields.at("binding")
    else:
        right = fields.type_of(target) == fields.types["FUNCTION_TEMPLATE_INFO"]
    return (
        right
        and at("receiver") == fields.at("fsBinding")
        and at("new_target") in (None, fields.at("undefined"))
        and (count is None or (count & _LOW == 0 and count >> 32 >= _READ_ARGUMENTS))
    )


def _where(words: Sequence[int], word: Optional[int]) -> list[int]:
    return [8 * at for at, here in enumerate(words) if here == word and at >= 2]
