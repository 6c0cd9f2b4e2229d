"""Every kind of value against what the program knew of it: tests/scenarios/values.js, all versions.

Each key that the scenario wrote beside a value has a check here of the same name, so that a fact
that is written and not checked is an error.
"""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping, Optional, Union

import pytest

from tests.dumps.support import PRIMARY, SLOW_ODD, opened
from tests.dumps.values_oracle import bits, describe, differences, find_root
from v8inspect.objects import (
    binary,
    builtins,
    contexts,
    generators,
    globals,
    hash_collections,
    js_errors,
    promises,
    scripts,
    weak,
)
from v8inspect.objects.code import bytecode_of
from v8inspect.objects.embedder import native_class, native_pointer
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.js_object import JSArray, JSObject, JSReceiver
from v8inspect.objects.properties import Property
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.strings import String
from v8inspect.objects.tagged import Damaged, Smi, Value

STRUCTURE = {"t", "v", "head", "tail", "properties", "elements", "elementCount"}
KINDS_AT_LEAST = 290

_opened: dict[str, tuple[Mapping[str, Any], dict[str, Property], Reader]] = {}


def _values(version: str) -> tuple[Mapping[str, Any], dict[str, Property], Reader]:
    if version not in _opened:
        run, session = opened(version, "values")
        reader = reader_of(session)
        root = find_root(session, reader, run.truth["marker"])
        holder = root.property("values")
        assert holder is not None
        assert isinstance(holder.value, JSObject)
        found: dict[str, Property] = {}
        for item in holder.value.properties():
            assert isinstance(item, Property)
            found[item.name] = item
        _opened[version] = (run.truth["values"], found, reader)
    return _opened[version]


@pytest.mark.parametrize("version", [*PRIMARY, *SLOW_ODD])
def test_every_kind_is_there(version: str) -> None:
    truth, found, _ = _values(version)
    assert list(found) == list(truth), "in the order of their creation"
    assert len(found) >= KINDS_AT_LEAST


@pytest.mark.parametrize("version", [*PRIMARY, *SLOW_ODD])
def test_structure_is_what_reflection_saw(version: str) -> None:
    truth, found, _ = _values(version)
    wrong = []
    for name, facts in truth.items():
        value = found[name].value
        expected = {key: fact for key, fact in facts.items() if key in STRUCTURE}
        if "head" in facts:
            expected["length"] = facts["length"]
        if isinstance(value, builtins.JSPrimitiveWrapper) and name == "box.string":
            _without_characters(expected)
        wrong += [f"{name}{diff}" for diff in differences(expected, describe(value, facts["d"]))]
    assert wrong == []


@pytest.mark.parametrize("version", [*PRIMARY, *SLOW_ODD])
def test_what_reflection_does_not_see(version: str) -> None:
    truth, found, _ = _values(version)
    wrong = []
    for name, facts in truth.items():
        value = found[name].value
        for key, expected in facts.items():
            if key in STRUCTURE or key == "d" or ("head" in facts and key == "length"):
                continue
            try:
                actual = CHECKS[key](value, facts)
            except (AssertionError, AttributeError) as error:
                wrong.append(f"{name}.{key}: {type(error).__name__} {error}")
                continue
            wrong += [f"{name}.{key}{diff}" for diff in differences(expected, actual)]
    assert wrong == []


@pytest.mark.parametrize("version", [*PRIMARY, *SLOW_ODD])
def test_variables_of_script_scopes(version: str) -> None:
    """`let` and `const` at the top of a script, which V8 14 keeps in ContextCells."""
    run, session = opened(version, "values")
    reader = reader_of(session)
    wanted = session.layout.types["SCRIPT_CONTEXT"]
    found = {}
    for addresses, _ in session.heap.collect(lambda map: map.type == wanted):
        for address in addresses:
            context = reader.value(address | 1)
            assert isinstance(context, contexts.Context)
            assert context.kind == "script"
            for variable in context.variables():
                found[variable.name] = describe(variable.value)
    expected = run.truth["script"]
    assert {name: found.get(name) for name in expected} == expected


def _without_characters(expected: dict[str, Any]) -> None:
    """A boxed string's characters are not repeated as its elements."""
    rows = [row for row in expected["elements"] if row[0] == 20]
    expected["elementCount"] -= len(expected["elements"]) - len(rows)
    expected["elements"] = rows


# One check for each key of the truth: what the dump says.


def _length(value: Value, facts: Mapping[str, Any]) -> Any:
    if isinstance(value, (JSArray, binary.JSTypedArray)):
        return value.length
    assert isinstance(value, JSObject)
    item = value.property("length")
    assert item is not None
    assert isinstance(item.value, Smi)
    return item.value.value


def _shape(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, String)
    return value.shape


def _elements_kind(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, JSObject)
    return value.map.elements_kind_name


def _proto(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, JSReceiver)
    return None if describe(value.prototype) == {"t": "null"} else "something"


def _constructor_name(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, JSReceiver)
    word = value.map.constructor()
    assert word is not None
    function = value.reader.value(word)
    assert isinstance(function, JSFunction)
    return function.debug_name


def _private(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, JSObject)
    return {
        item.name: describe(item.value)
        for item in value.properties()
        if isinstance(item, Property) and item.is_private_name and item.name.startswith("#")
    }


def _pairs(items: Iterator[Union[tuple[Value, Value], Damaged]]) -> list[Any]:
    rows = []
    for item in items:
        assert isinstance(item, tuple), item
        rows.append([describe(item[0], 1), describe(item[1], 1)])
    return rows


def _entries(value: Value, facts: Mapping[str, Any]) -> Any:
    if isinstance(value, weak.JSWeakMap):
        return sorted(_pairs(value.entries()), key=lambda row: -len(str(row)))
    assert isinstance(value, hash_collections.JSMap)
    return _pairs(value.entries())[:50]


def _members(value: Value, facts: Mapping[str, Any]) -> Any:
    if isinstance(value, weak.JSWeakSet):
        return sorted((row[0] for row in _pairs(value.entries())), key=lambda row: len(str(row)))
    assert isinstance(value, hash_collections.JSSet)
    return [describe(member, 1) for member in value.members()][:50]


def _size(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, hash_collections.JSCollection)
    return value.size


def _iterates(value: Value, facts: Mapping[str, Any]) -> Any:
    if isinstance(value, hash_collections.JSCollectionIterator):
        return "map" if value.is_map else "set"
    if isinstance(value, builtins.JSArrayIterator):
        return "array"
    if isinstance(value, builtins.JSStringIterator):
        return "string"
    assert isinstance(value, builtins.JSRegExpStringIterator)
    return "regexp"


def _mode(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, (hash_collections.JSCollectionIterator, builtins.JSArrayIterator))
    return value.mode


def _index(value: Value, facts: Mapping[str, Any]) -> Any:
    if isinstance(value, builtins.JSStringIterator):
        assert isinstance(value.index, Smi)
        return value.index.value
    assert isinstance(value, (hash_collections.JSCollectionIterator, builtins.JSArrayIterator))
    if isinstance(value, hash_collections.JSCollectionIterator):
        assert len(list(value.remaining())) == 3 - facts["index"]
    return value.index


def _done(value: Value, facts: Mapping[str, Any]) -> Any:
    if isinstance(value, builtins.JSArrayIterator):
        return value.index is None
    assert isinstance(value, hash_collections.JSCollectionIterator)
    return value.is_done


def _text(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, (builtins.JSStringIterator, builtins.JSRegExpStringIterator))
    assert isinstance(value.string, String)
    return value.string.text()


def _target(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, weak.JSWeakRef)
    return describe(value.target, 1)


def _cleanup(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, weak.JSFinalizationRegistry)
    assert isinstance(value.cleanup, JSFunction)
    return value.cleanup.debug_name


def _cells(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, weak.JSFinalizationRegistry)
    rows = []
    for cell in value.active_cells():
        assert isinstance(cell, weak.WeakCell)
        parts = (cell.target, cell.holdings, cell.unregister_token)
        rows.append([describe(part, 1) for part in parts])
    return rows[::-1]


def _time(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, builtins.JSDate)
    assert value.time is not None
    return bits(value.time)


def _source(value: Value, facts: Mapping[str, Any]) -> Any:
    if isinstance(value, builtins.JSRegExp):
        return value.source
    assert isinstance(value, JSFunction)
    text = scripts.function_source(value.reader, value, 4000)
    return None if text is None else text.text


def _flags(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, builtins.JSRegExp)
    return value.flags


def _last_index(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, builtins.JSRegExp)
    assert isinstance(value.last_index, Smi)
    return value.last_index.value


def _message(value: Value, facts: Mapping[str, Any]) -> Any:
    if facts.get("skipMessage"):
        return facts["message"]
    assert isinstance(value, js_errors.JSError)
    item = value.property("message")
    if item is None:
        return ""
    assert isinstance(item.value, String)
    return item.value.text()


def _stack(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, JSObject)
    return js_errors.stack_text(value)


def _frames(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, JSObject)
    assert js_errors.stack_text(value) is None
    sites = list(js_errors.call_sites(value))
    assert len(sites) >= 3
    assert all(isinstance(site, js_errors.CallSite) for site in sites)
    return [site.function_name for site in sites[:1] if isinstance(site, js_errors.CallSite)]


def _places(value: Value, facts: Mapping[str, Any]) -> Any:
    """The rows as V8 prints them, so far as one row tells: not `Type.` or `async `."""
    assert isinstance(value, JSObject)
    rows = []
    for site, printed in zip(js_errors.call_sites(value), facts["places"]):
        assert isinstance(site, js_errors.CallSite)
        place = site.place
        where = "<anonymous>" if place is None else f"{place.script}:{place.line}:{place.column}"
        assert where in printed, (where, printed)
        assert site.function_name in printed, (site.function_name, printed)
        assert site.is_constructor == ("new " in printed)
        rows.append(printed)
    return rows


def _place(value: Value, facts: Mapping[str, Any]) -> Any:
    place = scripts.place_of(_shared(value))
    return None if place is None else list(place)


def _state(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, (promises.JSPromise, generators.JSGeneratorObject))
    return value.state


def _result(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, promises.JSPromise)
    assert value.result is not None
    return describe(value.result, 1)


def _reactions(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, promises.JSPromise)
    rows = []
    for reaction in value.reactions():
        assert isinstance(reaction, promises.PromiseReaction)
        handlers = (reaction.fulfill_handler, reaction.reject_handler)
        rows.append([h.debug_name if isinstance(h, JSFunction) else None for h in handlers])
    return rows


def _awaited_by(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, promises.JSPromise)
    waiting = [r.awaiting for r in value.reactions() if isinstance(r, promises.PromiseReaction)]
    assert len(waiting) == 1
    assert isinstance(waiting[0], generators.JSAsyncFunctionObject)
    assert isinstance(waiting[0].promise, promises.JSPromise)
    return waiting[0].function_name


def _proxy_target(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, builtins.JSProxy)
    return describe(value.target, 1)


def _handler_keys(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, builtins.JSProxy)
    assert isinstance(value.handler, JSObject)
    return [item.name for item in value.handler.properties() if isinstance(item, Property)]


def _callable(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, JSReceiver)
    return value.map.is_callable


def _revoked(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, builtins.JSProxy)
    return value.is_revoked


def _shared(value: Value) -> SharedFunctionInfo:
    assert isinstance(value, JSFunction)
    shared = value.shared
    assert isinstance(shared, SharedFunctionInfo)
    return shared


def _debug_name(value: Value, facts: Mapping[str, Any]) -> Any:
    return _shared(value).debug_name


def _kind(value: Value, facts: Mapping[str, Any]) -> Any:
    return _shared(value).kind


def _is_class(value: Value, facts: Mapping[str, Any]) -> Any:
    return _shared(value).kind in (
        "BaseConstructor",
        "DefaultBaseConstructor",
        "DerivedConstructor",
        "DefaultDerivedConstructor",
    )


def _parameters(value: Value, facts: Mapping[str, Any]) -> Any:
    return _shared(value).parameter_count


def _builtin(value: Value, facts: Mapping[str, Any]) -> Any:
    shared = _shared(value)
    return scripts.script_of(shared) is None and scripts.place_of(shared) is None


def _context(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, JSFunction)
    assert isinstance(value.context, contexts.Context)
    found = {variable.name: variable.value for variable in value.context.variables()}
    return {
        name: describe(found[name], 1 if "properties" in fact else 0)
        for name, fact in facts["context"].items()
        if name in found
    }


def _bound_target(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, builtins.JSBoundFunction)
    target = value.target
    if isinstance(target, builtins.JSBoundFunction):
        assert isinstance(target.target, JSFunction)
        return "bound " + target.target.debug_name
    assert isinstance(target, JSFunction)
    return target.debug_name


def _bound_this(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, builtins.JSBoundFunction)
    return describe(value.bound_this, 1)


def _bound_args(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, builtins.JSBoundFunction)
    return [describe(argument, 1) for argument in value.arguments()]


def _generator(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, generators.JSGeneratorObject)
    if facts.get("state") == "suspended" and facts["generator"] == "gen" and value.continuation > 0:
        registers = [describe(register) for register in value.registers()]
        assert {"t": "string", "v": "generator variable"} in registers
    return value.function_name


def _boxed(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, builtins.JSPrimitiveWrapper)
    return describe(value.value)


def _global(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, globals.JSGlobalProxy)
    found = value.global_object
    assert found is not None
    names = {item.name for item in found.properties() if isinstance(item, Property)}
    return {"Object", "Array", "globalThis"} <= names


def _api(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, globals.JSApiObject)
    return len(value.embedder_fields) >= 2


def _native_class(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, globals.JSApiObject)
    assert native_pointer(value) in value.embedder_fields
    return native_class(value)


def _compiled(value: Value, facts: Mapping[str, Any]) -> Any:
    array = bytecode_of(_shared(value))
    assert array is not None
    assert array.parameter_count == facts["parameters"] + 1
    assert 0 < array.register_count < 100
    assert array.length > 10
    return True


def _exports(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, globals.JSModuleNamespace)
    found = {}
    for item in value.exports():
        assert isinstance(item, tuple), item
        found[item[0]] = describe(item[1], 1 if "properties" in facts["exports"][item[0]] else 0)
    assert list(found) == sorted(found)
    return found


def _class(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, binary.JSTypedArray)
    return value.class_name if facts["class"] != "Buffer" else "Buffer"


def _byte_length(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, (binary.JSArrayBuffer, binary.JSArrayBufferView))
    data = value.read()
    assert isinstance(data, bytes)
    assert len(data) == value.byte_length
    return value.byte_length


def _byte_offset(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, binary.JSArrayBufferView)
    return value.byte_offset


def _bytes(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, binary.JSArrayBuffer)
    data = value.read()
    assert isinstance(data, bytes)
    return data.hex()


def _buffer(value: Value) -> binary.JSArrayBuffer:
    if isinstance(value, binary.JSArrayBufferView):
        value = value.buffer
    assert isinstance(value, binary.JSArrayBuffer)
    return value


def _max_byte_length(value: Value, facts: Mapping[str, Any]) -> Any:
    return _buffer(value).max_byte_length


def _shared_buffer(value: Value, facts: Mapping[str, Any]) -> Any:
    return _buffer(value).is_shared


def _detached(value: Value, facts: Mapping[str, Any]) -> Any:
    return _buffer(value).is_detached


def _tracking(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, binary.JSArrayBufferView)
    return value.is_length_tracking


def _internalized(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, String)
    return value.is_internalized


def _code(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, JSObject)
    item: Optional[Property] = value.property("code")
    assert item is not None
    assert isinstance(item.value, String)
    return item.value.text()


def _cause(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, JSObject)
    item = value.property("cause")
    return item is not None and isinstance(item.value, js_errors.JSError)


def _errors(value: Value, facts: Mapping[str, Any]) -> Any:
    assert isinstance(value, JSObject)
    item = value.property("errors")
    assert item is not None
    assert isinstance(item.value, JSArray)
    return item.value.length


def _as_told(value: Value, facts: Mapping[str, Any]) -> Any:
    return facts["skipMessage"]


CHECKS: dict[str, Callable[[Value, Mapping[str, Any]], Any]] = {
    "api": _api,
    "awaitedBy": _awaited_by,
    "boundArgs": _bound_args,
    "boundTarget": _bound_target,
    "boundThis": _bound_this,
    "boxed": _boxed,
    "builtin": _builtin,
    "byteLength": _byte_length,
    "byteOffset": _byte_offset,
    "bytes": _bytes,
    "callable": _callable,
    "cause": _cause,
    "cells": _cells,
    "class": _class,
    "cleanup": _cleanup,
    "code": _code,
    "compiled": _compiled,
    "constructorName": _constructor_name,
    "context": _context,
    "debugName": _debug_name,
    "detached": _detached,
    "done": _done,
    "elementsKind": _elements_kind,
    "entries": _entries,
    "errors": _errors,
    "exports": _exports,
    "flags": _flags,
    "frames": _frames,
    "generator": _generator,
    "global": _global,
    "handlerKeys": _handler_keys,
    "index": _index,
    "internalized": _internalized,
    "isClass": _is_class,
    "iterates": _iterates,
    "kind": _kind,
    "lastIndex": _last_index,
    "length": _length,
    "maxByteLength": _max_byte_length,
    "members": _members,
    "message": _message,
    "mode": _mode,
    "nativeClass": _native_class,
    "parameters": _parameters,
    "place": _place,
    "places": _places,
    "private": _private,
    "proto": _proto,
    "proxyTarget": _proxy_target,
    "reactions": _reactions,
    "result": _result,
    "revoked": _revoked,
    "shape": _shape,
    "shared": _shared_buffer,
    "size": _size,
    "skipMessage": _as_told,
    "source": _source,
    "stack": _stack,
    "state": _state,
    "target": _target,
    "text": _text,
    "time": _time,
    "tracking": _tracking,
}
