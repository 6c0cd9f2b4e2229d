"""`inspect`: llnode's shape, `0x…:<Object: Class properties {` and what follows, lines indented.

Heads (one line for any value) are in `heads`; here the body is laid out: facts on lines of their
own, then sections in braces, each entry with a comma but the last.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

from v8inspect.analysis.description import Described, Element, Frame, Pair, Property, Variable
from v8inspect.render.text import Line, Lines, Part, Verbatim, view
from v8inspect.render.views.heads import Pieces, brief, frame_text, head, plain_text, property_label
from v8inspect.rows import Address

_Block = List[Union[Pieces, Verbatim]]
_BYTES_A_LINE = 16
# Shown in the head, or not at all in text.
_IN_HEAD = {
    "backing_store",
    "boxed",
    "byte_length",
    "byte_offset",
    "column",
    "data",
    "flags",
    "lastIndex",
    "line",
    "name",
    "script",
    "source",
}


@view(Described)
def _described(row: Described) -> Lines:
    return Lines([_finished(line) for line in block(row, [], 0)])


def _finished(line: Union[Pieces, Verbatim]) -> Line:
    return line if isinstance(line, Verbatim) else tuple(line)


def block(of: Described, label: Pieces, indent: int) -> _Block:
    """The lines of a value after a label; the first is not indented but by the caller."""
    lines: _Block = [[*label, *head(of)]]
    if of.form in ("damaged", "string", "smi", "double"):
        return lines
    _bytes(of, indent, lines)
    lines += _facts(of, indent + 2)
    for title, entries in _sections(of, indent + 4):
        opening = f"{title} {{" if title else "{"
        if len(lines) == 1:
            _append(lines, f" {opening}")
        else:
            lines.append([" " * (indent + 2), opening])
        for number, entry in enumerate(entries):
            lines += entry
            _append(lines, "," if number < len(entries) - 1 else "}")
    lines += _source(of)
    _append(lines, ">")
    return lines


def _append(lines: _Block, text: str) -> None:
    last = lines[-1]
    if isinstance(last, Verbatim):
        lines.append([text])
    else:
        last.append(text)


def _facts(of: Described, indent: int) -> _Block:
    """Values that V8 keeps beside: a line each."""
    lines: _Block = []
    if of.form == "context":
        return lines
    for name, value in (of.internal or {}).items():
        if isinstance(value, Described) and name not in _IN_HEAD:
            lines += block(value, [" " * indent, f"{name}="], indent)
    return lines


def _sections(of: Described, indent: int) -> Iterator[Tuple[str, Sequence[_Block]]]:
    internal = of.internal or {}
    if of.form == "context":
        entries = list(_context(internal, indent))
        if entries:
            yield "", entries
        return
    for name, value in internal.items():
        rows: List[_Block]
        if isinstance(value, dict):
            yield name, [[[" " * indent, f"{key}=", plain_text(v)]] for key, v in value.items()]
        elif name == "stack_text":
            lines = [line.strip() for line in str(value).split("\n")]
            frames = [line for line in lines if line.startswith("at ")]
            if frames:
                yield "stack", [[[" " * indent, line]] for line in frames]
        elif isinstance(value, list) and value and name not in ("numbers", "bytes"):
            rows = [_item(name, number, item, indent) for number, item in enumerate(value)]
            yield name, [*rows, *_more(internal.get(f"{name}_more"), indent)]
    elements = list(_elements(of, indent))
    if elements:
        yield ("" if of.form in ("array", "slots") else "elements"), elements
    properties = [_property(item, indent) for item in of.properties or () if _is_shown(of, item)]
    properties += _more(of.properties_more, indent)
    if properties:
        yield "properties", properties


def _more(count: Optional[int], indent: int) -> Sequence[_Block]:
    if not count:
        return ()
    return ([[" " * indent, Part("faint", f"… and {count} more (-l 0 shows all)")]],)


def _context(internal: Dict[str, Any], indent: int) -> Iterator[_Block]:
    for name in ("previous", "scope_info", "extension"):
        if name in internal:
            yield block(internal[name], [" " * indent, f"({name})="], indent)
    for item in internal.get("variables", ()):
        yield block(item.of, [" " * indent, Part("name", item.name), "="], indent)
    yield from _more(internal.get("variables_more"), indent)


def _item(name: str, number: int, item: Any, indent: int) -> _Block:
    """An entry of a list that V8 keeps beside the properties."""
    space = " " * indent
    if isinstance(item, Pair):
        return block(item.value, [space, *brief(item.key), " => "], indent)
    if isinstance(item, Variable):
        return block(item.of, [space, Part("name", item.name), "="], indent)
    if isinstance(item, Frame):
        return [[space, *frame_text(item)]]
    if isinstance(item, Described):
        label = "" if name == "members" else f"[{number}]="
        return block(item, [space, label], indent)
    if isinstance(item, dict):
        pieces: Pieces = [space]
        for key, value in item.items():
            if value is not None:
                shown = brief(value) if isinstance(value, Described) else [plain_text(value, False)]
                pieces += [f"{', ' if len(pieces) > 1 else ''}{key}=", *shown]
        return [pieces]
    if isinstance(item, Address):
        return [[space, f"[{number}]=", plain_text(item)]]
    return [[space, plain_text(item)]]


def _elements(of: Described, indent: int) -> Iterator[_Block]:
    space = " " * indent
    expected = 0
    whole = of.form == "array"
    for item in of.elements or ():
        if item.index is not None:
            if whole:
                yield from _holes(expected, item.index, space)
            expected = item.index + 1
        yield _element(item, indent)
    if of.elements_more:
        yield from _more(of.elements_more, indent)
    elif whole and of.elements is not None and of.length is not None:
        if not any(item.index is None for item in of.elements):
            yield from _holes(expected, of.length, space)


def _holes(start: int, stop: int, space: str) -> Iterator[_Block]:
    count = stop - start
    if count == 1:
        yield [[space, f"[{start}]=<hole>"]]
    elif count > 1:
        yield [[space, f"[{start}…{stop - 1}]=<{count} holes>"]]


def _element(item: Element, indent: int) -> _Block:
    label: Pieces = [" " * indent, "" if item.index is None else f"[{item.index}]="]
    if item.kind == "accessor":
        return [[*label, *_accessor(item.getter, item.setter)]]
    return block(item.of, label, indent)


def _property(item: Property, indent: int) -> _Block:
    space = " " * indent
    if item.kind == "damaged":
        return [[space, *head(item.of)]]
    label: Pieces = [space, *property_label(item), "="]
    if item.kind != "native" and item.of.type == "ACCESSOR_PAIR":
        return [[*label, *_accessor(item.getter, item.setter)]]
    return block(item.of, label, indent)


def _accessor(getter: Optional[Described], setter: Optional[Described]) -> Pieces:
    pieces: Pieces = ["<accessor:"]
    for name, half in (("get", getter), ("set", setter)):
        if half is not None:
            pieces += [f"{',' if len(pieces) > 1 else ''} {name}=", *brief(half)]
    return [*pieces, ">"]


def _is_shown(of: Described, item: Property) -> bool:
    """Not what the head says already, nor V8's own marks that are shown decoded."""
    internal = of.internal or {}
    if item.kind == "native" and item.key in ("length", "name", "arguments", "caller"):
        return False
    if item.key == "stack" and (of.type == "JS_ERROR" or "stack" in internal):
        return item.of.class_ not in ("Accessor", "String")
    if item.kind == "internal":
        decoded = "stack" in internal or "stack_text" in internal
        return not (decoded or item.of.type == "CLASS_POSITIONS")
    return not (item.key == "lastIndex" and of.form == "regexp")


def _bytes(of: Described, indent: int, lines: _Block) -> None:
    """`: [` after the head, lines of bytes or numbers, `]`."""
    internal = of.internal or {}
    shown, more = internal.get("numbers"), internal.get("numbers_more")
    data = internal.get("bytes")
    if isinstance(data, str):
        shown = [data[at : at + 2] for at in range(0, len(data), 2)]
        more = internal.get("bytes_more")
    elif shown is not None and str(internal.get("kind")).startswith("Big"):
        shown = [f"{n}n" if isinstance(n, str) else n for n in shown]
    elif shown is not None and of.class_ in ("Buffer", "FastBuffer"):
        shown = [f"{n:02x}" if isinstance(n, int) else n for n in shown]
    if not shown:
        return
    space = " " * indent
    _append(lines, ": [")
    for at in range(0, len(shown), _BYTES_A_LINE):
        pieces: Pieces = [space + "  "]
        for number, item in enumerate(shown[at : at + _BYTES_A_LINE]):
            if number:
                pieces.append(", ")
            pieces += head(item) if isinstance(item, Described) else [plain_text(item, False)]
        if at + _BYTES_A_LINE < len(shown):
            pieces.append(",")
        elif more:
            pieces.append(Part("faint", f" … and {more} more (-l 0 shows all)"))
        lines.append(pieces)
    lines.append([space, "]"])


def _source(of: Described) -> _Block:
    source = (of.internal or {}).get("source")
    if of.form != "function" or not isinstance(source, str):
        return []
    lines: _Block = [["  source:"]]
    lines += [Verbatim(line.rstrip("\r")) for line in source.split("\n")]
    more = (of.internal or {}).get("source_more")
    if more:
        lines.append([Part("faint", f"… and {more} more characters")])
    return lines
