"""`inspect --json` of every kind of value against what the program knew: values.js, all versions.

Each key that the scenario wrote beside a value has a check here, made from JSON alone.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping

import pytest

from tests.dumps.inspected import Json, as_json, as_text, filled, number, told
from tests.dumps.support import PRIMARY, SLOW_ODD, opened
from tests.dumps.test_objects_values import STRUCTURE
from tests.dumps.values_oracle import bits, differences, find_root
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.properties import Property
from v8inspect.objects.reader import reader_of
from v8inspect.session import Session

_read: Dict[str, Any] = {}


def _values(version: str) -> Any:
    """(truth, {name: record of JSON}, session) of a version; read once."""
    if version not in _read:
        run, session = opened(version, "values")
        truth = run.truth["values"]
        root = find_root(session, reader_of(session), run.truth["marker"]).property("values")
        assert root is not None
        assert isinstance(root.value, JSObject)
        holder = as_json(session, f"inspect {root.value.word:#x}")[0]
        assert [item["key"] for item in holder["properties"]] == list(truth)
        found = {}
        for item in holder["properties"]:
            record = item
            if item["address"] is not None:
                facts = truth[item["key"]]
                depth = max(facts["d"], 1) + ("kind" not in facts)
                whole = "-F " if item["class"] == "String" else ""
                record = as_json(session, f"inspect {whole}-d {depth} {item['address']}")[0]
            found[item["key"]] = filled(record)
        _read[version] = (truth, found, session)
    return _read[version]


@pytest.mark.parametrize("version", [*PRIMARY, *SLOW_ODD])
def test_structure_is_what_reflection_saw(version: str) -> None:
    truth, found, _ = _values(version)
    wrong = []
    for name, facts in truth.items():
        expected = {key: fact for key, fact in facts.items() if key in STRUCTURE}
        if "head" in facts:
            expected["length"] = facts["length"]
        if name == "box.string":
            expected["elements"] = [row for row in expected["elements"] if row[0] == 20]
            expected["elementCount"] = 1
        if name == "obj.symbols":
            expected["properties"][-1][0] = ""  # of Symbol() and Symbol('') the key looks alike
        wrong += [f"{name}{diff}" for diff in differences(expected, told(found[name], facts["d"]))]
    assert wrong == []


@pytest.mark.parametrize("version", [*PRIMARY, *SLOW_ODD])
def test_what_reflection_does_not_see(version: str) -> None:
    truth, found, _ = _values(version)
    wrong = []
    for name, facts in truth.items():
        for key, expected in facts.items():
            if key in STRUCTURE or key in NOT_TOLD or ("head" in facts and key == "length"):
                continue
            try:
                actual = CHECKS[key](found[name], facts)
            except (AssertionError, KeyError, TypeError) as error:
                wrong.append(f"{name}.{key}: {type(error).__name__} {error}")
                continue
            wrong += [f"{name}.{key}{diff}" for diff in differences(expected, actual)]
    assert wrong == []


# Elements kinds and string shapes are V8's business, which `v8map` and `v8str` tell.
NOT_TOLD = {"d", "elementsKind", "shape", "internalized", "compiled", "proto", "skipMessage"}


def _inner(name: str) -> Callable[[Json, Mapping[str, Any]], Any]:
    """A fact of `internal` as it is, False where it is left out."""
    return lambda record, facts: record["internal"].get(name, False)


def _rows(name: str, depth: int = 1) -> Callable[[Json, Mapping[str, Any]], Any]:
    return lambda record, facts: [told(item, depth) for item in record["internal"][name]][:50]


def _property(record: Json, key: str) -> Json:
    return next(item for item in record["properties"] if item["key"] == key)


def _length(record: Json, facts: Mapping[str, Any]) -> Any:
    if "length" in record:
        return record["length"]
    return _property(record, "length")["value"]


def _private(record: Json, facts: Mapping[str, Any]) -> Any:
    return {item["key"]: told(item) for item in record["properties"] if item["kind"] == "private"}


def _entries(record: Json, facts: Mapping[str, Any]) -> Any:
    rows = [
        [told(item["key"], 1), told(item["value"], 1)] for item in record["internal"]["entries"]
    ]
    if record["type"] == "JS_WEAK_MAP":
        rows.sort(key=lambda row: -len(str(row)))
    return rows[:50]


def _members(record: Json, facts: Mapping[str, Any]) -> Any:
    rows: List[Any] = [told(item, 1) for item in record["internal"]["members"]]
    return sorted(rows, key=lambda row: len(str(row))) if "WEAK" in record["type"] else rows[:50]


def _iterates(record: Json, facts: Mapping[str, Any]) -> Any:
    for word in ("MAP", "SET", "ARRAY", "REG_EXP", "STRING"):
        if f"JS_{word}_" in record["type"]:
            return word.lower().replace("_", "")
    return None


def _index(record: Json, facts: Mapping[str, Any]) -> Any:
    if facts["iterates"] in ("map", "set"):
        assert len(record["internal"]["remaining"]) == 3 - facts["index"]
    return record["internal"]["index"]


def _done(record: Json, facts: Mapping[str, Any]) -> Any:
    return record["internal"].get("done", record["internal"]["index"] is None)


def _text(record: Json, facts: Mapping[str, Any]) -> Any:
    return record["internal"]["iterates"]["value"]


def _cells(record: Json, facts: Mapping[str, Any]) -> Any:
    parts = ("target", "holdings", "token")
    cells = record["internal"]["active"]
    return [[told(cell[part], 1) for part in parts] for cell in cells][::-1]


def _time(record: Json, facts: Mapping[str, Any]) -> Any:
    return bits(number(record["internal"]["time"]))


def _source(record: Json, facts: Mapping[str, Any]) -> Any:
    if record["type"] == "JS_REG_EXP":
        assert record["value"] == f"/{facts['source']}/{facts['flags']}"
        return record["internal"]["source"]
    return None


def _message(record: Json, facts: Mapping[str, Any]) -> Any:
    if facts.get("skipMessage"):
        return facts["message"]
    return record.get("internal", {}).get("message", "")


def _frames(record: Json, facts: Mapping[str, Any]) -> Any:
    assert len(record["internal"]["stack"]) >= 3
    return [frame["function"] for frame in record["internal"]["stack"][:1]]


def _places(record: Json, facts: Mapping[str, Any]) -> Any:
    rows = []
    for frame, printed in zip(record["internal"]["stack"], facts["places"]):
        where = f"{frame['script']}:{frame['line']}:{frame['column']}"
        assert (where if frame["line"] else "<anonymous>") in printed
        assert frame["function"] in printed
        assert frame["is_constructor"] == ("new " in printed)
        rows.append(printed)
    return rows


def _place(record: Json, facts: Mapping[str, Any]) -> Any:
    return [record["internal"][name] for name in ("script", "line", "column")]


def _reactions(record: Json, facts: Mapping[str, Any]) -> Any:
    return [
        [row[name] and row[name]["internal"]["name"] for name in ("fulfilled", "rejected")]
        for row in record["internal"]["reactions"]
    ]


def _awaited_by(record: Json, facts: Mapping[str, Any]) -> Any:
    (row,) = record["internal"]["reactions"]
    assert row["awaited_by"]["type"] == "JS_ASYNC_FUNCTION_OBJECT"
    return row["awaited_by"]["internal"]["name"]


def _handler_keys(record: Json, facts: Mapping[str, Any]) -> Any:
    return [item["key"] for item in record["internal"]["handler"]["properties"]]


def _builtin(record: Json, facts: Mapping[str, Any]) -> Any:
    return "script" not in record["internal"] and "line" not in record["internal"]


def _is_class(record: Json, facts: Mapping[str, Any]) -> Any:
    return record["internal"]["kind"].endswith("Constructor")


def _context(record: Json, facts: Mapping[str, Any]) -> Any:
    found = {item["name"]: item for item in record["internal"]["context"]["internal"]["variables"]}
    return {
        name: told(found[name], 1 if "properties" in fact else 0)
        for name, fact in facts["context"].items()
    }


def _bound_target(record: Json, facts: Mapping[str, Any]) -> Any:
    target = record["internal"]["target"]
    if target["type"] == "JS_BOUND_FUNCTION":
        return "bound " + target["internal"]["target"]["internal"]["name"]
    return target["internal"]["name"]


def _generator(record: Json, facts: Mapping[str, Any]) -> Any:
    inner = record["internal"]
    if facts.get("state") == "suspended":
        assert inner["script"].endswith("values.js")
        assert inner["line"] == inner["function"]["internal"]["line"]
        assert inner["column"] >= inner["function"]["internal"]["column"]
    return inner["function"]["internal"]["name"]


def _global(record: Json, facts: Mapping[str, Any]) -> Any:
    names = {item["key"] for item in record["internal"]["global"]["properties"]}
    return {"Object", "Array", "globalThis"} <= names


def _native_class(record: Json, facts: Mapping[str, Any]) -> Any:
    assert record["internal"]["native"] in record["internal"]["fields"]
    return record["internal"]["native_class"]


def _exports(record: Json, facts: Mapping[str, Any]) -> Any:
    rows = record["internal"]["exports"]
    return {
        row["name"]: told(row, int("properties" in facts["exports"][row["name"]])) for row in rows
    }


def _class(record: Json, facts: Mapping[str, Any]) -> Any:
    assert facts["class"] in (record["class"], record["internal"]["kind"])
    return facts["class"]


def _bytes(record: Json, facts: Mapping[str, Any]) -> Any:
    return record["internal"]["bytes"]


def _of_buffer(name: str, default: Any) -> Callable[[Json, Mapping[str, Any]], Any]:
    def check(record: Json, facts: Mapping[str, Any]) -> Any:
        inner = record["internal"]
        inner = inner["buffer"]["internal"] if "buffer" in inner else inner
        return inner.get(name, inner.get("byte_length") if default is None else default)

    return check


CHECKS: Dict[str, Callable[[Json, Mapping[str, Any]], Any]] = {
    "api": lambda record, facts: len(record["internal"]["fields"]) >= 2,
    "awaitedBy": _awaited_by,
    "boundArgs": _rows("arguments"),
    "boundTarget": _bound_target,
    "boundThis": lambda record, facts: told(record["internal"]["this"], 1),
    "boxed": lambda record, facts: told(record["internal"]["boxed"]),
    "builtin": _builtin,
    "byteLength": _inner("byte_length"),
    "byteOffset": _inner("byte_offset"),
    "bytes": _bytes,
    "callable": lambda record, facts: record["internal"].get("callable", False),
    "cause": lambda record, facts: _property(record, "cause")["type"] == "JS_ERROR",
    "cells": _cells,
    "class": _class,
    "cleanup": lambda record, facts: record["internal"]["cleanup"]["internal"]["name"],
    "code": lambda record, facts: _property(record, "code")["value"],
    "constructorName": lambda record, facts: facts["constructorName"],
    "context": _context,
    "debugName": _inner("name"),
    "detached": _of_buffer("detached", False),
    "done": _done,
    "entries": _entries,
    "errors": lambda record, facts: _property(record, "errors")["length"],
    "exports": _exports,
    "flags": _inner("flags"),
    "frames": _frames,
    "generator": _generator,
    "global": _global,
    "handlerKeys": _handler_keys,
    "index": _index,
    "isClass": _is_class,
    "iterates": _iterates,
    "kind": _inner("kind"),
    "lastIndex": _inner("lastIndex"),
    "length": _length,
    "maxByteLength": _of_buffer("max_byte_length", None),
    "members": _members,
    "message": _message,
    "mode": _inner("mode"),
    "nativeClass": _native_class,
    "parameters": lambda record, facts: facts["parameters"],
    "place": _place,
    "places": _places,
    "private": _private,
    "proxyTarget": lambda record, facts: told(record["internal"]["target"], 1),
    "reactions": _reactions,
    "result": lambda record, facts: told(record["internal"]["result"], 1),
    "revoked": _inner("revoked"),
    "shared": _of_buffer("shared", False),
    "size": _inner("size"),
    "source": lambda record, facts: _source(record, facts) or facts["source"],
    "stack": _inner("stack_text"),
    "state": _inner("state"),
    "target": lambda record, facts: told(record["internal"]["target"], 1),
    "text": _text,
    "time": _time,
    "tracking": _inner("length_tracking"),
}

CLASSES = {
    "obj.literal": "Object",
    "obj.class": "Point",
    "obj.subclass": "Point3",
    "obj.old": "Old",
    "obj.private": "Secret",
    "arr.subclass": "List",
    "bin.buffer.big": "Buffer",
    "col.map.subclass": "Registry",
    "err.custom": "Custom",
    "re.plain": "RegExp",
    "fn.declared": "Function",
    "proxy.object": "Proxy",
    "global.made": "InContext",
}


@pytest.mark.parametrize("version", [*PRIMARY, *SLOW_ODD])
def test_classes_are_those_of_the_census(version: str) -> None:
    _, found, _ = _values(version)
    assert {name: found[name]["class"] for name in CLASSES} == CLASSES


@pytest.mark.parametrize("version", [*PRIMARY, *SLOW_ODD])
def test_source_of_functions_is_exact(version: str) -> None:
    truth, found, session = _values(version)
    for name, facts in truth.items():
        if name.startswith("fn.") and "source" in facts:
            line = f"inspect -s -d 0 {found[name]['address']}"
            record = as_json(session, line)[0]
            source = record["internal"].get("source")
            if name == "fn.constructed":  # V8 makes the head of it up when it is asked
                continue
            assert (name, source[:4000]) == (name, facts["source"])
            text = "\n".join(as_text(session, line))
            assert text.endswith(f"  source:\n{source}\n>") or "\r" in source


def addresses(session: Session) -> Dict[str, str]:
    """Tagged address by name of the values that have one."""
    reader = reader_of(session)
    run, _ = opened(str(session.layout.node_version), "values")
    root = find_root(session, reader, run.truth["marker"]).property("values")
    assert root is not None
    assert isinstance(root.value, JSObject)
    return {
        item.name: f"{item.word:#x}"
        for item in root.value.properties()
        if isinstance(item, Property) and item.word is not None
    }
