"""Singletons of the read-only heap that other code compares with by address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.strings import name_text
from v8inspect.scan import scanner as scan

if TYPE_CHECKING:
    from v8inspect.scan.scanner import Scanner
    from v8inspect.session import Session

_TAG = "Symbol.toStringTag"
_STRINGS = {"constructor": "constructor_key", "name": "name_key"}
_LENGTHS = {len(text) for text in _STRINGS}


@dataclass(frozen=True)
class Singletons:
    """Tagged addresses; 0 for what was not found."""

    tag_key: int = 0
    constructor_key: int = 0
    name_key: int = 0
    undefined: int = 0
    null: int = 0
    true: int = 0
    false: int = 0
    the_hole: int = 0


def find_singletons(session: Session, scanner: Scanner, first: int, last: int) -> Singletons:
    """Looks through the read-only pages [first, last), a few hundred KB. All isolates share
    these objects: symbols and strings of V8's own root list are allocated read-only."""
    layout = session.layout
    reader = reader_of(session)
    string, types = layout.String, layout.types
    interesting = {types["SYMBOL"], types["ODDBALL"], types.get("HOLE", -1)}
    scanner.walk(first, last, scan.COUNT)
    maps = scanner.maps()
    chosen = [
        i
        for i, map_ in enumerate(maps)
        if map_.type in interesting or map_.type < layout.first_nonstring_type
    ]
    scanner.reset()
    scanner.select(chosen, len(maps))
    scanner.walk(first, last, scan.COLLECT)
    found: dict[str, int] = {}
    addresses, indices = scanner.collected()
    scanner.reset()
    for address, index in zip(addresses, indices):
        kind = maps[index].type
        word = address + 1
        if kind == types["SYMBOL"]:
            description = reader.word(address + layout.Symbol.description)
            if description and name_text(reader, description) == _TAG:
                found.setdefault("tag_key", word)
        elif kind == types["ODDBALL"]:
            _oddball(reader, address, found)
        elif kind == types.get("HOLE", -1):
            # 12.4 on: several; the hole itself is allocated first.
            found.setdefault("the_hole", word)
        elif session.memory.u32(address + string.length) in _LENGTHS:
            key = _STRINGS.get(name_text(reader, word))
            if key is not None:
                found.setdefault(key, word)
    return Singletons(**found)


def _oddball(reader: Reader, address: int, found: dict[str, int]) -> None:
    fields = reader.layout.Oddball
    names = {
        fields.kind_undefined: "undefined",
        fields.kind_null: "null",
        fields.kind_true: "true",
        fields.kind_false: "false",
        fields.kind_the_hole: "the_hole",
    }
    kind = reader.smi(address + fields.kind)
    if kind is not None and kind in names:
        found.setdefault(names[kind], address + 1)
