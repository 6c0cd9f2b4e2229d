"""V8's own objects: arrays of slots, code in general, scripts, shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, List

from v8inspect.analysis.description import Element, Variable
from v8inspect.analysis.kinds import NOTHING, Internal, Plain, kind
from v8inspect.analysis.kinds_code import put_place
from v8inspect.objects import arrays, code, globals, js_errors, promises, scripts, weak
from v8inspect.objects.contexts import ContextCell
from v8inspect.objects.functions import SharedFunctionInfo
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.maps import Map
from v8inspect.objects.properties import AccessorPair
from v8inspect.objects.scopes import ScopeInfo
from v8inspect.objects.tagged import Damaged, Value
from v8inspect.rows import Address

if TYPE_CHECKING:
    from v8inspect.analysis.describe import Describer


@kind("internal", HeapObject)
def _unknown(d: Describer, value: HeapObject, depth: int, internal: Internal) -> Plain:
    """The words of the fixed part, as values where they are any."""
    if depth:
        slots: List[Variable] = []
        for offset in range(8, len(value.data) - 7, 8):
            slot = value.value_at(offset)
            if isinstance(slot, Damaged):
                internal.setdefault("words", {})[f"+{offset}"] = Address(value.word_at(offset))
            else:
                slots.append(Variable(f"+{offset}", d.value(slot, depth - 1)))
        internal["slots"] = slots
    return NOTHING


def _slots(d: Describer, items: Iterator[Value], length: int, depth: int) -> Plain:
    if not depth:
        return Plain(length=length)
    found, more = d.values(items, depth - 1)
    rows = [Element(index, of) for index, of in enumerate(found)]
    return Plain(length=length, elements=rows, elements_more=more)


@kind("slots", arrays.FixedArray)
def _fixed_array(d: Describer, value: arrays.FixedArray, depth: int, internal: Internal) -> Plain:
    return _slots(d, value.values(), value.length, depth)


@kind("slots", arrays.WeakArrayList)
def _weak_list(d: Describer, value: arrays.WeakArrayList, depth: int, internal: Internal) -> Plain:
    return _slots(d, value.values(), value.length, depth)


@kind("slots", arrays.PropertyArray)
def _properties(d: Describer, value: arrays.PropertyArray, depth: int, internal: Internal) -> Plain:
    first = value.address + value.layout.FixedArray.data
    slots = (value.reader.value_in(first + 8 * number) for number in range(value.length))
    return _slots(d, slots, value.length, depth)


@kind("slots", arrays.FixedDoubleArray)
def _doubles(d: Describer, value: arrays.FixedDoubleArray, depth: int, internal: Internal) -> Plain:
    if not depth:
        return Plain(length=value.length)
    items = value.numbers()
    rows: List[Element] = []
    for item in d.some(items, d.options.elements or 1 << 30):
        if isinstance(item, Damaged):
            rows.append(Element(None, d.damaged(item)))
        else:
            rows.append(Element(item[0], d.value(item[1], 0)))
    return Plain(length=value.length, elements=rows, elements_more=d.rest(items))


@kind("bytes", arrays.ByteArray)
def _byte_array(d: Describer, value: arrays.ByteArray, depth: int, internal: Internal) -> Plain:
    internal["byte_length"] = value.length
    if depth:
        data = value.read(d.options.elements or 1 << 26)
        internal["bytes"] = data.hex()
        if value.length > len(data):
            internal["bytes_more"] = value.length - len(data)
    return NOTHING


def _fields(d: Describer, value: HeapObject, names: str, depth: int, internal: Internal) -> None:
    for name in names.split():
        internal[name] = d.value(getattr(value, name), max(depth - 1, 0))


@kind("internal", SharedFunctionInfo)
def _shared(d: Describer, value: SharedFunctionInfo, depth: int, internal: Internal) -> Plain:
    internal["name"] = value.debug_name
    internal["kind"] = value.kind
    put_place(internal, scripts.place_of(value))
    if depth:
        internal["parameters"] = value.parameter_count
        internal["length"] = value.length
        _fields(d, value, "function_data name_or_scope_info", 1, internal)
        internal["outer"] = d.value(value.outer_scope_info_or_feedback_metadata, 0)
        internal["script_object"] = d.value(value.reader.value(value.script_word), 0)
    return NOTHING


@kind("internal", scripts.Script)
def _script(d: Describer, value: scripts.Script, depth: int, internal: Internal) -> Plain:
    internal["name"] = value.name
    internal["id"] = value.id
    if depth:
        internal["kind"] = value.type
        internal["source"] = d.value(value.reader.value(value.source_word), 0)
    return NOTHING


@kind("internal", ScopeInfo)
def _scope(d: Describer, value: ScopeInfo, depth: int, internal: Internal) -> Plain:
    scope = value.scope
    internal["kind"] = scope.kind
    name = scope.function_name or scope.inferred_name
    if name:
        text = d.value(value.reader.value(name), 0)
        internal["function"] = text.value if isinstance(text.value, str) else ""
    if depth:
        if scope.start is not None:
            internal["start"], internal["end"] = scope.start, scope.end
        internal["parameters"] = scope.parameters
        internal["locals"] = value.local_names
        if scope.outer is not None:
            internal["outer"] = d.value(value.reader.value(scope.outer), 0)
    if scope.problem is not None:
        d.damage.append(scope.problem)
        internal["problem"] = scope.problem
    return NOTHING


@kind("internal", Map)
def _map(d: Describer, value: Map, depth: int, internal: Internal) -> Plain:
    internal["of"] = value.type_name
    if depth:
        internal["instance_size"] = value.instance_size
        internal["elements_kind"] = value.elements_kind_name
        internal["dictionary"] = value.is_dictionary_map
        internal["own_descriptors"] = value.own_descriptors
        internal["prototype"] = d.value(value.prototype, 0)
        word = value.constructor()
        if word is not None:
            internal["constructor"] = d.value(value.reader.value(word), 0)
    return NOTHING


@kind("internal", code.BytecodeArray)
def _bytecode(d: Describer, value: code.BytecodeArray, depth: int, internal: Internal) -> Plain:
    internal["byte_length"] = value.length
    internal["registers"] = value.register_count
    internal["parameters"] = value.parameter_count
    if depth:
        _fields(d, value, "constant_pool handler_table source_position_table", 1, internal)
    return NOTHING


@kind("internal", AccessorPair)
def _pair(d: Describer, value: AccessorPair, depth: int, internal: Internal) -> Plain:
    if depth:
        _fields(d, value, "getter setter", depth, internal)
    return NOTHING


@kind("internal", ContextCell)
def _cell(d: Describer, value: ContextCell, depth: int, internal: Internal) -> Plain:
    if depth:
        internal["value"] = d.value(value.value, depth - 1)
    return NOTHING


@kind("internal", globals.Cell)
def _module_cell(d: Describer, value: globals.Cell, depth: int, internal: Internal) -> Plain:
    if depth:
        internal["value"] = d.value(value.value, depth - 1)
    return NOTHING


@kind("internal", weak.WeakCell)
def _weak_cell(d: Describer, value: weak.WeakCell, depth: int, internal: Internal) -> Plain:
    if depth:
        _fields(d, value, "registry target unregister_token holdings", depth, internal)
    return NOTHING


@kind("internal", promises.PromiseReaction)
def _reaction(
    d: Describer, value: promises.PromiseReaction, depth: int, internal: Internal
) -> Plain:
    if depth:
        names = "fulfill_handler reject_handler promise_or_capability next"
        _fields(d, value, names, depth, internal)
    return NOTHING


@kind("internal", js_errors.CallSiteInfo)
def _site(d: Describer, value: js_errors.CallSiteInfo, depth: int, internal: Internal) -> Plain:
    put_place(internal, value.site.place)
    if depth:
        _fields(d, value, "function receiver code", depth, internal)
    return NOTHING


@kind("internal", globals.Foreign)
def _foreign(d: Describer, value: globals.Foreign, depth: int, internal: Internal) -> Plain:
    internal["pointer"] = Address(value.pointer)
    return NOTHING
