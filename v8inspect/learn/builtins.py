"""Fields of built-in objects: iterators, promises, generators, buffers, weak ones, and Code."""

from __future__ import annotations

from typing import Iterable, Mapping, Optional

from v8inspect.learn.fields import Fields, smi


def derive(fields: Fields, types: Mapping[str, int]) -> None:
    """Builtins, WeakCell, Microtask.*, Foreign."""
    _collections(fields)
    _iterators(fields)
    _promises(fields)
    _generators(fields)
    _wrappers(fields)
    _buffers(fields)
    _weak(fields, types)


def _collections(fields: Fields) -> None:
    types = fields.types
    tables = {
        "map": "ORDERED_HASH_MAP",
        "set": "ORDERED_HASH_SET",
        "weakMap": "EPHEMERON_HASH_TABLE",
        "weakSet": "EPHEMERON_HASH_TABLE",
    }
    fields.find(
        "Builtins.collection_table",
        *((name, fields.is_a(types[type_])) for name, type_ in tables.items()),
        last=40,
    )


def _iterators(fields: Fields) -> None:
    table = "Builtins.collection_table"
    fields.find(
        "Builtins.iterator_table",
        ("mapIterator", fields.printed("mapIterator").address("table")),
        ("setIterator", fields.at(f"set>{table}")),
        last=48,
    )
    fields.find(
        "Builtins.iterator_index",
        ("mapIterator", smi(fields.printed("mapIterator").number("index"))),
        ("setIterator", smi(2)),
        last=48,
    )
    fields.find("Builtins.array_length", ("array", smi(fields.numbers["arrayLength"])), last=48)
    fields.find("Builtins.array_iterator_object", ("arrayIterator", fields.at("array")), last=48)
    fields.find("Builtins.array_iterator_next_index", ("arrayIterator", smi(3)), last=48)
    fields.find(
        "Builtins.array_iterator_kind",
        ("arrayIterator", smi(1)),
        ("arrayEntries", smi(2)),
        last=48,
    )
    fields.find("Builtins.string_iterator_string", ("stringIterator", fields.at("left")), last=48)
    fields.find("Builtins.string_iterator_index", ("stringIterator", smi(2)), last=48)
    fields.pointer(
        "Builtins.regexp_iterator_regexp",
        "regexpIterator",
        "regex",
        "regexp",
        "iterating_reg_exp",
        last=56,
    )
    fields.find("Builtins.regexp_iterator_string", ("regexpIterator", fields.at("left")), last=56)
    fields.find(
        "Builtins.regexp_source", ("regexp", fields.text("calibration (.) regexp")), last=72
    )
    fields.find("Builtins.regexp_flags", ("regexp", smi(0x13)), ("regexpPlain", smi(0)), last=56)
    fields.find("Builtins.regexp_last_index", ("regexp", smi(fields.numbers["lastIndex"])), last=72)


def _promises(fields: Fields) -> None:
    result = "Builtins.promise_reactions_or_result"
    fields.find(
        result,
        ("fulfilled", fields.at("promiseValue")),
        ("rejected", fields.at("promiseReason")),
        last=48,
    )
    # The state is in the low two bits of a Smi: 0 pending, 1 fulfilled, 2 rejected.
    fields.find(
        "Builtins.promise_flags",
        ("fulfilled", lambda word: word >> 32 & 3 == 1 and word & 0xFFFFFFFF == 0),
        ("rejected", lambda word: word >> 32 & 3 == 2 and word & 0xFFFFFFFF == 0),
        last=48,
    )
    reaction = fields.at(f"chained>{result}")
    fields.find("Builtins.reaction_fulfill_handler", (reaction, fields.at("onFulfilled")), last=56)
    fields.find("Builtins.reaction_reject_handler", (reaction, fields.at("onRejected")), last=56)
    fields.find(
        "Builtins.reaction_promise_or_capability", (reaction, fields.at("derivedPromise")), last=56
    )
    twice = fields.at(f"twice>{result}")
    fields.find("Builtins.reaction_next", (twice, fields.printed(twice).address("next")), last=56)
    capability = fields.printed(fields.at(f"subclassed>{result}")).address("promise_or_capability")
    fields.find(
        "Microtask.capability_promise", (capability, fields.at("derivedSubclassed")), last=32
    )


def _generators(fields: Fields) -> None:
    fields.find("Builtins.generator_function", ("generator", fields.at("generate")), last=96)
    fields.pointer("Builtins.generator_context", "generator", "context", last=96)
    fields.find(
        "Builtins.generator_receiver", ("generator", fields.at("generatorReceiver")), last=96
    )
    fields.pointer("Builtins.generator_registers", "generator", "register file", last=96)
    shown = fields.printed("generator")
    fields.find(
        "Builtins.generator_continuation",
        ("generator", smi(shown.number("continuation"))),
        ("notStarted", smi(fields.printed("notStarted").number("continuation"))),
        ("finished", smi(-1)),
        last=96,
    )
    debug = [
        (name, smi(fields.printed(name).number("debug pos")))
        for name in ("generator", "notStarted")
    ]
    fields.find("Builtins.generator_input", *debug, last=96)
    fields.find(
        "Builtins.generator_resume_mode", ("generator", smi(0)), ("returning", smi(1)), last=96
    )
    fields.printed("asyncFunctionObject")
    fields.pointer("Builtins.async_function_promise", "asyncFunctionObject", "promise", last=96)
    fields.find(
        "Builtins.async_generator_queue",
        ("asyncGenerator", fields.is_a(fields.types["ASYNC_GENERATOR_REQUEST"])),
        last=104,
    )
    request = fields.at("asyncGenerator>Builtins.async_generator_queue")
    fields.find("Microtask.request_promise", (request, fields.at("asyncRequest")), last=56)


def _wrappers(fields: Fields) -> None:
    record = fields.record
    fields.find("Builtins.primitive_value", ("primitive", fields.at("symbol")), last=40)
    fields.find("Builtins.proxy_target", ("proxy", fields.at("proxyTarget")), last=40)
    fields.find("Builtins.proxy_handler", ("proxy", fields.at("proxyHandler")), last=40)
    fields.find("Builtins.bound_target", ("bound", fields.at("plain")), last=56)
    fields.find("Builtins.bound_this", ("bound", fields.at("boundThis")), last=56)
    fields.find("Builtins.bound_arguments", ("bound", fields.holds(smi(2) or 0, 8)), last=56)
    time = float(fields.numbers["date"] * 1000)
    raw = fields.offsets("date", time, last=64)
    if raw:
        record.put("Builtins.date_is_raw_double", 1)
        fields.choose("Builtins.date_value", raw)
    else:
        record.put("Builtins.date_is_raw_double", 0)
        from v8inspect.learn.fields import double

        fields.find("Builtins.date_value", ("date", fields.holds(double(time), 4)), last=64)
    fields.find(
        "Builtins.external_value",
        ("external", lambda word: word % 8 == 0 and word > 0x10000),
        last=32,
    )


def _buffers(fields: Fields) -> None:
    numbers = fields.numbers
    fields.find(
        "Builtins.array_buffer_byte_length",
        ("buffer", numbers["bufferLength"]),
        ("resizable", 4096),
        ("shared", 65432),
        last=104,
    )
    longest = fields.offsets("buffer", numbers["bufferLength"], last=104)
    longest &= fields.offsets("resizable", numbers["maxLength"], last=104)
    usual = fields.record.get("Builtins.array_buffer_byte_length")
    fields.choose("Builtins.array_buffer_max_byte_length", longest - {usual or 0})
    store = fields.printed("buffer").address("backing_store")
    fields.find("Builtins.array_buffer_backing_store", ("buffer", store), last=104)
    used = {
        fields.record.get(f"Builtins.array_buffer_{name}")
        for name in ("byte_length", "max_byte_length", "backing_store")
    }
    extension = (
        fields.offsets("buffer", lambda word: word % 8 == 0 and word > 0x10000, last=104) - used
    )
    fields.choose(
        "Builtins.array_buffer_extension",
        extension & fields.offsets("shared", lambda w: w % 8 == 0 and w > 0x10000, last=104),
    )
    _buffer_flags(fields)
    fields.find(
        "Builtins.view_buffer",
        ("view", fields.at("buffer")),
        ("typed", fields.at("buffer")),
        last=104,
    )
    fields.find(
        "Builtins.view_byte_offset",
        ("view", numbers["viewOffset"]),
        ("typed", numbers["typedOffset"]),
        last=104,
    )
    fields.find(
        "Builtins.view_byte_length",
        ("view", numbers["viewLength"]),
        ("typed", 2 * numbers["typedLength"]),
        last=104,
    )
    length = fields.offsets("typed", numbers["typedLength"], last=104)
    if length:
        fields.choose("Builtins.typed_array_length", length)
    else:
        fields.record.lacks("Builtins.typed_array_length")
    if store is not None:
        fields.find(
            "Builtins.typed_array_external_pointer",
            ("typed", store + numbers["typedOffset"]),
            last=112,
        )
        fields.find(
            "Builtins.data_view_data_pointer", ("view", store + numbers["viewOffset"]), last=112
        )
    elements = fields.at("onHeap>JSObject.elements")
    base = fields.offsets("onHeap", elements, last=112) - {fields.record.get("JSObject.elements")}
    fields.choose("Builtins.typed_array_base_pointer", base)
    _view_flags(fields)


def _buffer_flags(fields: Fields) -> None:
    """A uint32 of bits: detached, shared, resizable are each set in one of four buffers."""
    record = fields.record
    names = ("buffer", "detached", "shared", "resizable")
    addresses = [fields.at(name) for name in names]
    if None in addresses:
        return
    fitting = []
    for at in range(40, 96, 4):
        words = [fields.known.number((address or 1) - 1 + at, 4) or 0 for address in addresses]
        bits = [_only(words, index) for index in (1, 2, 3)]
        if all(word < 1 << 16 for word in words) and words[0] and len(bits[0]) == len(bits[1]) == 1:
            fitting.append((at, bits))
    if len(fitting) == 1:
        at, (detached_bits, shared_bits, resizable_bits) = fitting[0]
        record.put("Builtins.array_buffer_flags", at)
        record.put("Builtins.array_buffer_was_detached_bit", detached_bits[0])
        record.put("Builtins.array_buffer_is_shared_bit", shared_bits[0])
        if len(resizable_bits) == 1:  # needs a flag in older versions
            record.put("Builtins.array_buffer_is_resizable_bit", resizable_bits[0])


def _only(words: Iterable[int], index: int) -> list[int]:
    """The bits that are set in the word at `index` alone."""
    words = list(words)
    others = 0
    for at, word in enumerate(words):
        if at != index:
            others |= word
    return [bit for bit in range(16) if words[index] & ~others & 1 << bit]


def _view_flags(fields: Fields) -> None:
    """Bits of a view: follows the length of its buffer; the buffer is a resizable ArrayBuffer."""
    record = fields.record
    addresses = [fields.at(name) for name in ("typed", "tracking", "backed")]
    if None in addresses:
        return
    fitting = []
    for at in range(24, 64, 4):
        plain, tracking, backed = (
            fields.known.number((address or 1) - 1 + at, 4) or 0 for address in addresses
        )
        both = tracking & backed & ~plain & 3
        only = tracking & ~backed & ~plain & 3
        if both in (1, 2) and only in (1, 2) and plain & 3 == 0:
            fitting.append((at, only.bit_length() - 1, both.bit_length() - 1))
    if len(fitting) == 1:
        record.put("Builtins.view_flags", fitting[0][0])
        record.put("Builtins.view_is_length_tracking_bit", fitting[0][1])
        record.put("Builtins.view_is_backed_by_rab_bit", fitting[0][2])


def _weak(fields: Fields, types: Mapping[str, int]) -> None:
    fields.find("Builtins.weak_ref_target", ("weakRef", fields.at("weakTarget")), last=32)
    fields.find("Builtins.finalization_cleanup", ("registry", fields.at("cleanup")), last=64)
    fields.find(
        "Builtins.finalization_active_cells", ("registry", fields.is_a(types["WEAK_CELL"])), last=72
    )
    cell = fields.at("registry>Builtins.finalization_active_cells")
    fields.pointer("Builtins.finalization_cleared_cells", "registry", "cleared_cells", last=72)
    fields.find("WeakCell.finalization_registry", (cell, fields.at("registry")), last=72)
    fields.find(
        "WeakCell.target",
        (cell, _second(fields, "registered target", "registered target 2")),
        last=72,
    )
    fields.find("WeakCell.holdings", (cell, _second(fields, "holdings", "holdings 2")), last=72)
    fields.find("WeakCell.unregister_token", (cell, _second(fields, "token", "token 2")), last=72)
    fields.find("WeakCell.next", (cell, fields.printed(cell).address("next")), last=72)


def _second(fields: Fields, first: str, second: str) -> Optional[int]:
    """The newer of two registrations stands first in the list."""
    return fields.at(second) or fields.at(first)
