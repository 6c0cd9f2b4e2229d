"""ScopeInfo: names of a scope's variables, of its function, and where it stands in the source.

V8: src/objects/scope-info.h, scope-info.tq; V8_LAYOUT.md §5.4. A ScopeInfo is a run of words
whose later parts are there or not as its flags say, so it is parsed from the front, once.
"""

from __future__ import annotations

from typing import Optional

from v8inspect.errors import MemoryUnreadable
from v8inspect.limits import MAX_SCOPE_LOCALS
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.reader import Reader
from v8inspect.objects.strings import name_text
from v8inspect.objects.tagged import smi_or_none


class Scope:
    """What a ScopeInfo says. Words are tagged, positions count UTF-16 units of the source.

    `names` are the tagged names of the context's locals, in slot order (0: not known).
    `problem` says what could not be followed; the rest stands.
    """

    __slots__ = (
        "end",
        "flags",
        "function_name",
        "inferred_name",
        "kind",
        "names",
        "outer",
        "parameters",
        "problem",
        "start",
    )

    def __init__(self) -> None:
        self.flags = 0
        self.kind = "unknown"
        self.parameters = 0
        self.names: list[int] = []
        self.function_name: Optional[int] = None
        self.inferred_name: Optional[int] = None
        self.start: Optional[int] = None
        self.end: Optional[int] = None
        self.outer: Optional[int] = None
        self.problem: Optional[str] = None


class ScopeInfo(HeapObject):
    """A ScopeInfo."""

    __slots__ = ()

    @property
    def scope(self) -> Scope:
        """What it says, parsed anew at each call."""
        return scope_at(self.reader, self.word)

    @property
    def kind(self) -> str:
        """'function', 'block', 'class', 'catch', 'eval', 'module', 'script', 'with', 'unknown'."""
        return self.scope.kind

    @property
    def local_names(self) -> list[str]:
        """The names of the locals that live in the context, in slot order."""
        return [name_text(self.reader, word) for word in self.scope.names]


_KINDS = ("class", "eval", "function", "module", "script", "catch", "block", "with")


def scope_at(reader: Reader, word: int) -> Scope:
    """Parses the ScopeInfo at a tagged pointer. Damage is in `problem`, never raised."""
    scope = Scope()
    if reader.type_of(word) != reader.layout.types["SCOPE_INFO"]:
        scope.problem = "no ScopeInfo"
        return scope
    try:
        _parse(reader, word - 1, scope)
    except MemoryUnreadable:
        scope.problem = "ScopeInfo partly not in the dump"
    return scope


def _parse(reader: Reader, address: int, scope: Scope) -> None:
    fields = reader.layout.ScopeInfo
    unit = reader.layout.tagged_size
    memory = reader.memory

    def at(index: int) -> int:
        return memory.u64(address + unit + unit * index)

    if fields.flags_is_smi:
        scope.flags = flags = (smi_or_none(memory.u64(address + fields.flags)) or 0) & 0xFFFF_FFFF
    else:
        scope.flags = flags = memory.u32(address + fields.flags)
    scope.kind = kind = _kind(reader, flags)
    scope.parameters = smi_or_none(at(fields.parameter_count)) or 0
    count = smi_or_none(at(fields.context_local_count))
    if count is None or not 0 <= count <= MAX_SCOPE_LOCALS:
        scope.problem = "ScopeInfo with a nonsensical count of locals"
        return
    if fields.position_start is not None:
        scope.start = smi_or_none(at(fields.position_start))
        scope.end = smi_or_none(at(fields.position_start + 1))
    index = fields.first_variable
    if kind == "module" and fields.module_count_first:
        index += 1
    if count < fields.inlined_names_max:
        scope.names = list(memory.words(address + unit + unit * index, count))
        index += count
    else:
        scope.names = _hashed_names(reader, at(index), count)
        index += 1
    index += count  # one word of information for each local
    if flags >> fields.saved_class_variable_bit & 1:
        index += 1
    if flags >> fields.function_variable_shift & 3:
        scope.function_name = at(index)
        index += 2
    if flags >> fields.inferred_name_bit & 1:
        scope.inferred_name = at(index)
        index += 1
    if fields.position_start is None and kind in ("function", "script", "eval", "module", "class"):
        scope.start = smi_or_none(at(index))
        scope.end = smi_or_none(at(index + 1))
        index += 2
    if flags >> fields.outer_scope_info_bit & 1:
        scope.outer = at(index)


def _kind(reader: Reader, flags: int) -> str:
    fields = reader.layout.ScopeInfo
    number = flags & fields.scope_type_mask
    for kind in _KINDS:
        if getattr(fields, "scope_type_" + kind) == number:
            return kind
    return "unknown"


def _hashed_names(reader: Reader, table: int, count: int) -> list[int]:
    """Names of a NameToIndexHashTable: pairs of a name and the Smi index of its local."""
    names = [0] * count
    layout = reader.layout
    unit = layout.tagged_size
    if reader.type_of(table) != layout.types["NAME_TO_INDEX_HASH_TABLE"]:
        return names
    first = table - 1 + layout.FixedArray.data
    capacity = reader.smi(first + unit * layout.Dictionary.capacity) or 0
    if not 0 < capacity <= 4 * MAX_SCOPE_LOCALS:
        return names
    words = reader.memory.words(first + unit * layout.Dictionary.prefix_start, 2 * capacity)
    for name, packed in zip(words[::2], words[1::2]):
        index = smi_or_none(packed)
        if index is not None and 0 <= index < count and name & 3 == 1:
            names[index] = name
    return names
