"""Properties that V8 computes in C++ when they are read, answered from what the dump holds.

V8: src/builtins/accessors.cc. JavaScript sees them as plain data properties: the length of an
array, name, length and prototype of a function, …
"""

from __future__ import annotations

from typing import Optional

from v8inspect.objects.builtins import JSBoundFunction, JSPrimitiveWrapper
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.globals import JSModuleNamespace
from v8inspect.objects.js_errors import captured_stack
from v8inspect.objects.js_object import JSArray, JSObject
from v8inspect.objects.properties import AccessorInfo, Property
from v8inspect.objects.scopes import ScopeInfo
from v8inspect.objects.strings import String
from v8inspect.objects.tagged import Characters, Smi, Value

_MAX_BOUND = 1024  # bound functions of bound functions
_UNKNOWN_LENGTH = 0xFFFF  # V8: kInvalidLength, a function that was not compiled yet


def native_value(object: JSObject, item: Property) -> Optional[Value]:
    """The value of `item`, an own property of `object` that is an AccessorInfo.

    None where the dump does not hold it (V8 would have to ask or compute), or where `item` is an
    ordinary property: its value is there to be read.
    """
    if not isinstance(item.value, AccessorInfo):
        return None
    name = "" if item.is_symbol else item.name
    if isinstance(object, JSModuleNamespace):
        return _export(object, name)
    if name == "length" and isinstance(object, JSArray):
        return object.length_value
    if name == "length" and isinstance(object, JSPrimitiveWrapper):
        value = object.value
        return Smi(value.length) if isinstance(value, String) else None
    if isinstance(object, JSFunction):
        return _of_function(object, name)
    if isinstance(object, JSBoundFunction):
        return _of_bound(object, name)
    if name == "stack":
        stack = captured_stack(object)
        return stack if isinstance(stack, String) else None
    return None


def visible_name(function: JSObject) -> Optional[str]:
    """The name that JavaScript sees: the own property `name` if it is a string."""
    item = function.property("name")
    if item is None:
        return None
    value: Optional[Value] = item.value
    if isinstance(value, AccessorInfo):
        value = native_value(function, item)
    if isinstance(value, String):
        return value.text()
    return value.text if isinstance(value, Characters) else None


def _of_bound(function: JSBoundFunction, name: str) -> Optional[Value]:
    """V8: JSBoundFunction::GetName and GetLength."""
    if name == "name":
        prefix = ""
        target: Value = function
        for _ in range(_MAX_BOUND):
            if not isinstance(target, JSBoundFunction):
                break
            prefix += "bound "
            target = target.target
        if isinstance(target, JSFunction):
            text = visible_name(target)
            return None if text is None else Characters(prefix + text)
    return None


def _of_function(function: JSFunction, name: str) -> Optional[Value]:
    if name == "prototype":
        return function.prototype_property
    shared = function.shared
    if not isinstance(shared, SharedFunctionInfo):
        return None
    if name == "length":
        return None if shared.length == _UNKNOWN_LENGTH else Smi(shared.length)
    if name == "name":
        if shared.flags >> function.layout.SharedFunctionInfo.name_as_anonymous_bit & 1:
            return Characters("anonymous")  # made by `new Function`
        found = shared.name_or_scope_info
        if isinstance(found, ScopeInfo):
            word = found.scope.function_name
            found = function.reader.value(word) if word else Smi(0)
        return found if isinstance(found, String) else None
    return None


def _export(namespace: JSModuleNamespace, name: str) -> Optional[Value]:
    for item in namespace.exports():
        if isinstance(item, tuple) and item[0] == name:
            return item[1]
    return None
