"""Small questions to the JavaScript objects that Node.js itself makes.

Node keeps much under Symbols of its own; they are known by their descriptions here, for they are
made anew in each process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional

from v8inspect.objects.builtins import JSBoundFunction
from v8inspect.objects.contexts import Context
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSArray, JSObject
from v8inspect.objects.primitives import HeapNumber, Oddball
from v8inspect.objects.promises import JSPromise
from v8inspect.objects.properties import Property
from v8inspect.objects.scripts import Place, place_of
from v8inspect.objects.strings import String
from v8inspect.objects.tagged import Damaged, Smi, Value

if TYPE_CHECKING:
    from v8inspect.session import Session

MAX_TEXT = 4096
MAX_ITEMS = 4096  # of an array
_MAX_CONTEXTS = 64  # from a closure outwards
_MAX_WRAPPED = 3  # of Node's closures around a callback
_MAX_BOUND = 64  # bound functions of bound functions
_NODE = "node:"  # how Node's own scripts are named since 16


def by_symbol(object: JSObject, description: str) -> Optional[Value]:
    """The value of the own property under a Symbol of that description; None if none."""
    for item in object.properties():
        if isinstance(item, Property) and item.is_symbol and item.name == description:
            return None if item.is_accessor else item.value
    return None


def by_name(object: JSObject, name: str) -> Optional[Value]:
    """The value of the own data property of that name; None if there is none."""
    item = object.property(name)
    return None if item is None or item.is_accessor else item.value


def object_under(object: JSObject, name: str) -> Optional[JSObject]:
    """The object in an own property, by name or by the description of its Symbol."""
    found = by_name(object, name)
    if not isinstance(found, JSObject):
        found = by_symbol(object, name)
    return found if isinstance(found, JSObject) else None


def text_under(object: JSObject, name: str) -> Optional[str]:
    """The string in an own property."""
    found = by_name(object, name)
    return found.text(MAX_TEXT) if isinstance(found, String) else None


def number_under(object: JSObject, name: str) -> Optional[float]:
    """The number in an own property."""
    return number_of(by_name(object, name))


def integer_under(object: JSObject, name: str) -> Optional[int]:
    """The number in an own property, if it is a whole one."""
    number = number_under(object, name)
    return int(number) if number is not None and number.is_integer() else None


def number_of(value: Optional[Value]) -> Optional[float]:
    """A JS number."""
    if isinstance(value, Smi):
        return float(value.value)
    return value.value if isinstance(value, HeapNumber) else None


def is_true(value: Optional[Value]) -> Optional[bool]:
    """A JS boolean; None for anything else."""
    if not isinstance(value, Oddball):
        return None
    return {"true": True, "false": False}.get(value.name)


def items(array: Optional[Value]) -> Iterator[Value]:
    """The values of an array, holes left out."""
    if isinstance(array, JSArray):
        for count, item in enumerate(array.elements()):
            if count >= MAX_ITEMS or isinstance(item, Damaged):
                return
            yield item.value


def class_name(session: Session, object: HeapObject) -> str:
    """The constructor name of an object, as the census counts it."""
    return session.census.namer.of_map(object.map.address)


def variable_around(function: JSFunction, name: str) -> Optional[Value]:
    """The variable of that name that the closure sees."""
    context: Value = function.context
    for _ in range(_MAX_CONTEXTS):
        if not isinstance(context, Context) or context.kind == "native":
            return None
        found = context.variable(name)
        if found is not None:
            return found.value
        context = context.previous
    return None


@dataclass(frozen=True)
class Callback:
    """A function that will be called: the one that the program gave, bound ones looked through.

    `this` is what it was bound to, if that is an object. `name` is '' for anonymous functions.
    `promise` is what the function resolves or rejects, if it is one of those that V8 makes.
    """

    function: int  # tagged
    name: str
    place: Optional[Place]
    this: Optional[JSObject] = None
    promise: Optional[JSPromise] = None

    @property
    def is_internal(self) -> bool:
        """Whether it is Node's own, or V8's."""
        return self.place is None or self.place.script.startswith(_NODE)


def callback_of(value: Optional[Value]) -> Optional[Callback]:
    """The function in `value`."""
    this: Optional[JSObject] = None
    for _ in range(_MAX_BOUND):
        if not isinstance(value, JSBoundFunction):
            break
        if isinstance(value.bound_this, JSObject):
            this = value.bound_this
        value = value.target
    if not isinstance(value, JSFunction):
        return None
    shared = value.shared
    place = place_of(shared) if isinstance(shared, SharedFunctionInfo) else None
    promise = _settled_by(value) if place is None else None
    return Callback(value.word, value.debug_name, place, this, promise)


def _settled_by(function: JSFunction) -> Optional[JSPromise]:
    """The promise of `resolve` and `reject` (V8: PromiseResolvingFunctionContextSlot)."""
    context = function.context
    first = function.layout.Context.min_slots
    if not isinstance(context, Context) or context.kind == "native" or context.length <= first:
        return None
    found = context.slot(first)
    return found if isinstance(found, JSPromise) else None


def users_callback(value: Optional[Value], depth: int = _MAX_WRAPPED) -> Optional[Callback]:
    """The function in `value`, or the program's own that it will call.

    Node wraps callbacks in closures of its own, whose variable is `cb` or `callback` (lib/fs.js
    makeCallback, lib/internal/crypto/*.js; 18 to 26), or binds its own function to them
    (lib/internal/crypto/random.js).
    """
    found = callback_of(value)
    if found is None or not found.is_internal or not depth:
        return found
    for item in _inside(value):
        inner = users_callback(item, depth - 1)
        if inner is not None and not inner.is_internal:
            return inner
    return found


def _inside(value: Optional[Value]) -> Iterator[Value]:
    """What one of Node's functions may be wrapped around."""
    if isinstance(value, JSBoundFunction):
        yield from value.arguments()
    elif isinstance(value, JSFunction) and isinstance(value.context, Context):
        for name in ("cb", "callback"):
            variable = value.context.variable(name)
            if variable is not None:
                yield variable.value
