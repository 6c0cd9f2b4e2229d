"""The Python API: what scripts, notebooks and the debuggers' own Python use, and every command too.

    import v8inspect
    with v8inspect.open("core") as session:
        for user in session.instances("User"):
            print(user["name"], user["tags"][0])

`open` gives a Session; `Session.instances` and `Session.at` give Objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Mapping, Optional, Union

from v8inspect.errors import NotAnObject
from v8inspect.objects.elements import Element, element, elements
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSArray, JSObject, JSReceiver
from v8inspect.objects.primitives import BigInt, HeapNumber, Oddball
from v8inspect.objects.properties import Property, own_properties, own_property
from v8inspect.objects.reader import reader_of
from v8inspect.objects.strings import String, read_text
from v8inspect.objects.tagged import Damaged, Number, Smi, Value

if TYPE_CHECKING:
    from v8inspect.session import Session

_MAX_TEXT = 1 << 29

Plain = Union["Object", "Unreadable", int, float, str, bool, None]
"""A value as Python has it: undefined and null are None, BigInts and integers are int."""


class Unreadable:
    """What stands where the dump is damaged or lacks memory; `why` in a few words."""

    __slots__ = ("address", "why")

    def __init__(self, address: int, why: str) -> None:
        self.address = address
        self.why = why

    def __repr__(self) -> str:
        return f"<unreadable {self.address:#x}: {self.why}>"


class Object:
    """An object of the dump, read when asked. Objects are equal when they are the same one."""

    __slots__ = ("_session", "view")

    def __init__(self, session: Session, view: HeapObject) -> None:
        self._session = session
        self.view = view
        """The typed view of v8inspect.objects, for what this class does not show."""

    @property
    def address(self) -> int:
        """The tagged address, as the commands print it."""
        return self.view.word

    @property
    def name(self) -> str:
        """The constructor name, as the census has it."""
        return self._session.census.name_at(self.view.address)

    @property
    def type(self) -> str:
        """V8's instance type, 'JS_ARRAY'."""
        return self.view.type_name

    @property
    def properties(self) -> Mapping[str, Plain]:
        """Own properties by name in JavaScript's order; accessors and symbols are left out."""
        found: dict[str, Plain] = {}
        if isinstance(self.view, JSReceiver):
            for item in own_properties(reader_of(self._session), self.view.word):
                if isinstance(item, Property) and not item.is_symbol and not item.is_accessor:
                    found[item.name] = plain(self._session, item.value)
        return found

    def __getitem__(self, key: Union[str, int]) -> Plain:
        """An own property by name, or an element by index; raises KeyError or IndexError."""
        if isinstance(key, int):
            found = element(self.view, key) if isinstance(self.view, JSObject) else None
            if found is None:
                raise IndexError(key)
            value: Value = found.value if isinstance(found, Element) else found
            return plain(self._session, value)
        own = own_property(reader_of(self._session), self.view.word, key)
        if own is None:
            raise KeyError(key)
        return plain(self._session, own.value)

    def get(self, key: Union[str, int], default: Plain = None) -> Plain:
        """As `object[key]`, or `default` where there is nothing."""
        try:
            return self[key]
        except (KeyError, IndexError):
            return default

    def __len__(self) -> int:
        """The length of an array, else the number of elements."""
        if isinstance(self.view, JSArray):
            return self.view.length
        return sum(1 for _ in self.elements())

    def __bool__(self) -> bool:
        return True

    def elements(self) -> Iterator[Plain]:
        """The elements in order, holes left out."""
        if isinstance(self.view, JSObject):
            for item in elements(self.view):
                value: Value = item.value if isinstance(item, Element) else item
                yield plain(self._session, value)

    def referrers(self) -> Iterator[tuple[Object, str]]:
        """(holder, by which of its parts), as `findrefs` finds them."""
        for holder in self._session.references.of([self.view.word]):
            yield self._session.at(holder.holder), holder.via

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Object) and other.view.address == self.view.address

    def __hash__(self) -> int:
        return hash(self.view.address)

    def __repr__(self) -> str:
        return f"<{self.address:#x}: {self.name}>"


def plain(session: Session, value: Value) -> Plain:
    """A Value of v8inspect.objects as Python has it."""
    if isinstance(value, (Smi, Number, HeapNumber)):
        return value.value
    if isinstance(value, BigInt):
        number = value.read()
        return number if isinstance(number, int) else Unreadable(number.address, number.why)
    if isinstance(value, String):
        return read_text(reader_of(session), value.word, _MAX_TEXT).text
    if isinstance(value, Oddball):
        return {"true": True, "false": False}.get(value.name)
    if isinstance(value, Damaged):
        return Unreadable(value.address, value.why)
    return Object(session, value) if isinstance(value, HeapObject) else None


def object_of(session: Session, address: int) -> Object:
    """The object at a tagged or untagged address; raises NotAnObject."""
    value = reader_of(session).value((address & ~7) | 1)
    if not isinstance(value, HeapObject):
        raise NotAnObject(address, value.why if isinstance(value, Damaged) else "no heap object")
    return Object(session, value)


def instances(session: Session, name: str, isolate: Optional[int] = None) -> Iterator[Object]:
    """Every object that the census counts under `name`; none for an unknown name."""
    if name in session.census.tallies(isolate):
        for address, _ in session.census.instances(name, isolate):
            yield object_of(session, address)
