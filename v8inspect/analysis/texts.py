"""`v8str`: the characters of a string, and how V8 stores it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Iterator, List, Optional, Tuple

from v8inspect.analysis.values import object_at
from v8inspect.errors import MemoryUnreadable
from v8inspect.objects.strings import String, read_slice, utf16_length
from v8inspect.objects.tagged import smi_or_none
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session

_CHUNK = 1 << 20  # UTF-16 units that are read at a time
MAX_PARTS = 1000  # of its structure


@dataclass(frozen=True)
class TextRow(Row):
    """A string. `length` counts UTF-16 units, `more` those that `text` lacks; `shape` is 'seq',
    'cons', 'sliced', 'thin' or 'external'; `parts` (-v) are what it is made of."""

    json_sparse: ClassVar[bool] = True

    address: Address
    type: str
    shape: str
    one_byte: bool
    internalized: bool
    length: int
    text: str
    more: Optional[int] = None
    problem: Optional[str] = None
    parts: Optional[List[TextPart]] = None
    parts_more: Optional[bool] = None
    saved: Optional[str] = None


@dataclass(frozen=True)
class TextPart(Row):
    """A string that another one is made of. `depth`: 0 for the string itself; `role`: 'left',
    'right' of a cons string, 'parent' of a sliced one (from `offset` on), 'actual' of a thin one.
    """

    json_sparse: ClassVar[bool] = True

    address: Address
    depth: int
    role: str
    type: str
    shape: str
    length: int
    text: str
    offset: Optional[int] = None


def string_row(
    session: Session, address: int, limit: int, structure: bool, saved: Optional[str] = None
) -> TextRow:
    """The string at an address, `limit` units of it at most (0: all); raises NotAnObject."""
    value = object_at(session, address, String, "a string")
    text = value.read(limit) if limit else value.read()
    more = text.length - utf16_length(text.text)
    parts = list(_parts(value)) if structure else None
    cut = parts is not None and len(parts) > MAX_PARTS
    return TextRow(
        Address(value.word),
        value.type_name,
        value.shape,
        value.is_one_byte,
        value.is_internalized,
        value.length,
        text.text,
        more or None,
        text.problem,
        parts[:MAX_PARTS] if parts is not None else None,
        True if cut else None,
        saved,
    )


def utf8_chunks(session: Session, address: int) -> Iterator[bytes]:
    """The whole string in UTF-8; raises MemoryUnreadable where characters are missing.

    Lone surrogates, which UTF-8 has not, are written as their three bytes (WTF-8).
    """
    value = object_at(session, address, String, "a string")
    at, held = 0, ""
    while at < value.length:
        count = min(_CHUNK, value.length - at)
        text = read_slice(value.reader, value.word, at, count)
        if text.problem is not None:
            raise MemoryUnreadable(value.address, value.length)
        units = held + text.text
        at += count
        held = ""
        # A pair may be cut in two: its halves come as lone surrogates.
        if at < value.length and units and "\ud800" <= units[-1] <= "\udbff":
            units, held = units[:-1], units[-1]
        joined = units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        yield joined.encode("utf-8", "surrogatepass")


def _parts(top: String) -> Iterator[TextPart]:
    """The string and what it is made of, depth first, left before right."""
    fields = top.layout.String
    stack: List[Tuple[int, int, str, Optional[int]]] = [(top.word, 0, "", None)]
    count = 0
    while stack and count <= MAX_PARTS:
        word, depth, role, offset = stack.pop()
        value = top.reader.value(word)
        count += 1
        if not isinstance(value, String):
            continue
        yield TextPart(
            Address(word),
            depth,
            role,
            value.type_name,
            value.shape,
            value.length,
            # Of a deep cons string, each text would be a walk down all of it.
            value.text(64) if value.shape != "cons" or not depth else "",
            offset,
        )
        if depth >= MAX_PARTS:
            continue
        memory = value.memory
        try:
            if value.shape == "cons":
                second = memory.u64(value.address + fields.cons_second)
                first = memory.u64(value.address + fields.cons_first)
                stack += [(second, depth + 1, "right", None), (first, depth + 1, "left", None)]
            elif value.shape == "sliced":
                start = smi_or_none(memory.u64(value.address + fields.sliced_offset))
                parent = memory.u64(value.address + fields.sliced_parent)
                stack.append((parent, depth + 1, "parent", start))
            elif value.shape == "thin":
                actual = memory.u64(value.address + fields.thin_actual)
                stack.append((actual, depth + 1, "actual", None))
        except MemoryUnreadable:
            continue
