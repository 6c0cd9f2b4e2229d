"""What `inspect --json` says of the values of values.js, in the words of the program's truth.

`told` turns a record of JSON into what `describe` of values.js wrote, from JSON alone: so the two
can be compared piece by piece (`values_oracle.differences`).
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, Iterable, List, Optional

from tests.dumps.values_oracle import ELEMENTS_SHOWN, PROPERTIES_SHOWN, bits
from v8inspect.commands.host import Host
from v8inspect.commands.registry import find
from v8inspect.render.json_lines import json_lines
from v8inspect.render.text import text_lines
from v8inspect.rows import Row
from v8inspect.session import Session

Json = Any
_SPECIAL = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def context(session: Session, json: bool) -> Any:
    """What a command's body needs of its Context; `said` collects damage and notes."""
    said: List[str] = []
    return SimpleNamespace(
        session=session,
        json=json,
        interactive=False,
        address=lambda text: int(text, 16),
        damage=said.append,
        note=said.append,
        offset=0,
        host=Host(),
        stop_at=lambda offset: None,
        said=said,
    )


def run(session: Session, line: str, json: bool = False) -> Iterable[Row]:
    """The rows of a command."""
    words = line.split()
    entry = find(words[0])
    return entry.body(context(session, json), entry.parse(words[1:]))


def as_json(session: Session, line: str) -> List[Json]:
    """The JSON Lines of a command, read again."""
    return [json.loads(text) for text in json_lines(run(session, line, True))]


def filled(record: Json) -> Json:
    """The record, with what was described further up put where it comes again (so it may loop)."""
    whole: Json = {}
    again: List[Json] = []

    def visit(item: Json) -> None:
        if isinstance(item, dict):
            if "properties" in item:
                whole.setdefault(item["address"], item)
            if item.get("seen"):
                again.append(item)
        for part in item.values() if isinstance(item, dict) else item:
            if isinstance(part, (dict, list)):
                visit(part)

    visit(record)
    for item in again:
        if item["address"] in whole:
            missing = {k: v for k, v in whole[item["address"]].items() if k not in item}
            item.update(missing)
    return record


def as_text(session: Session, line: str) -> List[str]:
    """The lines of text of a command."""
    return list(text_lines(run(session, line)))


def number(value: Json) -> float:
    """A number of JSON."""
    return _SPECIAL[value] if isinstance(value, str) else float(value)


def told(record: Json, depth: int = 0) -> Json:
    """A record as `describe` of values.js puts it."""
    kind = record["class"]
    type_ = record["type"]
    if type_ == "DAMAGED":
        return {"t": "damaged", "why": record["problem"]}
    if "JS_" not in type_:
        if kind == "Number":
            return {"t": "number", "v": bits(number(record["value"]))}
        if kind == "BigInt":
            return {"t": "bigint", "v": format(int(record["value"], 0), "x")}
        if kind == "Symbol":
            return {"t": "symbol", "v": record["value"]}
        if kind == "Boolean":
            return {"t": "boolean", "v": record["value"]}
        if kind == "String":
            return _string(record)
        if kind in ("undefined", "null", "hole"):
            return {"t": kind}
    callable_ = kind == "Function" or record.get("internal", {}).get("callable")
    out: Json = {"t": "function" if callable_ else "object"}
    if depth > 0 and type_ != "JS_PROXY":
        out.update(_contents(record, depth))
    return out


def _string(record: Json) -> Json:
    text = record["value"]
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert units == record["length"]
    assert "more" not in record
    if units <= 3000:
        return {"t": "string", "v": text}
    return {"t": "string", "length": units, "head": text[:100], "tail": text[-100:]}


def _contents(record: Json, depth: int) -> Json:
    assert "properties_more" not in record
    assert "elements_more" not in record
    found = [_property(item, depth) for item in record["properties"] if _is_visible(item)]
    typed = record["type"] == "JS_TYPED_ARRAY"
    if typed:
        numbers = record["internal"]["numbers"]
        big = "Big" in record["internal"]["kind"]
        shown: Json = [[i, _number(n, big)] for i, n in enumerate(numbers[:ELEMENTS_SHOWN])]
        count = len(numbers)
    else:
        items = record.get("elements", [])
        shown = [_element(item, depth) for item in items[:ELEMENTS_SHOWN]]
        count = len(items)
    return {"properties": found[:PROPERTIES_SHOWN], "elements": shown, "elementCount": count}


def _is_visible(item: Json) -> bool:
    return item["kind"] not in ("private", "internal")


def _number(value: Json, big: bool) -> Json:
    if big:
        return {"t": "bigint", "v": format(int(value), "x")}
    return {"t": "number", "v": bits(number(value))}


def _property(item: Json, depth: int) -> Json:
    name: Optional[str] = item["key"]
    symbol = "symbol" in item
    if symbol:
        assert name is not None
        name = name[len("Symbol(") : -1]
    shown: Json = "accessor"
    if item["kind"] == "native" and item["class"] == "Accessor":
        shown = "native"
    elif item["kind"] != "accessor":
        shown = told(item, depth - 1)
    else:
        assert "getter" in item or "setter" in item
    return [name, symbol, item.get("writable"), item["enumerable"], item["configurable"], shown]


def _element(item: Json, depth: int) -> Json:
    accessor = item["kind"] == "accessor"
    shown = "accessor" if accessor else told(item, depth - 1)
    flags = [item.get(name, True) for name in ("writable", "enumerable", "configurable")]
    return [item["index"], shown, flags[0] and not accessor, *flags[1:]]
