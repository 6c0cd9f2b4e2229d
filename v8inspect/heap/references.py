"""Who refers to a value: the objects and contexts that hold it, and by which of their parts.

The scanner finds the slots. A slot in a backing store (elements, property arrays, hash tables,
cells) says little, so the stores' own holders are looked for in turn until objects are reached:
`sessions.0` rather than `FixedArray + 16`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterable, Iterator, Optional, Sequence, Union

from v8inspect.objects.contexts import Context
from v8inspect.objects.fields import Field
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSReceiver
from v8inspect.objects.properties import Property, own_properties
from v8inspect.objects.reader import reader_of
from v8inspect.objects.strings import name_text
from v8inspect.objects.tagged import Damaged
from v8inspect.scan import scanner as scan

if TYPE_CHECKING:
    from v8inspect.session import Session

_MAX_LEVELS = 4  # store → cell or table → object; deeper is V8's own bookkeeping
_MAX_HITS = 1 << 20
_ENTRY_WORDS = 3  # of a NameDictionary: key, value, details

# Kinds of holding, as V8's heap snapshot calls edges.
PROPERTY, ELEMENT, VARIABLE, INTERNAL = "property", "element", "variable", "internal"


@dataclass(frozen=True)
class Holder:
    """One reference: the object at the tagged address `holder` holds `target` as `via`.

    `kind` is 'property' (`via` its name), 'element' (an index), 'variable' (a context's) or
    'internal' (a part that JavaScript can't name: `table`, `bound_this`, …). `weak` says that it
    does not keep the target alive.
    """

    holder: int
    via: str
    kind: str
    target: int
    weak: bool = False


@dataclass(frozen=True)
class _Wanted:
    """A way to `target`: slots from the one that holds it outwards, the last one in the store
    whose holder is looked for now."""

    slots: tuple[int, ...]
    target: int
    weak: bool


class References:
    """The search, with what it found before. Made once per session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._reader = reader_of(session)
        self._known: dict[tuple[int, ...], list[Holder]] = {}
        layout = session.layout
        names = (
            "FIXED_ARRAY",
            "PROPERTY_ARRAY",
            "NAME_DICTIONARY",
            "GLOBAL_DICTIONARY",
            "NUMBER_DICTIONARY",
            "ORDERED_HASH_MAP",
            "ORDERED_HASH_SET",
            "EPHEMERON_HASH_TABLE",
            "PROPERTY_CELL",
            "CONTEXT_CELL",
            "SLOPPY_ARGUMENTS_ELEMENTS",
            "ACCESSOR_PAIR",
            "PROMISE_REACTION",
            "DESCRIPTOR_ARRAY",
            "STRONG_DESCRIPTOR_ARRAY",
            "MAP",
        )
        self._stores = {layout.types[name] for name in names if name in layout.types}
        self._tables = {
            layout.types[name]
            for name in ("ORDERED_HASH_MAP", "ORDERED_HASH_SET", "EPHEMERON_HASH_TABLE")
        }

    def of(self, targets: Sequence[int]) -> Sequence[Holder]:
        """Everything that holds one of the tagged addresses, in the order of pages."""
        key = tuple(sorted(set(targets)))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = list(self._search(key))
        return found

    def hop(self, holder: int, slots: Sequence[int], target: int) -> Optional[Holder]:
        """How the object at `holder` holds `target`: `slots` lead outwards, from the one that holds
        the target to the holder's own. None where the holder is no object of JavaScript's."""
        object_ = self._reader.value(holder)
        if not isinstance(object_, (JSReceiver, Context)):
            return None
        item = _Wanted(tuple(slots[:-1]), target, False)
        return next(self._held(object_, slots[-1], [item], len(slots) - 1), None)

    def is_store(self, word: int) -> bool:
        """Whether what is held by an object is held through it: elements, tables, cells."""
        return self._reader.type_of(word) in self._stores

    def part(self, holder: int, slot: int) -> str:
        """The name of the part of any object that `slot` is."""
        object_ = self._reader.value(holder)
        if isinstance(object_, HeapObject):
            return self._part(object_, slot)
        return f"+{slot - (holder & ~7)}"

    def _search(self, targets: Sequence[int]) -> Iterator[Holder]:
        pending: dict[int, list[_Wanted]] = {target: [] for target in targets}
        seen: set[int] = set()
        for level in range(_MAX_LEVELS):
            stores: dict[int, list[_Wanted]] = {}
            for reference in self._hits(list(pending)):
                held = self._session.memory.u64(reference.slot)
                target, weak = held & ~2, bool(held & 2)
                wanted = pending.get(target)
                if wanted is None:
                    continue
                through = [_Wanted((), target, weak)] if level == 0 else wanted
                object_ = self._reader.value(reference.object + 1)
                if isinstance(object_, (JSReceiver, Context)):
                    yield from self._held(object_, reference.slot, through, level)
                elif isinstance(object_, HeapObject) and object_.instance_type in self._stores:
                    if object_.word not in seen:
                        stores.setdefault(object_.word, []).extend(
                            _Wanted((*item.slots, reference.slot), item.target, item.weak)
                            for item in through
                        )
            seen.update(stores)
            if not stores:
                return
            pending = stores

    def _hits(self, targets: Sequence[int]) -> Iterable[scan.Reference]:
        heap = self._session.heap
        heap.scanner.set_targets(targets)
        for number in heap.numbers:
            heap.scanner.reset()
            for _ in heap.walk(number, scan.REFER):
                found = heap.scanner.references()
                heap.scanner.reset()
                yield from found[:_MAX_HITS]

    def _held(
        self,
        holder: Union[JSReceiver, Context],
        slot: int,
        wanted: Sequence[_Wanted],
        level: int,
    ) -> Iterator[Holder]:
        """How `holder` holds what lies in `wanted`: directly (level 0) or through the store that
        its `slot` points to."""
        part = self._part(holder, slot)
        for item in wanted:
            if isinstance(holder, Context):
                yield self._variable(holder, slot, item)
                continue
            name = self._property(holder, (*item.slots, slot))
            if name is not None:
                yield Holder(holder.word, name, PROPERTY, item.target, item.weak)
                continue
            if level == 0:
                yield Holder(holder.word, part, INTERNAL, item.target, item.weak)
                continue
            inside = self._inside(item.slots[-1], part)
            if inside is not None:
                yield Holder(holder.word, inside[0], inside[1], item.target, item.weak)

    def _variable(self, context: Context, slot: int, item: _Wanted) -> Holder:
        variable = context.name_at(slot)
        if variable is not None:
            return Holder(context.word, variable, VARIABLE, item.target, item.weak)
        layout = self._reader.layout
        number = (slot - context.address - layout.Context.slots) // layout.tagged_size
        names = {layout.Context.scope_info: "scope_info", layout.Context.previous: "previous"}
        return Holder(
            context.word, names.get(number, f"slot {number}"), INTERNAL, item.target, item.weak
        )

    def _property(self, holder: JSReceiver, slots: Sequence[int]) -> Optional[str]:
        if holder.map.is_dictionary_map:
            return next(filter(None, map(self._key_in_store, slots)), None)
        for item in own_properties(self._reader, holder.word):
            if isinstance(item, Damaged):
                continue
            if item.slot in slots:
                return item.name
            if item.is_accessor and item.where == "map" and item.word is not None:
                # In its AccessorPair; named as in V8's heap snapshot.
                pair, accessors = item.word - 1, self._reader.layout.AccessorPair
                if pair + accessors.getter in slots:
                    return f"get {item.name}"
                if pair + accessors.setter in slots:
                    return f"set {item.name}"
        return None

    def _key_in_store(self, slot: int) -> Optional[str]:
        """The key whose value a slot of a NameDictionary or PropertyCell is."""
        whole = self._session.heap.object_at(slot)
        if whole is None:
            return None
        address, kind = whole
        layout = self._reader.layout
        if kind == layout.types["PROPERTY_CELL"]:
            key = self._reader.word(address + layout.PropertyCell.name)
        elif kind == layout.types["NAME_DICTIONARY"]:
            first = layout.Dictionary.prefix_start + layout.Dictionary.name_prefix
            index = (slot - address - layout.FixedArray.data) // layout.tagged_size
            if (index - first) % _ENTRY_WORDS != 1:
                return None
            key = self._reader.word(slot - layout.tagged_size)
        else:
            return None
        if key is None:
            return None
        return Property(self._reader, key, None, False, 0, "dictionary").name

    def _part(self, holder: HeapObject, slot: int) -> str:
        """The name of the field of `holder` at `slot`, by what its class declares."""
        offset = slot - holder.address
        for kind in type(holder).__mro__:
            for name, field in vars(kind).items():
                if isinstance(field, Field) and field.offset(self._reader.layout) == offset:
                    return name.replace("_word", "").replace("_value", "")
        return "map" if offset == 0 else f"+{offset}"

    def _inside(self, slot: int, part: str) -> Optional[tuple[str, str]]:
        """(via, kind) of a slot in a store that an object holds as its `part`."""
        reader = self._reader
        whole = self._session.heap.object_at(slot)
        if whole is None:
            return None
        address, kind = whole
        types = reader.layout.types
        index = (slot - address - reader.layout.FixedArray.data) // reader.layout.tagged_size
        if "element" in part and kind == types["FIXED_ARRAY"]:
            return str(index), ELEMENT
        if kind == types["NUMBER_DICTIONARY"]:
            key = reader.smi(slot - reader.layout.tagged_size)
            return (str(key), ELEMENT) if key is not None else None
        if kind in self._tables:
            return self._entry(address, slot, kind, index), INTERNAL
        if kind == types["MAP"]:
            return None  # an object's Map holds prototypes and constructors for V8 itself
        return f"{part}[{index}]", INTERNAL

    def _entry(self, table: int, slot: int, kind: int, index: int) -> str:
        """What a slot of a hash table is to its Map or Set."""
        layout = self._reader.layout
        unit = layout.tagged_size
        if kind == layout.types["EPHEMERON_HASH_TABLE"]:
            first, width = layout.Dictionary.prefix_start, 2
        else:
            buckets = self._reader.smi(
                table + layout.FixedArray.data + layout.OrderedHash.buckets * unit
            )
            first = layout.OrderedHash.first_bucket + (buckets or 0)
            width = (
                layout.OrderedHash.map_entry_words
                if kind == layout.types["ORDERED_HASH_MAP"]
                else layout.OrderedHash.set_entry_words
            )
        column = (index - first) % width
        if width == layout.OrderedHash.set_entry_words and kind == layout.types["ORDERED_HASH_SET"]:
            return "(entry)"
        if column == 0:
            return "(key)"
        key = self._reader.value(self._reader.word(slot - unit) or 0)
        return f"(value of {self._brief(key)})"

    def _brief(self, value: object) -> str:
        from v8inspect.objects.strings import String
        from v8inspect.objects.tagged import Smi

        if isinstance(value, Smi):
            return str(value.value)
        if isinstance(value, String):
            return '"' + name_text(self._reader, value.word, 40) + '"'
        return f"{value.word:#x}" if isinstance(value, HeapObject) else "?"
