"""V8's own objects a word at a time: types, arrays, contexts, scopes, embedder fields, fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Dict, Iterator, List, Optional, Tuple, Type

from v8inspect.analysis.describe import Describer
from v8inspect.analysis.description import Described, Options
from v8inspect.analysis.members import word_of
from v8inspect.analysis.values import camel, class_of, object_at, type_of, value_at
from v8inspect.errors import NotAnObject, NothingFound
from v8inspect.objects import arrays, contexts
from v8inspect.objects.fields import Field
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.globals import JSApiObject
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.maps import Map
from v8inspect.objects.scopes import ScopeInfo
from v8inspect.objects.strings import String, name_text
from v8inspect.objects.tagged import Cleared, Damaged, Value, Weak
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session

_LINE = Options(depth=0, strings=80, nested_strings=80)


@dataclass(frozen=True)
class TypeRow(Row):
    """`v8type`: V8's instance type of an object, its number in this version, and its class."""

    address: Address
    type: str
    number: Optional[int]
    class_: str


@dataclass(frozen=True)
class SlotRow(Row):
    """A tagged slot of an array, context or object: `index` counts slots, `name` is empty where
    there is none, `address` that of what is in it."""

    json_merged: ClassVar[str] = "of"
    json_hidden: ClassVar[Tuple[str, ...]] = ("address", "show_index")

    index: int
    name: str
    of: Described
    address: Optional[Address]
    show_index: bool = True


@dataclass(frozen=True)
class ScopeRow(Row):
    """`v8scopeinfo`: what the compiler noted of a scope. Positions count UTF-16 units of the
    source; `locals` are the variables that live in contexts, in slot order."""

    address: Address
    kind: str
    function: str
    parameters: int
    start: Optional[int]
    end: Optional[int]
    locals: List[str]
    outer: Optional[Address]
    problem: Optional[str]


@dataclass(frozen=True)
class EmbedderField(Row):
    """`v8internal`: a word that the embedder keeps in an object; `symbol` is the C++ class behind
    it where the executable's symbols tell."""

    index: int
    address: Address
    native_class: Optional[str]


@dataclass(frozen=True)
class FieldRow(Row):
    """`v8print`: a field of an object as its C++ class has it. `offset` and `size` in bytes; `name`
    is empty for words that no field is known of; `of` is the value of a tagged one, `word` the
    bytes as a little-endian number."""

    json_hidden: ClassVar[Tuple[str, ...]] = ("class_", "object")

    offset: int
    size: int
    name: str
    word: Address
    of: Optional[Described]
    class_: str
    object: Address


def type_row(session: Session, address: int) -> TypeRow:
    """The type at an address; raises NotAnObject."""
    value = value_at(session, address)
    if not isinstance(value, HeapObject):
        return TypeRow(Address(address), type_of(value), None, "Number")
    return TypeRow(
        Address(value.word), value.type_name, value.instance_type, class_of(session, value)
    )


def array_slots(session: Session, address: int, show_index: bool) -> Iterator[SlotRow]:
    """The slots of a FixedArray or what is built like one, of a JS object those of its elements;
    raises NotAnObject."""
    value = value_at(session, address)
    if isinstance(value, JSObject):
        value = value.elements_store
    items: Iterator[Value]
    if isinstance(value, arrays.FixedDoubleArray):
        describer = Describer(session, _LINE)
        for pair in value.numbers():
            if isinstance(pair, Damaged):
                yield SlotRow(-1, "", describer.damaged(pair), None, show_index)
            else:
                yield SlotRow(pair[0], "", describer.value(pair[1], 0), None, show_index)
        return
    if isinstance(value, (arrays.FixedArray, arrays.WeakArrayList)):
        items = value.values()
    elif isinstance(value, arrays.PropertyArray):
        first = value.address + value.layout.FixedArray.data
        items = (value.reader.value_in(first + 8 * n) for n in range(value.length))
    else:
        raise NotAnObject(address, f"it is {type_of(value)}, no array of V8's own")
    describer = Describer(session, _LINE)
    for number, item in enumerate(items):
        word = word_of(item)
        at = None if word is None else Address(word)
        yield SlotRow(number, "", describer.value(item, 0), at, show_index)


def context_slots(session: Session, address: int) -> Iterator[SlotRow]:
    """The slots of a context, or of that of a function, with their names."""
    value = value_at(session, address)
    if isinstance(value, JSFunction):
        value = value.context
    if not isinstance(value, contexts.Context):
        raise NotAnObject(address, f"it is {type_of(value)}, no context")
    fields = value.layout.Context
    names = {fields.scope_info: "(scope_info)", fields.previous: "(previous)"}
    if value.extension is not None:
        names[fields.extension] = "(extension)"
    first = value.first
    names.update({(item.slot - first) // 8: item.name for item in value.variables()})
    describer = Describer(session, _LINE)
    for number, item in enumerate(value.values()):
        found = contexts.unwrap_cell(item)
        word = word_of(found)
        at = None if word is None else Address(word)
        yield SlotRow(number, names.get(number, ""), describer.value(found, 0), at)


def scope_row(session: Session, address: int) -> ScopeRow:
    """The ScopeInfo at an address, or that of a context or function."""
    value: Value = value_at(session, address)
    if isinstance(value, JSFunction):
        value = value.context
    if isinstance(value, contexts.Context):
        value = value.scope_info
    if not isinstance(value, ScopeInfo):
        raise NotAnObject(address, f"it is {type_of(value)}, no ScopeInfo")
    scope = value.scope
    name = scope.function_name or scope.inferred_name
    return ScopeRow(
        Address(value.word),
        scope.kind,
        name_text(value.reader, name) if name else "",
        scope.parameters,
        scope.start,
        scope.end,
        value.local_names,
        Address(scope.outer) if scope.outer is not None else None,
        scope.problem,
    )


def embedder_fields(
    session: Session, address: int, index: Optional[int]
) -> Iterator[EmbedderField]:
    """The embedder fields of an object, or one of them."""
    from v8inspect.objects.embedder import native_class, native_pointer

    value = object_at(session, address, JSApiObject, "an object with embedder fields")
    fields = value.embedder_fields
    if index is not None and index >= len(fields):
        raise NothingFound("embedder field", f"{index}: the object has {len(fields)}")
    pointer = native_pointer(value)
    for number, word in enumerate(fields):
        if index is None or number == index:
            name = native_class(value) if word == pointer else None
            yield EmbedderField(number, Address(word), name)


# v8print, v8classes, v8field.


def fields_of(view: Type[HeapObject]) -> Dict[str, Field]:
    """The fields that a view declares by the names that the layout has for them."""
    found: Dict[str, Field] = {}
    for base in reversed(view.__mro__):
        for field in vars(base).values():
            if isinstance(field, Field):
                found[field.path.partition(".")[2]] = field
    return found


# Fields that the layout knows and no view declares, with their bytes.
_MORE = {
    "JSFunction": (("code", 8), ("prototype_or_initial_map", 8)),
    "Map": (
        ("instance_size_in_words", 1),
        ("inobject_properties_start", 1),
        ("used_or_unused_instance_size_in_words", 1),
        ("instance_type", 2),
        ("bit_field", 1),
        ("bit_field2", 1),
        ("bit_field3", 4),
        ("prototype", 8),
        ("constructor_or_back_pointer", 8),
        ("instance_descriptors", 8),
        ("dependent_code", 8),
        ("prototype_validity_cell", 8),
        ("transitions_or_prototype_info", 8),
    ),
    "String": (("raw_hash_field", 4),),
    "Code": (("instruction_start", 8), ("flags", 4), ("instruction_size", 4)),
}
_OF_SHAPE = {
    "cons": ("cons_first", "cons_second"),
    "sliced": ("sliced_parent", "sliced_offset"),
    "thin": ("thin_actual",),
    "external": ("external_resource", "external_data"),
}


def _more_fields(value: HeapObject, view: Type[HeapObject]) -> Iterator[Tuple[str, int, int]]:
    """(name, offset, bytes) of the fields of `_MORE`, and of a string's shape."""
    layout = value.layout
    for name, fields in _MORE.items():
        if any(base.__name__ == name for base in view.__mro__):
            for field, width in fields:
                offset = getattr(getattr(layout, name), field)
                if field == "code" and layout.JSFunction.code_is_dispatch_handle:
                    width = 4
                if offset is not None:
                    yield field, offset, width
    if isinstance(value, String):
        for field in _OF_SHAPE.get(value.shape, ()):
            yield field, getattr(layout.String, field), 8


def _properties(map: Map) -> Iterator[Tuple[str, int]]:
    """Names and offsets of the properties that objects of a Map hold in themselves."""
    for entry in map.descriptors.entries[: map.own_descriptors]:
        if not entry.in_descriptor and entry.field < map.inobject_properties:
            name = name_text(map.reader, entry.key)
            yield name or "(symbol)", map.inobject_start + 8 * entry.field


def views() -> Dict[str, Type[HeapObject]]:
    """The views by the name of V8's class."""
    from v8inspect.objects.registry import VIEWS

    found: Dict[str, Type[HeapObject]] = {}
    for view in (*VIEWS.values(), String, contexts.Context, JSFunction, JSObject):
        for base in view.__mro__:
            if issubclass(base, HeapObject) and base is not HeapObject:
                found[base.__name__] = base
    return found


def by_hand(session: Session) -> Dict[str, Dict[str, int]]:
    """What `v8field` has defined in this session: offsets by class and field."""
    return session.kept(_nothing_defined)


def _nothing_defined(session: Session) -> Dict[str, Dict[str, int]]:
    return {}


def print_fields(session: Session, address: int, class_: Optional[str]) -> Iterator[FieldRow]:
    """Every word of an object's fixed part with the fields in it, as its class or as `class_`."""
    value = value_at(session, address)
    if not isinstance(value, HeapObject):
        raise NotAnObject(address, "it is a Smi")
    view: Type[HeapObject] = type(value)
    if class_ is not None:
        known = views()
        if class_ not in known:
            raise NothingFound("class", class_)
        view = known[class_]
    name = class_ or camel(type_of(value))
    places: Dict[int, Tuple[str, int]] = {0: ("map", 8)}
    for field_name, field in fields_of(view).items():
        offset = field.offset(value.layout)
        if offset is not None:
            places[offset] = (field_name, field.size)
    # The `map` of a Map is the Map itself, whose size is that of its instances.
    size = len(value.data) if isinstance(value, Map) else value.map.instance_size
    size = size or len(value.data)
    for field_name, offset, width in _more_fields(value, view):
        if offset + width <= size or isinstance(value, String):
            places.setdefault(offset, (field_name, width))
    if isinstance(value, JSObject) and not value.map.is_dictionary_map:
        for name_, offset in _properties(value.map):
            places.setdefault(offset, (f".{name_}", 8))
    for class_name, defined in by_hand(session).items():
        if class_name in (name, view.__name__):
            places.update({offset: (field, 8) for field, offset in defined.items()})
    describer = Describer(session, _LINE)
    size = max(size, len(value.data))
    covered = {at + byte for at, (_, width) in places.items() for byte in range(width)}
    for offset in range(0, size, 4):  # what no field is known of: words, or halves beside one
        if offset in covered or (offset % 8 and offset - 4 not in covered):
            continue
        whole = not offset % 8 and offset + 4 not in covered and offset + 8 <= size
        places[offset] = ("", 8 if whole else 4)
    for offset in sorted(places):
        field_name, width = places[offset]
        data = value.memory.bytes(value.address + offset, width)
        word = int.from_bytes(data, "little")
        found = value.reader.value(word) if width == 8 else None
        if isinstance(found, Weak):
            found = found if isinstance(found.target, HeapObject) else None
        elif isinstance(found, (Cleared, Damaged)):
            found = None
        of = None if found is None else describer.value(found, 0)
        yield FieldRow(offset, width, field_name, Address(word), of, name, Address(value.word))
