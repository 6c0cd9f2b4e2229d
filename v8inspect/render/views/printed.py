"""`jsprint` in mdb_v8's way, and the short listings beside it."""

from __future__ import annotations

from typing import Any, Iterator, List, Optional, Sequence, Tuple

from v8inspect.analysis.description import Described, Pair
from v8inspect.analysis.printed import ClosureRow, ConstructorRow, ElementRow, Printed
from v8inspect.render.text import Line, Lines, Part, view
from v8inspect.render.views.heads import Pieces, brief, damage_text, plain_text, quoted
from v8inspect.rows import Address

_UNIT = "    "
_HOLES = 16  # that are written one by one
_Entry = Tuple[Pieces, Optional[Described]]


@view(Printed)
def _printed(row: Printed) -> Lines:
    prefix: Pieces = [Part("address", str(row.base)), ": "] if row.show_base else []
    printer = _Printer(row.show_addresses)
    if len(row.values) == 1:
        printer.value(prefix, row.values[0].of, "", "")
    else:
        lines: Pieces = prefix
        for number, item in enumerate(row.values):
            lines += [" "] if number else []
            part = _Printer(row.show_addresses)
            part.value([], item.of, "", "")
            # Several members stand on one line, as a table.
            lines += [piece for at, line in enumerate(part.lines) for piece in _joined(line, at)]
        printer.lines.append(lines)
    return Lines([tuple(line) for line in printer.lines])


def _joined(line: Pieces, number: int) -> Pieces:
    first = str(line[0]).lstrip() if line and isinstance(line[0], str) else None
    rest = line if first is None else [first, *line[1:]]
    return [" ", *rest] if number else list(rest)


class _Printer:
    """Lines of one value; every entry ends in a comma, as mdb_v8 has it."""

    def __init__(self, addresses: bool) -> None:
        self.lines: List[Pieces] = []
        self._addresses = addresses

    def value(self, label: Pieces, of: Described, indent: str, end: str) -> None:
        """Adds the lines of a value after its label."""
        start: Pieces = [indent, *label]
        if self._addresses:
            start += self._address(of)
        entries, brackets = _entries(of)
        if entries is None:
            self.lines.append([*start, *_short(of), end])
            return
        if not entries:
            self.lines.append([*start, brackets, end])
            return
        self.lines.append([*start, brackets[:-1]])
        for inner, item in entries:
            if isinstance(item, Described):
                self.value(inner, item, indent + _UNIT, ",")
            else:
                self.lines.append([indent + _UNIT, *inner])
        self.lines.append([indent, brackets[-1], end])

    def _address(self, of: Described) -> Pieces:
        word = of.address
        if word is None and of.form == "smi" and isinstance(of.value, int):
            word = Address((of.value & 0xFFFF_FFFF) << 32)
        return [Part("address", str(word)), ": "] if word is not None else []


def _entries(of: Described) -> Tuple[Optional[List[Any]], str]:
    """(label, value) of what is inside, None if nothing is to be opened; and the brackets."""
    internal = of.internal or {}
    if (
        of.properties is None
        or of.type == "JS_BOUND_FUNCTION"
        or of.form in ("function", "date", "regexp", "numbers", "bytes")
    ):
        return None, ""
    found: List[Any] = []
    brackets = "[]" if of.form == "array" else "{}"
    if "entries" in internal and "size" in internal:
        brackets = f"{of.class_} {{}}"
        for item in internal["entries"]:
            if isinstance(item, Pair):
                found.append(([*_short(item.key), " => "], item.value))
        found += _more(internal.get("entries_more"))
    elif "members" in internal:
        brackets = f"{of.class_} []"
        found += [([], item) for item in internal["members"]]
        found += _more(internal.get("members_more"))
    elif "boxed" in internal:
        brackets = f"[{of.class_}: {''.join(_text(p) for p in _short(internal['boxed']))}] {{}}"
    elif of.type in ("JS_ERROR", "JS_PROMISE", "JS_PROXY"):
        brackets = f"{''.join(_text(p) for p in brief(of)).partition(':')[2]} {{}}"
        inner = ("result", "target", "handler")
        found += [([f"({name}): "], internal[name]) for name in inner if name in internal]
    found += _elements(of)
    for item in of.properties:
        if item.kind == "internal" or (item.kind == "native" and of.form == "array"):
            continue
        if of.type == "JS_ERROR" and item.key == "stack":
            continue
        if item.kind == "damaged":
            found.append(([], item.of))
            continue
        label = [Part("name", quoted(item.key)), ": "]
        found.append((label, item.of))
    found += _more(of.properties_more)
    return found, brackets


def _elements(of: Described) -> Iterator[_Entry]:
    whole = of.form == "array"
    expected = 0
    for element in of.elements or ():
        index = element.index
        if not whole:
            yield [f'"{index}": '], element.of
            continue
        if index is not None:
            yield from _holes(index - expected)
            expected = index + 1
        yield [], element.of
    if of.elements_more:
        yield from _more(of.elements_more)
    elif whole and of.length is not None:
        yield from _holes(of.length - expected)


def _holes(count: int) -> Sequence[_Entry]:
    if count > _HOLES:
        return [([f"hole × {count},"], None)]
    return [(["hole,"], None)] * max(count, 0)


def _text(piece: Any) -> str:
    return piece if isinstance(piece, str) else str(piece.text)


def _more(count: Optional[int]) -> List[_Entry]:
    return [([Part("faint", f"… and {count} more (-l 0 shows all)")], None)] if count else []


def _short(of: Described) -> Pieces:
    """A value in one line, as JSON has it where it can."""
    internal = of.internal or {}
    if of.form == "string":
        text = of.value if isinstance(of.value, str) else ""
        shown = quoted(text)
        if of.problem:
            return [Part("string", shown), Part("bad", f" <damaged: {of.problem}>")]
        more = f'{shown[:-1]}…" ({of.more} more; -N 0 shows all)' if of.more else shown
        return [Part("string", more)]
    if of.form in ("smi", "double", "number"):
        return [of.value if isinstance(of.value, str) else plain_text(of.value)]
    if of.form == "bigint":
        return [f"{of.value}n"]
    if of.form == "oddball":
        return [plain_text(of.value) if of.class_ == "Boolean" else of.class_]
    if of.form == "symbol":
        return [f"Symbol({of.value or ''})"]
    if of.form == "function":
        name = internal.get("name")
        return ["function ", Part("name", str(name))] if name else ["function <anonymous>"]
    if of.form == "date":
        return [str(of.value) if of.value is not None else "Invalid Date"]
    if of.form == "regexp":
        return [str(of.value)]
    if of.form == "damaged":
        return [Part("bad", damage_text(of))]
    if of.form == "numbers" and internal.get("numbers"):
        items = internal["numbers"]
        numbers = [plain_text(item, False) for item in items if not isinstance(item, Described)]
        if "Big" in str(internal.get("kind")):
            numbers = [f"{number}n" for number in numbers]
        rest = internal.get("numbers_more")
        return [of.class_, f" [{', '.join(numbers)}{f', … and {rest} more' if rest else ''}]"]
    if of.type == "JS_BOUND_FUNCTION":
        target = internal.get("target")
        of_target = target.internal or {} if isinstance(target, Described) else {}
        name = internal.get("bound") or of_target.get("name") or of_target.get("bound") or ""
        return ["function ", Part("name", f"bound {name}".strip())]
    if of.form in ("object", "array"):
        return ["[...]"]
    if of.type in ("ACCESSOR_PAIR", "ACCESSOR_INFO"):
        return ["<accessor>"]
    pieces = brief(of)
    at = next((n for n, piece in enumerate(pieces) if piece == ":"), -1)
    return pieces[at + 1 :]


@view(ElementRow)
def _element(row: ElementRow) -> Line:
    index: Pieces = [f"{row.index} "] if row.show_index and row.index is not None else []
    if row.address is not None and row.of.address is None:
        return (*index, Part("address", str(row.address)), ":", *brief(row.of))
    return (*index, *brief(row.of))


@view(ClosureRow)
def _closure(row: ClosureRow) -> Line:
    name = Part("name", quoted(row.name))
    level = _UNIT * row.level
    at: Pieces = [Part("address", str(row.address)), ": "] if row.address is not None else []
    return (level, name, ": ", *at, *_short(row.of))


@view(ConstructorRow)
def _constructor(row: ConstructorRow) -> Line:
    name = Part("name", row.name or "<anonymous>")
    if not row.verbose or row.address is None:
        return (name,)
    return (name, " (JSFunction: ", Part("address", str(row.address)), ")")
