"""What V8 keeps in JavaScript's built-in objects beside properties and elements, kind by kind.

A function here fills `internal` of a Description: plain facts always, what takes room (values,
lists) only from depth 1 on. Names are documented in `description`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Type

from v8inspect.analysis.description import Element, Json, Pair, Variable
from v8inspect.analysis.values import iso_date, json_number
from v8inspect.objects import (
    builtins,
    embedder,
    globals,
    hash_collections,
    js_object,
    promises,
    weak,
)
from v8inspect.objects.awaiting import COMBINATORS, waiter_of
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.primitives import BigInt, HeapNumber, Oddball, Symbol
from v8inspect.objects.strings import String
from v8inspect.objects.tagged import Damaged, Smi, Value
from v8inspect.rows import Address

if TYPE_CHECKING:
    from v8inspect.analysis.describe import Describer

Internal = Dict[str, Any]


class Plain(NamedTuple):
    """What the Description itself gets of a kind."""

    value: Json = None
    length: Optional[int] = None
    elements: Optional[List[Element]] = None
    elements_more: Optional[int] = None


class Kind(NamedTuple):
    """How objects of one class are described; `form` is what text goes by."""

    form: str
    describe: Callable[[Describer, Any, int, Internal], Plain]


_kinds: Dict[Type[HeapObject], Kind] = {}
_loaded: List[bool] = []
NOTHING = Plain()

_F = Callable[["Describer", Any, int, Internal], Plain]


def kind(form: str, *views: Type[HeapObject]) -> Callable[[_F], _F]:
    """Declares the function below as what describes these views."""

    def register(function: _F) -> _F:
        for view in views:
            _kinds[view] = Kind(form, function)
        return function

    return register


def kind_of(value: HeapObject) -> Kind:
    """The nearest Kind of a view's class."""
    if not _loaded:
        from v8inspect.analysis import kinds_code, kinds_data, kinds_internal  # noqa: F401

        _loaded.append(True)
    for base in type(value).__mro__:
        found = _kinds.get(base)
        if found is not None:
            return found
    raise LookupError(type(value).__name__)


def listed(d: Describer, internal: Internal, name: str, items: Iterator[Value], depth: int) -> None:
    """A list of values in `internal`, cut at the limit for elements."""
    internal[name], more = d.values(items, depth - 1)
    if more:
        internal[f"{name}_more"] = more


def _number(value: Value) -> Optional[float]:
    number = builtins.number_of(value)
    return None if number is None else json_number(number)


@kind("object", js_object.JSObject, js_object.JSReceiver)
def _plain(d: Describer, value: js_object.JSObject, depth: int, internal: Internal) -> Plain:
    if depth and type(value) is js_object.JSObject and value.type_name not in _ORDINARY:
        # No class of its own (Intl, Wasm, iterator helpers, …): V8's slots as they are.
        slots = []
        for offset, slot in value.internal_slots():
            if isinstance(slot, int):
                internal.setdefault("words", {})[f"+{offset}"] = Address(slot)
            else:
                slots.append(Variable(f"+{offset}", d.value(slot, depth - 1)))
        if slots:
            internal["slots"] = slots
    return NOTHING


_ORDINARY = (
    "JS_OBJECT",
    "JS_OBJECT_PROTOTYPE",
    "JS_ERROR",
    "JS_ITERATOR_PROTOTYPE",
    "JS_PROMISE_PROTOTYPE",
    "JS_REG_EXP_PROTOTYPE",
    "JS_SET_PROTOTYPE",
    "JS_TYPED_ARRAY_PROTOTYPE",
    "JS_MAP_ITERATOR_PROTOTYPE",
    "JS_SET_ITERATOR_PROTOTYPE",
    "JS_STRING_ITERATOR_PROTOTYPE",
    "JS_ARRAY_ITERATOR_PROTOTYPE",
)


@kind("array", js_object.JSArray)
def _array(d: Describer, value: js_object.JSArray, depth: int, internal: Internal) -> Plain:
    return NOTHING


@kind("date", builtins.JSDate)
def _date(d: Describer, value: builtins.JSDate, depth: int, internal: Internal) -> Plain:
    time = value.time
    if time is None:
        internal["time"] = d.damaged(Damaged(value.word, "time: no number"))
        return NOTHING
    internal["time"] = json_number(time)
    return Plain(iso_date(time))


@kind("regexp", builtins.JSRegExp)
def _regexp(d: Describer, value: builtins.JSRegExp, depth: int, internal: Internal) -> Plain:
    source = value.source
    if isinstance(source, Damaged):
        internal["source"] = d.damaged(source)
        return NOTHING
    internal["source"] = source
    internal["flags"] = value.flags
    last = value.last_index
    number = _number(last)
    internal["lastIndex"] = d.value(last, 0) if number is None else number
    return Plain(f"/{source}/{value.flags}")


@kind("object", builtins.JSProxy)
def _proxy(d: Describer, value: builtins.JSProxy, depth: int, internal: Internal) -> Plain:
    internal["revoked"] = value.is_revoked
    if depth:
        internal["target"] = d.value(value.target, depth - 1)
        internal["handler"] = d.value(value.handler, depth - 1)
    return NOTHING


@kind("object", builtins.JSBoundFunction)
def _bound(d: Describer, value: builtins.JSBoundFunction, depth: int, internal: Internal) -> Plain:
    if depth:
        internal["target"] = d.value(value.target, depth - 1)
        internal["this"] = d.value(value.bound_this, depth - 1)
        listed(d, internal, "arguments", value.arguments(), depth)
    elif isinstance(value.target, JSFunction):
        internal["bound"] = value.target.debug_name
    return NOTHING


@kind("object", builtins.JSPrimitiveWrapper)
def _boxed(d: Describer, box: builtins.JSPrimitiveWrapper, depth: int, internal: Internal) -> Plain:
    described = internal["boxed"] = d.value(box.value, 0)
    whole = isinstance(box.value, (Smi, HeapNumber, String, BigInt, Symbol, Oddball))
    return Plain(described.value if whole else None)


@kind("object", builtins.JSArrayIterator)
def _array_iterator(
    d: Describer, value: builtins.JSArrayIterator, depth: int, internal: Internal
) -> Plain:
    internal["mode"] = value.mode
    internal["index"] = value.index
    if depth:
        internal["iterates"] = d.value(value.iterated, depth - 1)
    return NOTHING


@kind("object", builtins.JSStringIterator)
def _string_iterator(
    d: Describer, value: builtins.JSStringIterator, depth: int, internal: Internal
) -> Plain:
    internal["index"] = _number(value.index)
    internal["iterates"] = d.value(value.string, 0)
    return NOTHING


@kind("object", builtins.JSRegExpStringIterator)
def _regexp_iterator(
    d: Describer, value: builtins.JSRegExpStringIterator, depth: int, internal: Internal
) -> Plain:
    if depth:
        internal["regexp"] = d.value(value.regexp, depth - 1)
        internal["iterates"] = d.value(value.string, 0)
    return NOTHING


def pairs(
    d: Describer, internal: Internal, items: Iterator[Any], depth: int, name: str = "entries"
) -> None:
    """The entries of a collection, cut at the limit for elements."""
    found: List[Any] = []
    for item in d.some(items, d.options.elements or 1 << 30):
        if isinstance(item, Damaged):
            found.append(d.damaged(item))
        else:
            found.append(Pair(d.value(item[0], depth - 1), d.value(item[1], depth - 1)))
    internal[name] = found
    more = d.rest(items)
    if more:
        internal[f"{name}_more"] = more


@kind("object", hash_collections.JSMap, hash_collections.JSSet)
def _collection(
    d: Describer, value: hash_collections.JSCollection, depth: int, internal: Internal
) -> Plain:
    size = value.size
    internal["size"] = d.damaged(size) if isinstance(size, Damaged) else size
    if depth and not isinstance(size, Damaged):
        if isinstance(value, hash_collections.JSMap):
            pairs(d, internal, value.entries(), depth)
        elif isinstance(value, hash_collections.JSSet):
            listed(d, internal, "members", value.members(), depth)
    return NOTHING


@kind("object", hash_collections.JSCollectionIterator)
def _collection_iterator(
    d: Describer, value: hash_collections.JSCollectionIterator, depth: int, internal: Internal
) -> Plain:
    internal["mode"] = value.mode
    internal["index"] = value.index
    internal["done"] = value.is_done
    if depth:
        if value.is_map:
            pairs(d, internal, value.remaining(), depth, "remaining")
        else:
            members = (i if isinstance(i, Damaged) else i[0] for i in value.remaining())
            listed(d, internal, "remaining", members, depth)
    return NOTHING


@kind("object", weak.JSWeakCollection)
def _weak_collection(
    d: Describer, value: weak.JSWeakCollection, depth: int, internal: Internal
) -> Plain:
    if depth:
        if isinstance(value, weak.JSWeakSet):
            members = (i if isinstance(i, Damaged) else i[0] for i in value.entries())
            listed(d, internal, "members", members, depth)
        else:
            pairs(d, internal, value.entries(), depth)
    return NOTHING


@kind("object", weak.JSWeakRef)
def _weak_ref(d: Describer, value: weak.JSWeakRef, depth: int, internal: Internal) -> Plain:
    internal["target"] = d.value(value.target, max(depth - 1, 0))
    return NOTHING


@kind("object", weak.JSFinalizationRegistry)
def _registry(
    d: Describer, value: weak.JSFinalizationRegistry, depth: int, internal: Internal
) -> Plain:
    if not depth:
        return NOTHING
    internal["cleanup"] = d.value(value.cleanup, 0)
    for name, cells in (("active", value.active_cells()), ("cleared", value.cleared_cells())):
        rows: List[Any] = []
        for cell in d.some(cells, d.options.elements or 1 << 30):
            if isinstance(cell, Damaged):
                rows.append(d.damaged(cell))
                continue
            parts = (cell.target, cell.holdings, cell.unregister_token)
            shown = [d.value(part, depth - 1) for part in parts]
            rows.append(dict(zip(("target", "holdings", "token"), shown)))
        if rows:
            internal[name] = rows
        more = d.rest(cells)
        if more:
            internal[f"{name}_more"] = more
    return NOTHING


@kind("object", promises.JSPromise)
def _promise(d: Describer, value: promises.JSPromise, depth: int, internal: Internal) -> Plain:
    internal["state"] = value.state
    if not depth:
        return NOTHING
    internal["handled"] = value.has_handler
    result = value.result
    if result is not None:
        internal["result"] = d.value(result, depth - 1)
        return NOTHING
    rows: List[Any] = []
    items = value.reactions()
    for reaction in d.some(items, d.options.elements or 1 << 30):
        if isinstance(reaction, Damaged):
            rows.append(d.damaged(reaction))
            continue
        awaiting = reaction.awaiting
        if awaiting is not None:
            rows.append({"awaited_by": d.value(awaiting, 0)})
            continue
        waiter = waiter_of(
            reaction.fulfill_handler, reaction.reject_handler, reaction.promise_or_capability
        )
        if waiter.kind in COMBINATORS and waiter.promise is not None:
            settles = d.value(waiter.promise, 0)
            name = f"Promise.{waiter.kind}"
            rows.append({"combinator": name, "number": waiter.number, "then": settles})
            continue
        rows.append(
            {
                "fulfilled": _handler(d, reaction.fulfill_handler),
                "rejected": _handler(d, reaction.reject_handler),
                "then": d.value(reaction.promise_or_capability, 0),
            }
        )
    if rows:
        internal["reactions"] = rows
    more = d.rest(items)
    if more:
        internal["reactions_more"] = more
    return NOTHING


def _handler(d: Describer, value: Value) -> Any:
    return None if isinstance(value, Oddball) else d.value(value, 0)


@kind("object", globals.JSModuleNamespace)
def _namespace(
    d: Describer, value: globals.JSModuleNamespace, depth: int, internal: Internal
) -> Plain:
    if depth:
        rows: List[Any] = []
        for item in value.exports():
            if isinstance(item, Damaged):
                rows.append(Variable("", d.damaged(item)))
            else:
                rows.append(Variable(item[0], d.value(item[1], depth - 1)))
        internal["exports"] = rows
    return NOTHING


@kind("global proxy", globals.JSGlobalProxy)
def _global_proxy(
    d: Describer, value: globals.JSGlobalProxy, depth: int, internal: Internal
) -> Plain:
    found = value.global_object
    internal["detached"] = found is None
    if depth and found is not None:
        internal["global"] = d.value(found, depth - 1)
    return NOTHING


@kind("object", globals.JSApiObject)
def _api(d: Describer, value: globals.JSApiObject, depth: int, internal: Internal) -> Plain:
    if not depth:
        return NOTHING
    internal["fields"] = [Address(word) for word in value.embedder_fields]
    native = embedder.native_class(value)
    if native is not None:
        internal["native_class"] = native
        internal["native"] = Address(embedder.native_pointer(value) or 0)
    return NOTHING


@kind("object", builtins.JSExternalObject)
def _external(
    d: Describer, value: builtins.JSExternalObject, depth: int, internal: Internal
) -> Plain:
    internal["pointer"] = Address(value.pointer)
    return NOTHING
