"""`v8map`: a Map with its descriptors; and what the layout knows: types, classes, fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, List, Optional

from v8inspect.analysis.describe import Describer
from v8inspect.analysis.description import Described, Options
from v8inspect.analysis.lowlevel import by_hand, fields_of, views
from v8inspect.analysis.values import value_at
from v8inspect.errors import NotAnObject, NothingFound
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.maps import Map
from v8inspect.objects.primitives import Symbol
from v8inspect.objects.strings import name_text
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session

_REPRESENTATIONS = ("none", "smi", "double", "object", "tagged")


@dataclass(frozen=True)
class DescriptorRow(Row):
    """A property in a Map. `where`: 'object' (at `offset` bytes), 'array' (at `index` of the
    PropertyArray) or 'map' (a constant); `attributes`: some of 'r' read-only, 'e' not enumerable,
    'c' not configurable."""

    key: str
    kind: str
    where: str
    index: int
    offset: Optional[int]
    representation: str
    attributes: str


@dataclass(frozen=True)
class MapRow(Row):
    """`v8map`: the shape of objects. Sizes in bytes; 0 where objects say theirs themselves."""

    address: Address
    type: str
    instance_size: int
    inobject_properties: int
    inobject_start: int
    elements_kind: str
    flags: List[str]
    prototype: Described
    constructor: Optional[Described]
    own_descriptors: int
    descriptors: List[DescriptorRow]
    problem: Optional[str]


@dataclass(frozen=True)
class TypeNumber(Row):
    """`v8types`, `v8frametypes`: a name and its number in this version of V8."""

    number: int
    name: str


@dataclass(frozen=True)
class ClassRow(Row):
    """`v8classes`: a class of V8 and how many fields of it are known."""

    class_: str
    fields: int


@dataclass(frozen=True)
class ClassField(Row):
    """`v8classes CLASS`, `v8field`: a field; `offset` in bytes from the untagged object. `source`
    says where the offset is from: a symbol of the executable, a measurement, the user."""

    class_: str
    field: str
    offset: int
    source: str


def map_row(session: Session, address: int) -> MapRow:
    """The Map at an address, or that of the object there."""
    value = value_at(session, address)
    if not isinstance(value, HeapObject):
        raise NotAnObject(address, "it is a Smi, which has no Map")
    map = value if isinstance(value, Map) else value.map
    describer = Describer(session, Options(depth=0, strings=80))
    constructor = map.constructor()
    array = map.descriptors if map.own_descriptors else None
    rows = list(_descriptors(map)) if array is not None else []
    missing = map.own_descriptors - len(rows)
    problem = array.problem if array is not None else None
    if problem is None and missing > 0:
        problem = f"{missing} of {map.own_descriptors} descriptors missing"
    return MapRow(
        Address(map.word),
        map.type_name,
        map.instance_size,
        map.inobject_properties,
        map.inobject_start,
        map.elements_kind_name,
        list(_flags(map)),
        describer.value(map.prototype, 0),
        None if constructor is None else describer.value(map.reader.value(constructor), 0),
        map.own_descriptors,
        rows,
        problem,
    )


def _flags(map: Map) -> Iterator[str]:
    names = ("is_callable", "is_constructor", "is_dictionary_map", "is_prototype_map")
    for name in names:
        if getattr(map, name):
            yield name[3:]
    if map.new_target_is_base:
        yield "new_target_is_base"


def _descriptors(map: Map) -> Iterator[DescriptorRow]:
    reader = map.reader
    inside = map.inobject_properties
    for entry in map.descriptors.entries[: map.own_descriptors]:
        key = reader.value(entry.key)
        name = (
            f"Symbol({key.text or ''})" if isinstance(key, Symbol) else name_text(reader, entry.key)
        )
        where, index, offset = "map", entry.field, None
        if not entry.in_descriptor:
            where = "object" if entry.field < inside else "array"
            if where == "object":
                offset = map.inobject_start + 8 * entry.field
            else:
                index = entry.field - inside
        known = entry.representation < len(_REPRESENTATIONS)
        yield DescriptorRow(
            name,
            "accessor" if entry.is_accessor else "data",
            where,
            index,
            offset,
            _REPRESENTATIONS[entry.representation] if known else str(entry.representation),
            "".join(c for bit, c in enumerate("rec") if entry.attributes >> bit & 1),
        )


def types(session: Session) -> Iterator[TypeNumber]:
    """The instance types of this version of V8, by number; a number may have two names."""
    names = session.layout.types.items()
    for name, number in sorted(names, key=lambda pair: (pair[1], pair[0])):
        yield TypeNumber(number, name)


def frame_types(session: Session) -> Iterator[TypeNumber]:
    """The types of stack frames of this version of V8, by number."""
    for number, name in sorted(session.layout.frame_types.items()):
        yield TypeNumber(number, name)


def classes(session: Session) -> Iterator[ClassRow]:
    """The classes that `v8print` knows, by name."""
    for name, view in sorted(views().items()):
        known = [f for f in fields_of(view).values() if f.offset(session.layout) is not None]
        yield ClassRow(name, len(known) + len(by_hand(session).get(name, {})))


def class_fields(session: Session, name: str, field: Optional[str] = None) -> List[ClassField]:
    """The fields of a class by offset, or one of them; raises NothingFound."""
    known = views()
    defined = by_hand(session).get(name, {})
    if name not in known and not defined:
        raise NothingFound("class", name)
    sources = {constant.name: constant.source for constant in session.layout.constants}
    rows = []
    for attribute, item in fields_of(known[name]).items() if name in known else ():
        offset = item.offset(session.layout)
        if offset is not None and attribute not in defined:
            rows.append(ClassField(name, attribute, offset, sources.get(item.path, "the table")))
    rows += [ClassField(name, attribute, at, "the user") for attribute, at in defined.items()]
    if field is not None:
        rows = [row for row in rows if row.field == field]
        if not rows:
            raise NothingFound("field", f"{name}.{field}")
    return sorted(rows, key=lambda row: (row.offset, row.field))


def define_field(session: Session, name: str, field: str, offset: int) -> ClassField:
    """Makes `v8print` show a field that the layout does not know, for this session."""
    by_hand(session).setdefault(name, {})[field] = offset
    return ClassField(name, field, offset, "the user")
