"""Which class views which instance type, by V8's names; and what a class needs of an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from v8inspect.objects.fields import Field
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.heap_object import HeapObject, Unknown
from v8inspect.objects.js_object import JSObject, JSReceiver
from v8inspect.objects.maps import Map
from v8inspect.objects.primitives import BigInt, HeapNumber, Hole, Oddball, Symbol
from v8inspect.objects.reader import Shape, value
from v8inspect.objects.scopes import ScopeInfo
from v8inspect.objects.strings import String

if TYPE_CHECKING:
    from v8inspect.layout.model import Layout

__all__ = ["VIEWS", "shape_of", "value", "view_of"]

VIEWS: dict[str, type[HeapObject]] = {
    "BIG_INT_BASE": BigInt,
    "HEAP_NUMBER": HeapNumber,
    "HOLE": Hole,
    "JS_PROXY": JSReceiver,
    "MAP": Map,
    "ODDBALL": Oddball,
    "SCOPE_INFO": ScopeInfo,
    "SHARED_FUNCTION_INFO": SharedFunctionInfo,
    "SYMBOL": Symbol,
}


def view_of(layout: Layout, kind: int) -> type[HeapObject]:
    """The class for instance type `kind`; ranges come after names."""
    view = VIEWS.get(layout.type_names.get(kind, ""))
    if view is not None:
        return view
    if kind < layout.first_nonstring_type:
        return String
    if layout.first_js_function_type <= kind <= layout.last_js_function_type:
        return JSFunction
    if kind >= layout.first_js_receiver_type:
        return JSObject
    return Unknown


def shape_of(layout: Layout, kind: int) -> Shape:
    """The class for `kind` with the size and the Smis that its declared fields ask for."""
    view = view_of(layout, kind)
    size = layout.tagged_size
    smis = []
    for base in view.__mro__:
        for field in vars(base).values():
            if not isinstance(field, Field):
                continue
            offset = field.offset(layout)
            if offset is None:
                continue
            size = max(size, offset + field.size)
            if field.must_be_smi:
                smis.append(offset)
    return Shape(view, size, tuple(smis))
