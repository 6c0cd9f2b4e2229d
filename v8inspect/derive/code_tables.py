"""How V8 writes the tables beside its code, told by reading many of them: source positions, and the
translations of optimised code. A table that is read in the wrong way soon makes no sense.
"""

from __future__ import annotations

from typing import Iterator, Mapping, NamedTuple, Optional, Sequence

from v8inspect.derive.draft import Draft
from v8inspect.derive.sample import Sample, share
from v8inspect.layout.model import Layout
from v8inspect.layout.tables import Sourced
from v8inspect.objects.source_positions import entries
from v8inspect.stack.translation import Malformed, translated_frames

_ARRAYS = 400  # of bytecode
_CODES = 200
_ENTRIES = 16  # translations of each piece of code
_MAX_TABLE = 1 << 20  # bytes
_FITS = 0.95


def position_tables(draft: Draft, sample: Sample) -> Optional[str]:
    """Sets how offsets are written in tables of source positions; returns a doubt."""
    layout = draft.layout()
    fields = layout.BytecodeArray
    tables = []
    for item in sample.of_type(layout.types["BYTECODE_ARRAY"], _ARRAYS):
        table = _bytes(sample, sample.word(item.address + fields.source_position_table))
        if table:
            tables.append((table, sample.word(item.address + 8) >> 32))

    def fits(layout: Layout) -> float:
        unsigned = bool(layout.BytecodeArray.position_offsets_unsigned)
        return share(sum(_sound(table, size, unsigned) for table, size in tables), len(tables))

    name = "BytecodeArray.position_offsets_unsigned"
    if not tables:
        return "source positions: none to check with"
    best = draft.choose([[name]], fits, f"{len(tables)} tables of source positions")
    if best < _FITS:
        return f"source positions: no known version fits ({best:.0%} of {len(tables)})"
    return None


def _sound(table: bytes, size: int, unsigned: bool) -> bool:
    """Whether offsets rise up to the last of `size` bytes of bytecode, which is a Return with a
    position in all functions but those that end in a `throw` or a loop; positions are none."""
    last = -1
    for entry in entries(table, unsigned):
        if not last <= entry.offset < size or entry.inlining != -1 or entry.position < 0:
            return False
        last = entry.offset
    return last == size - 1


class _Translations(NamedTuple):
    """Of one piece of optimised code: its translations, where some of them begin, its literals."""

    data: bytes
    starts: Sequence[int]
    literals: Sequence[int]


def translations(draft: Draft, sample: Sample) -> Optional[str]:
    """Sets the opcodes of translations and the words of DeoptimizationData by reading those of
    optimised code. Without any, or where nothing fits, there are no opcodes: the functions that
    were inlined are then unknown. Returns a doubt."""
    ways: list[Mapping[str, Sourced]] = []
    for table in draft.tables:
        if all(_plain(table.translation_opcodes) != _plain(way) for way in ways):
            ways.append(table.translation_opcodes)
    names = draft.names("Deoptimization")
    codes = [item.address for item in sample.of_type(draft.types["CODE"].value, 20 * _CODES)]
    best: tuple[float, int] = (0.0, 0)
    chosen = None
    for part in draft.parts(names):
        layout = draft.layout(draft.with_part(part))
        found = list(_translations(sample, layout, codes))
        total = sum(len(item.starts) for item in found)
        for way in ways:
            opcodes = [(name, count.value) for name, count in way.items()]
            good = sum(
                _makes_sense(sample, layout, item, start, opcodes)
                for item in found
                for start in item.starts
            )
            if (share(good, total), good) > best:
                best, chosen = (share(good, total), good), (part, way)
    if chosen is None or best[0] < _FITS:
        draft.translation_opcodes = {}
        return "stacks: functions that were inlined into optimised code"
    draft.take(chosen[0], f"{best[1]} translations of optimised code make sense")
    draft.translation_opcodes = chosen[1]
    return None


def _plain(opcodes: Mapping[str, Sourced]) -> Sequence[tuple[str, int]]:
    return [(name, count.value) for name, count in opcodes.items()]


def _translations(sample: Sample, layout: Layout, codes: Sequence[int]) -> Iterator[_Translations]:
    fields, optimised = layout.Deoptimization, (layout.Code.kind_maglev, layout.Code.kind_turbofan)
    made = 0
    for code in codes:
        flags = sample.word(code + layout.Code.flags) & 0xFFFFFFFF
        if flags & layout.Code.kind_mask not in optimised:
            continue
        words = _words(sample, sample.word(code + layout.Code.deoptimization_data))
        if len(words) <= fields.first_entry:
            continue
        data = _bytes(sample, words[fields.translation])
        # A node id, where the translation begins, a pc: V8 has removed and added others before.
        starts = [words[i] >> 32 for i in range(fields.first_entry + 1, len(words), 3)]
        made += 1
        yield _Translations(
            data, starts[:: max(1, len(starts) // _ENTRIES)], _words(sample, words[fields.literals])
        )
        if made >= _CODES:
            return


def _makes_sense(
    sample: Sample,
    layout: Layout,
    item: _Translations,
    start: int,
    opcodes: Sequence[tuple[str, int]],
) -> bool:
    """Whether the translation has a function, and every function of it is one."""
    try:
        signed = bool(layout.Deoptimization.signed_opcodes)
        frames = translated_frames(item.data, start, opcodes, signed)
    except Malformed:
        return False
    functions = [frame for frame in frames if frame.is_interpreted]
    info = layout.types["SHARED_FUNCTION_INFO"]
    return bool(frames) and all(
        0 <= frame.shared < len(item.literals)
        and sample.type_of(item.literals[frame.shared] & ~2) == info
        and -1 <= frame.bytecode_offset < 1 << 24
        for frame in functions
    )


def _words(sample: Sample, word: int) -> Sequence[int]:
    """The words of a FixedArray or what is built like it; none of anything else."""
    if word & 7 != 1 or sample.size_of(word):
        return ()
    length = sample.word(word + 7)
    if length & 0xFFFFFFFF or length >> 32 > 1 << 16:
        return ()
    data = sample.memory.target.read_partial(word + 15, 8 * (length >> 32))
    return memoryview(data[: len(data) & -8]).cast("Q")


def _bytes(sample: Sample, word: int) -> bytes:
    """The bytes of a ByteArray; none of anything else."""
    if word & 7 != 1 or sample.size_of(word):
        return b""
    length = sample.word(word + 7)
    if length & 0xFFFFFFFF or length >> 32 > _MAX_TABLE:
        return b""
    return sample.memory.target.read_partial(word + 15, length >> 32)
