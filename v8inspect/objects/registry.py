"""Which class views which instance type, by V8's names; and what a class needs of an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from v8inspect.objects import (
    arrays,
    binary,
    builtins,
    code,
    contexts,
    functions,
    generators,
    globals,
    hash_collections,
    js_errors,
    js_object,
    maps,
    primitives,
    promises,
    properties,
    scopes,
    scripts,
    strings,
    weak,
)
from v8inspect.objects.fields import Field
from v8inspect.objects.heap_object import HeapObject, Unknown
from v8inspect.objects.reader import Shape, value

if TYPE_CHECKING:
    from v8inspect.layout.model import Layout

__all__ = ["VIEWS", "shape_of", "value", "view_of"]

# A name that some V8 version lacks is no matter: the look-up goes from the version's names here.
VIEWS: dict[str, type[HeapObject]] = {
    "ACCESSOR_INFO": properties.AccessorInfo,
    "ACCESSOR_PAIR": properties.AccessorPair,
    "BIG_INT_BASE": primitives.BigInt,
    "BYTECODE_ARRAY": code.BytecodeArray,
    "BYTE_ARRAY": arrays.ByteArray,
    "CALL_SITE_INFO": js_errors.CallSiteInfo,
    "CELL": globals.Cell,
    "CODE": code.Code,
    "CONTEXT_CELL": contexts.ContextCell,
    "EPHEMERON_HASH_TABLE": arrays.FixedArray,
    "ERROR_STACK_DATA": js_errors.ErrorStackData,
    "FIXED_ARRAY": arrays.FixedArray,
    "FIXED_DOUBLE_ARRAY": arrays.FixedDoubleArray,
    "FOREIGN": globals.Foreign,
    "GLOBAL_DICTIONARY": arrays.FixedArray,
    "HASH_TABLE": arrays.FixedArray,
    "HEAP_NUMBER": primitives.HeapNumber,
    "HOLE": primitives.Hole,
    "INTERPRETER_DATA": code.InterpreterData,
    "JS_API_OBJECT": globals.JSApiObject,
    "JS_ARGUMENTS_OBJECT": js_object.JSArgumentsObject,
    "JS_ARRAY": js_object.JSArray,
    "JS_ARRAY_BUFFER": binary.JSArrayBuffer,
    "JS_ARRAY_ITERATOR": builtins.JSArrayIterator,
    "JS_ASYNC_FUNCTION_OBJECT": generators.JSAsyncFunctionObject,
    "JS_ASYNC_GENERATOR_OBJECT": generators.JSAsyncGeneratorObject,
    "JS_BOUND_FUNCTION": builtins.JSBoundFunction,
    "JS_DATA_VIEW": binary.JSDataView,
    "JS_DATE": builtins.JSDate,
    "JS_ERROR": js_errors.JSError,
    "JS_EXTERNAL_OBJECT": builtins.JSExternalObject,
    "JS_FINALIZATION_REGISTRY": weak.JSFinalizationRegistry,
    "JS_GENERATOR_OBJECT": generators.JSGeneratorObject,
    "JS_GLOBAL_OBJECT": globals.JSGlobalObject,
    "JS_GLOBAL_PROXY": globals.JSGlobalProxy,
    "JS_MAP": hash_collections.JSMap,
    "JS_MAP_KEY_ITERATOR": hash_collections.JSCollectionIterator,
    "JS_MAP_KEY_VALUE_ITERATOR": hash_collections.JSCollectionIterator,
    "JS_MAP_VALUE_ITERATOR": hash_collections.JSCollectionIterator,
    "JS_MODULE_NAMESPACE": globals.JSModuleNamespace,
    "JS_PRIMITIVE_WRAPPER": builtins.JSPrimitiveWrapper,
    "JS_PROMISE": promises.JSPromise,
    "JS_PROXY": builtins.JSProxy,
    "JS_RAB_GSAB_DATA_VIEW": binary.JSDataView,
    "JS_REG_EXP": builtins.JSRegExp,
    "JS_REG_EXP_STRING_ITERATOR": builtins.JSRegExpStringIterator,
    "JS_SET": hash_collections.JSSet,
    "JS_SET_KEY_VALUE_ITERATOR": hash_collections.JSCollectionIterator,
    "JS_SET_VALUE_ITERATOR": hash_collections.JSCollectionIterator,
    "JS_SPECIAL_API_OBJECT": globals.JSApiObject,
    "JS_STRING_ITERATOR": builtins.JSStringIterator,
    "JS_TYPED_ARRAY": binary.JSTypedArray,
    "JS_WEAK_MAP": weak.JSWeakMap,
    "JS_WEAK_REF": weak.JSWeakRef,
    "JS_WEAK_SET": weak.JSWeakSet,
    "MAP": maps.Map,
    "NAME_DICTIONARY": arrays.FixedArray,
    "NAME_TO_INDEX_HASH_TABLE": arrays.FixedArray,
    "NUMBER_DICTIONARY": arrays.FixedArray,
    "ODDBALL": primitives.Oddball,
    "ORDERED_HASH_MAP": arrays.FixedArray,
    "ORDERED_HASH_SET": arrays.FixedArray,
    "ORDERED_NAME_DICTIONARY": arrays.FixedArray,
    "PROMISE_REACTION": promises.PromiseReaction,
    "PROPERTY_ARRAY": arrays.PropertyArray,
    "PROTECTED_FIXED_ARRAY": arrays.FixedArray,
    "SCOPE_INFO": scopes.ScopeInfo,
    "SCRIPT": scripts.Script,
    "SHARED_FUNCTION_INFO": functions.SharedFunctionInfo,
    "SIMPLE_NUMBER_DICTIONARY": arrays.FixedArray,
    "SOURCE_TEXT_MODULE": globals.Module,
    "SYMBOL": primitives.Symbol,
    "SYNTHETIC_MODULE": globals.Module,
    "TRUSTED_BYTE_ARRAY": arrays.ByteArray,
    "TRUSTED_FIXED_ARRAY": arrays.FixedArray,
    "TRUSTED_WEAK_FIXED_ARRAY": arrays.FixedArray,
    "WEAK_ARRAY_LIST": arrays.WeakArrayList,
    "WEAK_CELL": weak.WeakCell,
    "WEAK_FIXED_ARRAY": arrays.FixedArray,
}
_LAST_EMBEDDER_TYPE = 2058  # V8: kLastEmbedderJSApiObjectType's range starts at JS_API_OBJECT


def view_of(layout: Layout, kind: int) -> type[HeapObject]:
    """The class for instance type `kind`; ranges come after names."""
    view = VIEWS.get(layout.type_names.get(kind, ""))
    if view is not None:
        return view
    if kind < layout.first_nonstring_type:
        return strings.String
    if layout.Context.first_type <= kind <= layout.Context.last_type:
        return contexts.Context
    if layout.first_js_function_type <= kind <= layout.last_js_function_type:
        return functions.JSFunction
    if kind >= layout.first_js_receiver_type:
        if layout.types["JS_API_OBJECT"] <= kind <= _LAST_EMBEDDER_TYPE:
            return globals.JSApiObject
        return js_object.JSObject
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
