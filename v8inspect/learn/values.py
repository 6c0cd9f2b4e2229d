"""Fields of primitive values, of what holds properties and elements, and of collections."""

from __future__ import annotations

from typing import Mapping, Optional, Union

from v8inspect.learn.fields import Fields, double, smi

_LOW = 0xFFFFFFFF


def derive(fields: Fields, types: Mapping[str, int]) -> None:
    """String, Symbol, Oddball, Number, FixedArray, Dictionary, OrderedHash, …"""
    _strings(fields, types)
    _symbols(fields)
    _numbers(fields)
    _objects(fields, types)
    _dictionaries(fields, types)
    _collections(fields)


def _strings(fields: Fields, types: Mapping[str, int]) -> None:
    known, record = fields.known, fields.record
    _hashes(fields)
    left = "left part of a string " * 2 + str(fields.numbers["first"])
    fields.find("String.length", ("left", len(left)), ("sliced", 40), width=4)
    start = int.from_bytes(left[:8].encode(), "little")
    fields.find("String.chars", ("left", start))
    fields.find("String.cons_first", ("cons", fields.at("left")))
    fields.find("String.cons_second", ("cons", fields.at("right")))
    fields.find("String.sliced_parent", ("sliced", fields.at("parent")), last=40)
    fields.find("String.sliced_offset", ("sliced", smi(5)), last=40)
    text = known.facts["builtin"]["start"]

    def is_text(pointer: int) -> bool:
        return (
            pointer % 8 in range(8)
            and pointer > 0x1000
            and known.target.read_partial(pointer, len(text)) == text.encode("latin-1")
        )

    source = _source_of(fields, "builtin")
    fields.find("String.external_data", (source, is_text), last=40)
    two = (
        ("EXTERNAL_ONE_BYTE_STRING", "UNCACHED_EXTERNAL_ONE_BYTE_STRING"),
        ("INTERNALIZED_ONE_BYTE_STRING", "SEQ_ONE_BYTE_STRING"),
    )
    for constant, (one, other) in zip(
        ("String.uncached_external_bit", "String.not_internalized_bit"), two
    ):
        numbers = [types.get(name, types.get(_older(name))) for name in (one, other)]
        if None not in numbers:
            record.put(constant, (numbers[0] or 0) ^ (numbers[1] or 0), "printer: types of strings")


def _older(name: str) -> str:
    """The name of a string type before 12.x."""
    swapped = name.replace("INTERNALIZED_ONE_BYTE_STRING", "ONE_BYTE_INTERNALIZED_STRING")
    return swapped.replace("SEQ_", "")


def _hashes(fields: Fields) -> None:
    """Strings as keys of an OrderedHashMap: the bucket of each is the low bits of its hash."""
    known, record = fields.known, fields.record
    table = fields.at("strings>Builtins.collection_table")
    data = record.get("FixedArray.data") or 0
    if table is None:
        return
    words = known.words(table - 1 + data, 200)
    buckets, first = words[2] >> 32, 3
    keys = {}
    for bucket, head in enumerate(words[first : first + buckets]):
        entry = head >> 32
        if head & _LOW == 0 and entry < 64:
            keys[bucket] = words[first + buckets + 3 * entry]
    fitting = [
        (at, shift)
        for at in (8, 12)
        for shift in range(8)
        if all(
            (known.number(key - 1 + at, 4) or 0) >> shift & (buckets - 1) == bucket
            for bucket, key in keys.items()
        )
    ]
    if len(keys) > 8 and len(fitting) == 1:
        record.put("String.raw_hash_field", fitting[0][0])
        record.put("String.hash_shift", fitting[0][1])


def _source_of(fields: Fields, function: str) -> Optional[int]:
    return fields.at(f"{function}>JSFunction.shared>SharedFunctionInfo.script>Script.source")


def _symbols(fields: Fields) -> None:
    known, record = fields.known, fields.record
    fields.find(
        "Symbol.description",
        ("symbol", fields.text(f"described{fields.numbers['first']}")),
        last=32,
    )

    def flags(address: Optional[int]) -> Optional[int]:
        return None if address is None else known.number(address - 1 + 12, 4)

    public = [
        flags(fields.at(name)) for name in ("symbol", "registered", "wellKnown", "interesting")
    ]
    private = flags(_key_of(fields, "error", "error_stack"))
    name = flags(_key_of(fields, "private", "#secret"))
    if private is None or name is None or None in public or public[0] != 0:
        return
    record.put("Symbol.flags", 12)
    outside = 0
    for word in public:
        outside |= word or 0
    own = (name & ~outside) & ~private
    private &= ~outside
    both = private & name or private | name & ~outside
    record.put("Symbol.private_mask", both)
    record.put("Symbol.private_name_mask", own & -own if both != own else own)


def _key_of(fields: Fields, owner: str, kind: str) -> Optional[int]:
    """The private symbol (V8's own or a #name) that is a key of the Map's descriptors."""
    descriptors = fields.at(f"{owner}>0>Map.instance_descriptors")
    if descriptors is None:
        return None
    for word in fields.known.words(descriptors - 1 + 16, 32):
        if fields.type_of(word) == fields.types["SYMBOL"]:
            text = fields.printer.of(word).text
            if "#secret" in text if kind == "#secret" else _is_private(text):
                return word
    return None


def _is_private(text: str) -> bool:
    return "private: 1" in text or "is_private: 1" in text


def _numbers(fields: Fields) -> None:
    record = fields.record
    fields.find(
        "Oddball.to_string", ("true", fields.text("true")), ("null", fields.text("null")), last=48
    )
    fields.find("Oddball.to_number", ("true", smi(1)), ("null", smi(0)), last=48)
    for name in ("false", "true", "null", "undefined"):
        kind = record.get("Oddball.kind")
        address = fields.at(name)
        if kind is not None and address is not None:
            word = fields.known.word(address - 1 + kind) or 0
            if word & _LOW == 0:
                record.put(f"Oddball.kind_{name}", word >> 32)
    if "HOLE" in fields.types:
        record.lacks("Oddball.kind_the_hole")
    fields.find(
        "Number.heap_number_value", ("heapNumber", float(fields.known.facts["double"])), last=24
    )
    fields.find("Number.bigint_bitfield", ("bigint", 4), ("negative", 5), width=4, last=32)
    fields.find("Number.bigint_digits", ("bigint", 0xFEDCBA9876543210), last=40)


def _objects(fields: Fields, types: Mapping[str, int]) -> None:
    known, record, numbers = fields.known, fields.record, fields.numbers
    fields.find("JSObject.header_size", ("literal", smi(numbers["first"])))
    fields.find(
        "JSObject.properties_or_hash",
        ("grown", fields.holds(smi(numbers["grown11"]) or 0)),
        last=24,
    )
    fields.find("JSObject.elements", ("doubles", fields.holds(double(2.5))), last=24)
    fields.find("FixedArray.length", ("array>JSObject.elements", fields.smi_above(7)), last=16)
    fields.find("FixedArray.data", ("doubles", None), last=32)
    words = known.words((fields.at("holes>JSObject.elements") or 1) - 1, 8)
    first, last = double(1.25), double(3.25)
    if (
        first in words
        and words.index(first) + 2 < len(words)
        and words[words.index(first) + 2] == last
    ):
        record.put("FixedArray.double_hole", words[words.index(first) + 1])
    _hashed(fields)
    start = fields.printed("tcp").number("embedder fields")
    map_ = fields.at("tcp>0")
    if start is not None and map_ is not None:
        size = known.number(map_ - 1 + (record.get("Map.instance_size_in_words") or 0), 1) or 0
        record.put("JSObject.api_embedder_fields", 8 * (size - start))
    _maps(fields)
    descriptors = "literal>0>Map.instance_descriptors"
    count = fields.printed("literal>0").matched(r"instance descriptors.*DescriptorArray\[(\d+)\]")
    others = fields.printed("error>0").matched(r"instance descriptors.*DescriptorArray\[(\d+)\]")
    fields.find(
        "DescriptorArray.number_of_all_descriptors",
        (descriptors, count),
        ("error>0>Map.instance_descriptors", others),
        width=2,
        last=24,
    )
    pair = _of_type(fields, "getter>0>Map.instance_descriptors", types["ACCESSOR_PAIR"])
    fields.find("AccessorPair.getter", (pair, fields.at("getGetter")), last=24)
    fields.find("AccessorPair.setter", (pair, fields.at("getSetter")), last=24)
    elements = fields.at("sloppyArguments>JSObject.elements")
    fields.pointer("SloppyArguments.context", elements, "context", last=40)
    fields.pointer("SloppyArguments.arguments", elements, "arguments", last=40)


def _hashed(fields: Fields) -> None:
    """Above the length of a PropertyArray stands the identity hash of its object."""
    differences = 0
    for index in range(12):
        words = [
            fields.known.word(
                (fields.at(f"{name}{index}>JSObject.properties_or_hash") or 1) - 1 + 8
            )
            for name in ("plainProperties", "hashedProperties")
        ]
        if None in words:
            return
        differences |= ((words[0] or 0) ^ (words[1] or 0)) >> 32
    if differences:
        fields.record.put("FixedArray.property_array_length_mask", (differences & -differences) - 1)


def _maps(fields: Fields) -> None:
    known, record = fields.known, fields.record
    map_ = fields.at("literal>0")
    meta = fields.at("undefined>0>0")
    if meta is not None:
        record.put(
            "Map.size",
            8 * (known.number(meta - 1 + (record.get("Map.instance_size_in_words") or 0), 1) or 0),
        )
    unused = fields.printed("grown>0").number("unused property fields")
    if map_ is not None and unused is not None and 0 < unused < 3:
        words = fields.printed(map_).number("instance size") or 0
        fields.find(
            "Map.used_or_unused_instance_size_in_words",
            (map_, words // 8),
            ("grown>0", unused),
            width=1,
            last=16,
        )
    fields.pointer(
        "Map.prototype_validity_cell",
        map_,
        "prototype_validity cell",
        "prototype_validity_cell",
        last=72,
    )


def _of_type(fields: Fields, path: str, type_: int) -> Optional[int]:
    address = fields.at(path)
    words = fields.known.words(address - 1, 64) if address is not None else []
    return next((word for word in words if word & 3 == 1 and fields.type_of(word) == type_), None)


def _dictionaries(fields: Fields, types: Mapping[str, int]) -> None:
    record, known = fields.record, fields.known
    path = "dictionary>JSObject.properties_or_hash"
    data = record.get("FixedArray.data") or 0
    length = _smi_at(fields, path, record.get("FixedArray.length"))
    shown = fields.printed(path)
    entries = int(known.facts["entries"])
    fields.find("Dictionary.elements", (path, smi(entries)), minus=data, unit=8, last=48)
    capacity = shown.number("capacity")
    fields.find("Dictionary.capacity", (path, smi(capacity)), minus=data, unit=8, last=48)
    fields.find(
        "Dictionary.deleted", (path, smi(shown.number("deleted"))), minus=data, unit=8, last=40
    )
    start = record.get("Dictionary.prefix_start") or 3
    if length is not None and capacity:
        record.put("Dictionary.name_prefix", length - start - 3 * capacity)
    globals_ = fields.at("global>0>Map.prototype>JSObject.properties_or_hash")
    if globals_ is not None:
        length = _smi_at(fields, globals_, record.get("FixedArray.length"))
        capacity = _smi_at(fields, globals_, data + 8 * (record.get("Dictionary.capacity") or 0))
        if length is not None and capacity is not None:
            record.put("Dictionary.global_prefix", length - start - capacity)
        _cell(fields, globals_, types["PROPERTY_CELL"], length or 0)
    _details(fields, path)


def _cell(fields: Fields, dictionary: int, type_: int, length: int) -> None:
    value = smi(fields.numbers["cell"]) or 0
    for word in fields.known.words(dictionary - 1 + 16, length):
        if (
            word & 3 == 1
            and fields.type_of(word) == type_
            and value in fields.known.words(word - 1, 5)
        ):
            fields.find("PropertyCell.value", (word, value), last=40)
            fields.find("PropertyCell.name", (word, fields.text("calibrationCell")), last=40)
            details = [
                at for at in fields.offsets(word, lambda w: w & _LOW == 0 and w != value, last=40)
            ]
            fields.choose("PropertyCell.details", details)
            return


def _details(fields: Fields, path: str) -> None:
    """Details of entries that were made one after the other, with other attributes."""
    address = fields.at(path)
    if address is None:
        return
    words = fields.known.words(address - 1, 400)

    def details(name: str) -> Optional[int]:
        test = fields.text(name)
        at = next((at for at, word in enumerate(words) if test(word)), None)
        return None if at is None or at + 2 >= len(words) else words[at + 2] >> 32

    one, two = details("entry10"), details("entry11")
    hidden, fixed, accessor = details("hidden"), details("fixed"), details("accessor")
    if None in (one, two, hidden, fixed, accessor):
        return
    assert one is not None
    assert two is not None
    assert hidden is not None
    assert fixed is not None
    assert accessor is not None
    step = two - one
    if step > 0 and step & (step - 1) == 0:
        shift = step.bit_length() - 1
        fields.record.put("Dictionary.enumeration_index_shift", shift)
        low = (1 << shift) - 1
        read_only = (fixed ^ one) & low  # attributes: 1 read-only, 2 not enumerable
        not_enumerable = (hidden ^ one) & low
        if not_enumerable == read_only << 1 and read_only & (read_only - 1) == 0 and read_only:
            fields.record.put("Dictionary.attributes_shift", read_only.bit_length() - 1)
        kind = (accessor ^ one) & low & ~(7 * (read_only or 1)) & 1
        if kind:
            fields.record.put("Dictionary.kind_bit", 0)


def _smi_at(fields: Fields, path: Union[str, int], offset: Optional[int]) -> Optional[int]:
    address = fields.at(path) if isinstance(path, str) else path
    if address is None or offset is None:
        return None
    word = fields.known.word(address - 1 + offset)
    return None if word is None or word & _LOW else word >> 32


def _collections(fields: Fields) -> None:
    record, numbers = fields.record, fields.numbers
    data = record.get("FixedArray.data") or 0
    table, other, tables = (
        fields.at(f"{n}>Builtins.collection_table") for n in ("map", "bigMap", "set")
    )
    if table is None or other is None or tables is None:
        return
    fields.find(
        "OrderedHash.elements", (table, smi(2)), (other, smi(9)), minus=data, unit=8, last=48
    )
    fields.find(
        "OrderedHash.deleted", (table, smi(1)), (other, smi(0)), minus=data, unit=8, last=40
    )
    fields.find(
        "OrderedHash.buckets", (table, smi(2)), (other, smi(8)), minus=data, unit=8, last=48
    )
    key = fields.offsets(table, smi(numbers["key"]))
    buckets = record.get("OrderedHash.buckets")
    length = record.get("FixedArray.length")
    if len(key) == 1 and buckets is not None:
        count = _smi_at(fields, table, data + 8 * buckets) or 0
        first = (min(key) - data) // 8 - count
        record.put("OrderedHash.first_bucket", first)
        for constant, address in (("map", table), ("set", tables)):
            words = _smi_at(fields, address, length)
            count = _smi_at(fields, address, data + 8 * buckets) or 0
            if words is not None and count:
                record.put(
                    f"OrderedHash.{constant}_entry_words", (words - first - count) // (2 * count)
                )
