"""What mdb_v8's commands print of one object: its members, elements, variables, constructor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Iterator, List, Optional, Sequence, Tuple

from v8inspect.analysis.describe import Describer
from v8inspect.analysis.description import Described, Options
from v8inspect.analysis.members import member, steps_of, word_of
from v8inspect.analysis.values import class_of, object_at, value_at
from v8inspect.errors import NotAnObject
from v8inspect.objects import contexts, js_object
from v8inspect.objects.binary import JSTypedArray
from v8inspect.objects.elements import Element, elements
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.js_object import JSObject, JSReceiver
from v8inspect.objects.properties import Property, find_property
from v8inspect.objects.tagged import Damaged, Value
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session

_LINE = Options(depth=0, strings=80, nested_strings=80)


@dataclass(frozen=True)
class Printed(Row):
    """`jsprint`: the value at `base`, or the members that were asked for.

    `values` has a row for each member in the order they were given (`name`: the path, '' for the
    value itself), described as `inspect` does; one that is not there is of class "undefined" and
    `absent`. `address` is that of the last value (a Smi's is its tagged word), for pipes.
    """

    json_hidden: ClassVar[Tuple[str, ...]] = ("show_addresses", "show_base")

    address: Optional[Address]
    base: Address
    values: List[Member]
    show_addresses: bool = False
    show_base: bool = False


@dataclass(frozen=True)
class Member(Row):
    """One of them; in JSON the fields of `of` stand beside `name`."""

    json_sparse: ClassVar[bool] = True
    json_merged: ClassVar[str] = "of"

    name: str
    of: Described
    absent: Optional[bool] = None


@dataclass(frozen=True)
class ElementRow(Row):
    """`jsarray`: an element; `address` of a Smi is its tagged word, null for unboxed numbers."""

    json_merged: ClassVar[str] = "of"
    json_hidden: ClassVar[Tuple[str, ...]] = ("show_index", "address")

    index: Optional[int]
    of: Described
    address: Optional[Address]
    show_index: bool = False


@dataclass(frozen=True)
class ClosureRow(Row):
    """`jsclosure`: a captured variable. `level` is 0 for the function's own context, 1 for the one
    around it, …; `context` is where it lives."""

    json_merged: ClassVar[str] = "of"
    json_hidden: ClassVar[Tuple[str, ...]] = ("address",)

    name: str
    of: Described
    level: int
    context: Address
    address: Optional[Address]


@dataclass(frozen=True)
class ConstructorRow(Row):
    """`jsconstructor`: `name` of the function that made the object, as its prototype chain says;
    `class_` is what the census counts it under; `address` is the function's."""

    json_hidden: ClassVar[Tuple[str, ...]] = ("verbose",)

    name: str
    class_: str
    address: Optional[Address]
    object: Address
    verbose: bool = False


def printed(
    session: Session,
    address: int,
    members: Sequence[str],
    options: Options,
    show_addresses: bool = False,
    show_base: bool = False,
) -> Tuple[Printed, List[str]]:
    """The row, and what was damaged."""
    paths = [(path, steps_of(path)) for path in members] or [("", [])]
    base = value_at(session, address)
    damage: List[str] = []
    values = []
    last: Optional[int] = None
    for path, steps in paths:
        found = member(base, steps)
        if found is None:
            values.append(
                Member(path, Described(None, "ODDBALL", "undefined", None, "oddball"), True)
            )
            continue
        describer = Describer(session, options)
        values.append(Member(path, describer.top(found)))
        damage += describer.damage
        last = word_of(found)
    word = word_of(base)
    row = Printed(
        _address(last),
        Address(address if word is None else word),
        values,
        show_addresses,
        show_base,
    )
    return row, damage


def _address(word: Optional[int]) -> Optional[Address]:
    return None if word is None else Address(word)


def array_elements(session: Session, address: int, show_index: bool) -> Iterator[ElementRow]:
    """The elements of an array or of any object that has some, holes left out."""
    value = object_at(session, address, JSObject, "an object with elements")
    if not isinstance(value, (js_object.JSArray, js_object.JSArgumentsObject, JSTypedArray)):
        if next(elements(value), None) is None:
            raise NotAnObject(address, f"it is {value.type_name} without elements, no array")
    describer = Describer(session, _LINE)
    for item in elements(value):
        if isinstance(item, Damaged):
            yield ElementRow(None, describer.damaged(item), None, show_index)
        else:
            assert isinstance(item, Element)
            of = describer.value(item.value, 0)
            yield ElementRow(item.index, of, _address(word_of(item.value)), show_index)


def closure(
    session: Session, address: int, everything: bool, options: Options = _LINE
) -> Iterator[ClosureRow]:
    """The variables that a function captured; with `everything` of all contexts around it too."""
    function = object_at(session, address, JSFunction, "a function")
    describer = Describer(session, options)
    context: Value = function.context
    level = 0
    seen = set()
    while isinstance(context, contexts.Context) and context.address not in seen:
        seen.add(context.address)
        for item in context.variables():
            of = describer.value(item.value, options.depth)
            at = _address(word_of(item.value))
            yield ClosureRow(item.name, of, level, Address(context.word), at)
        if not everything or len(seen) > 1024:
            return
        context = context.previous
        level += 1
    if isinstance(context, Damaged) and not level:
        raise NotAnObject(address, f"its context is damaged: {context.why}")


def constructor(session: Session, address: int, verbose: bool) -> ConstructorRow:
    """The constructor of a JS object: the `constructor` that it inherits, else its Map's."""
    value = object_at(session, address, JSReceiver, "a JavaScript object")
    found: Optional[Value] = None
    item = find_property(value.reader, value.map.prototype_word, "constructor")
    if isinstance(item, Property) and isinstance(item.value, JSFunction):
        found = item.value
    if found is None:
        word = value.map.constructor()
        found = None if word is None else value.reader.value(word)
    function = found if isinstance(found, JSFunction) else None
    return ConstructorRow(
        function.debug_name if function else "",
        class_of(session, value),
        Address(function.word) if function else None,
        Address(value.word),
        verbose,
    )
