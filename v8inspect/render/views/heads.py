"""A value in one line, as llnode writes it: `0x…:<Object: Class>`, `<Smi: 1>`, `"text"`."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Union

from v8inspect.analysis.description import Described, Frame, Property
from v8inspect.analysis.values import number_text
from v8inspect.render.text import Part
from v8inspect.rows import Address

Pieces = List[Union[str, Part]]
_SIMPLE_KEY = re.compile(r"[^\s\"'=<>{}\[\](),;]+\Z")
_ADVICE = " more; -F shows all)"
_NOT_IN_HEAD = {"callable", "kind", "problem", "visible_name"}


def brief(of: Described) -> Pieces:
    """The whole value in one line."""
    pieces = head(of)
    if of.form not in ("damaged", "smi", "double"):
        if of.form != "string":
            pieces.append(">")
    return pieces


def in_passing(of: Described) -> Pieces:
    """The same without the advice how to see all of a long string."""
    return [p for p in brief(of) if not (isinstance(p, Part) and p.text.endswith(_ADVICE))]


def head(of: Described) -> Pieces:
    """All but the closing `>` of what has a body; strings and numbers are complete."""
    if of.form == "damaged":
        return [Part("bad", damage_text(of))]
    pieces: Pieces = []
    if of.weak:
        pieces.append("(weak) ")
    if of.form == "smi":
        return [*pieces, f"<Smi: {of.value}>"]
    if of.form == "double":
        return [*pieces, _number(of.value)]
    if of.address is not None:
        pieces.append(Part("address", f"{int(of.address):#x}"))
        if of.map is not None:
            pieces.append(f"(map={int(of.map):#x})")
        pieces.append(":")
    pieces += _HEADS.get(of.form, _object)(of)
    if of.seen:
        pieces.append(Part("faint", " (above)"))
    if of.unopened:
        pieces.append(Part("faint", " (…)"))
    return pieces


def damage_text(of: Described) -> str:
    """`<unreadable 0x…>` for what the dump lacks, `<damaged: why>` for what is wrong in it."""
    why = of.problem or ""
    at = f"{int(of.address):#x}" if of.address is not None else ""
    if "not in the dump" in why:
        return f"<unreadable {at}>" if why == "not in the dump" else f"<unreadable {at}: {why}>"
    return f"<damaged: {why} at {at}>" if at else f"<damaged: {why}>"


def property_label(item: Property) -> Pieces:
    """A key as it stands before `=`: quoted if it could be mistaken for something else."""
    key = item.key
    if item.kind == "internal":
        return [Part("faint", f"(internal {key})" if key else "(internal)")]
    if item.symbol is not None and item.kind != "private":
        key = f"Symbol('{key[len('Symbol(') : -1]}')"
    elif not _SIMPLE_KEY.match(key):
        key = quoted(key)
    return [".", Part("name", key)]


def quoted(text: str) -> str:
    """Text in double quotes; what a terminal acts on is escaped by render."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def plain_text(value: Any, quote: bool = True) -> str:
    """A plain fact: text quoted, numbers as JavaScript writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    if isinstance(value, Address):
        return str(value)
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, str):
        return quoted(value) if quote else value
    return str(value)


def frame_text(frame: Frame) -> Pieces:
    """A captured frame as V8 prints it."""
    name = ("new " if frame.is_constructor else "") + frame.function
    name = ("async " if frame.is_async else "") + name
    where = place_text(frame.script, frame.line, frame.column)
    if not name:
        return ["at ", where]
    return ["at ", Part("name", name), f" ({where})"]


def place_text(script: Any, line: Any, column: Any) -> str:
    """script:line:column."""
    if line is None:
        return script or "<anonymous>"
    return f"{script or '<anonymous>'}:{line}:{column}"


def _number(value: Any) -> str:
    return value if isinstance(value, str) else number_text(value)


def _string(of: Described) -> Pieces:
    text = of.value if isinstance(of.value, str) else ""
    pieces: Pieces = ["<String: "]
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    pieces.append(Part("string", f'"{escaped}…"' if of.more else f'"{escaped}"'))
    if of.problem:
        pieces.append(Part("bad", f" <damaged: {of.problem}>"))
    elif of.more:
        pieces.append(Part("faint", f" ({of.more}{_ADVICE}"))
    return [*pieces, ">"]


def _oddball(of: Described) -> Pieces:
    return ["<" + (plain_text(of.value) if of.class_ == "Boolean" else of.class_)]


def _symbol(of: Described) -> Pieces:
    return ["<Symbol" if of.value is None else f"<Symbol: '{of.value}'"]


def _facts(internal: Dict[str, Any], *left_out: str) -> Pieces:
    """Plain facts as ` name=value`; false ones are not worth a word."""
    pieces: Pieces = []
    for name, value in internal.items():
        if name in _NOT_IN_HEAD or name in left_out or name.endswith("_more"):
            continue
        if name in ("script", "column") or value is None or value is False:
            continue
        if name == "line":
            place = place_text(internal.get("script"), value, internal.get("column"))
            pieces.append(f" at {place}")
        elif isinstance(value, str):
            word = value if name in ("state", "mode") else quoted(value)
            pieces += [f" {name}=", Part("string", word)]
        elif isinstance(value, (bool, int, float)):
            pieces.append(f" {name}={plain_text(value)}")
    return pieces


def _object(of: Described) -> Pieces:
    internal = of.internal or {}
    pieces: Pieces = ["<Object: ", Part("name", of.class_)]
    kind = _KINDS.get(of.type)
    if "slots" in internal or "words" in internal:
        kind = of.type
    if kind is not None and kind != of.class_:
        pieces.append(f" ({kind})")
    if "boxed" in internal:
        pieces += [" boxed=", *brief(internal["boxed"])]
    return pieces + _facts(internal, "stack_text")


# Where the name of the class may not tell what an object is.
_KINDS = {
    "JS_MAP": "Map",
    "JS_SET": "Set",
    "JS_WEAK_MAP": "WeakMap",
    "JS_WEAK_SET": "WeakSet",
    "JS_PROMISE": "Promise",
    "JS_ERROR": "Error",
    "JS_ARGUMENTS_OBJECT": "Arguments",
    "JS_BOUND_FUNCTION": "bound",
    "JS_GENERATOR_OBJECT": "Generator",
    "JS_ASYNC_FUNCTION_OBJECT": "async function",
    "JS_ASYNC_GENERATOR_OBJECT": "async Generator",
    "JS_EXTERNAL_OBJECT": "External",
}


def _array(of: Described) -> Pieces:
    named: Pieces = [] if of.class_ == "Array" else [Part("name", of.class_), ", "]
    return ["<Array: ", *named, f"length={of.length}"]


def _function(of: Described) -> Pieces:
    internal = of.internal or {}
    name = internal.get("name") or internal.get("visible_name") or "(anonymous)"
    pieces: Pieces = ["<function: ", Part("name", str(name))]
    if "line" in internal:
        place = place_text(internal.get("script"), internal["line"], internal.get("column"))
        pieces.append(f" at {place}")
    if internal.get("visible_name") and internal.get("name"):
        pieces.append(f" (name={quoted(str(internal['visible_name']))})")
    return pieces


def _date(of: Described) -> Pieces:
    time = (of.internal or {}).get("time")
    if isinstance(time, Described):
        return ["<JSDate: ", *brief(time)]
    shown = f" {of.value}" if of.value is not None else ""
    return [f"<JSDate: {_number(time)}{shown}"]


def _regexp(of: Described) -> Pieces:
    internal = of.internal or {}
    last = internal.get("lastIndex")
    at: Pieces = []
    if isinstance(last, Described):
        at = [" lastIndex=", *brief(last)]
    elif last:
        at = [f" lastIndex={plain_text(last)}"]
    return ["<JSRegExp source=", Part("string", str(of.value)), *at]


def _binary(of: Described) -> Pieces:
    internal = of.internal or {}
    shown: List[str] = []
    for name, text in (("backing_store", "backingStore"), ("data", "data")):
        if name in internal:
            shown.append(f"{text}={internal[name]}")
    if of.length is not None:
        shown.append(f"length={of.length}")
    names = (("byte_offset", "byteOffset"), ("byte_length", "byteLength"))
    shown += [f"{text}={internal[name]}" for name, text in names if name in internal]
    if "max_byte_length" in internal:
        shown.append(f"maxByteLength={internal['max_byte_length']}")
    shown += [n for n in ("shared", "detached", "length_tracking") if internal.get(n)]
    return ["<", Part("name", of.class_), ": ", ", ".join(shown)]


def _slots(of: Described) -> Pieces:
    return [f"<{of.class_}: length={of.length}"]


def _context(of: Described) -> Pieces:
    internal = of.internal or {}
    name = internal.get("function")
    named: Pieces = [" ", Part("name", str(name))] if name else []
    return ["<Context: ", str(internal.get("kind", "")), *named]


def _internal(of: Described) -> Pieces:
    internal = of.internal or {}
    if of.type == "SCOPE_INFO":
        name = str(internal.get("function") or "")
        return [f"<ScopeInfo: for {internal.get('kind')}{' ' if name else ''}", Part("name", name)]
    facts = _facts(internal)
    return [f"<{of.class_}", *([":", *facts] if facts else [])]


_HEADS: Dict[str, Callable[[Described], Pieces]] = {
    "string": _string,
    "number": lambda of: ["<Number: " + _number(of.value)],
    "bigint": lambda of: [f"<BigInt: {of.value}n"],
    "symbol": _symbol,
    "oddball": _oddball,
    "cleared": lambda of: ["<cleared"],
    "optimized out": lambda of: ["<optimized out"],
    "never allocated": lambda of: ["<Object (optimized: never allocated)"],
    "accessor": lambda of: ["<accessor in C++" if of.type == "ACCESSOR_INFO" else "<accessor"],
    "array": _array,
    "function": _function,
    "date": _date,
    "regexp": _regexp,
    "bytes": _binary,
    "numbers": _binary,
    "global proxy": lambda of: ["<Global proxy"],
    "slots": _slots,
    "context": _context,
    "internal": _internal,
}
