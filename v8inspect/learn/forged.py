"""Names of all instance types and elements kinds, by V8's own printer.

The printer says of a Map what type and what elements kind it has. A Map is forged for it: a copy of
the Map of `undefined` in the memory of an ArrayBuffer, on a page whose header is a copy too. Its
field is set to one number after the other. A number that V8 does not know ends the process: the
next one goes on behind it.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Callable, Iterable, Iterator, Mapping, NamedTuple, Optional

from v8inspect.errors import LearningFailed
from v8inspect.learn.known import Known
from v8inspect.learn.process import Calibration, Ended

_PAGE = 0x40000
_HEADER = 0x1400  # bytes of a page that the printer may look at
_AT = 0x2000  # of the forged Map in its page
_MAP = 72
_BATCH = 32  # numbers a request
_NEXT = re.compile(r"^0x", re.MULTILINE)  # the print of the Map's own Map
_TYPE = re.compile(r"^ - type: (?:(\w+)_TYPE|(\[api object\] 0))$", re.MULTILINE)
_KIND = re.compile(r"^ - elements kind: (\w+?)_?ELEMENTS$", re.MULTILINE)
_MAX_STARTS = 40
_MAX_KINDS = 64
_LAST_KIND = "NO_ELEMENTS"


class Field(NamedTuple):
    """A field of a Map: bytes from its start, bytes wide, bits that a number is shifted by."""

    offset: int
    width: int
    shift: int = 0


class Forger:
    """Starts calibration programs and forges a Map in each."""

    def __init__(self, start: Callable[[], Calibration]) -> None:
        self._start = start
        self._starts = 0
        self._running: Optional[Calibration] = None
        self._address = 0  # of the Map, tagged
        self._offset = 0  # of the Map in the buffer

    def types(self, field: Field, numbers: Iterable[int]) -> Mapping[str, int]:
        """Names (without _TYPE) of those instance types among `numbers` that V8 knows."""
        found: dict[str, int] = {}
        for number, text in self.prints(field, numbers):
            match = _TYPE.search(text)
            if match is not None:
                found.setdefault(match[1] or "JS_API_OBJECT", number)
        return found

    def kinds(self, type_: Field, js_object: int, kind: Field) -> Mapping[str, int]:
        """Names (as the tables have them) of the elements kinds."""
        found: dict[str, int] = {}
        for number, text in self.prints(kind, range(_MAX_KINDS), {type_: js_object}):
            match = _KIND.search(text)
            if match is None:
                continue
            if match[1] == "NO":
                found[_LAST_KIND] = number
                break
            found.setdefault(match[1], number)
        return found

    def close(self) -> None:
        """Ends what runs."""
        if self._running is not None:
            self._running.close()
            self._running = None

    def prints(
        self,
        field: Field,
        numbers: Iterable[int],
        others: Mapping[Field, int] = MappingProxyType({}),
    ) -> Iterator[tuple[int, str]]:
        """(number, V8's print of the Map) for each of `numbers` in the field that V8 can print;
        `others` are fields that have one value throughout."""
        left = sorted(set(numbers))
        started = 0
        while left:
            if self._running is None or self._starts != started:
                self._forge()
                started = self._starts
                for other, value in others.items():
                    self._set(other, value)
            first = last = left[0]
            while last + 1 in left[:_BATCH]:
                last += 1
            said, ended = self._vary(field, first, last)
            reached = max(said, default=first) if ended else last
            for number, text in said.items():
                if not (ended and number == reached):
                    yield number, _NEXT.split(text)[0]
            left = [number for number in left if number > reached]

    def _vary(self, field: Field, first: int, last: int) -> tuple[dict[int, str], bool]:
        assert self._running is not None
        at = self._offset + field.offset
        ended = False
        try:
            said = self._running.ask(
                "vary", hex(self._address), at, field.width, field.shift, first, last
            )
        except Ended as end:
            said, ended = end.said, True
            self.close()
        found = {}
        for part in ("\n" + said).split("\n##")[1:]:
            number, _, text = part.partition("\n")
            found[int(number)] = text
        return found, ended

    def _set(self, field: Field, value: int) -> None:
        assert self._running is not None
        data = (value << field.shift).to_bytes(field.width, "little")
        self._running.ask("write", self._offset + field.offset, data.hex())

    def _forge(self) -> None:
        self.close()
        self._starts += 1
        self._running = self._start()
        if self._starts > _MAX_STARTS:
            raise LearningFailed(self._running.node, "V8's printer ends at every number")
        known = Known(self._running)
        try:
            forge = self._forged_page(known)
            undefined = known.objects["undefined"] - 1
            map_ = (known.word(undefined) or 1) - 1
            header = known.target.read_partial(map_ & -_PAGE, _HEADER)
            copy = known.bytes(map_, _MAP)
        finally:
            known.close()
        page = (forge + _PAGE - 1) & -_PAGE
        self._offset = page - forge + _AT
        self._address = page + _AT + 1
        self._running.ask("write", page - forge, header.hex())
        self._running.ask("write", self._offset, copy.hex())

    def _forged_page(self, known: Known) -> int:
        """Where the ArrayBuffer's bytes are: where its mark is, and it points to."""
        mark = bytes.fromhex(known.facts["forge"]["mark"])
        buffer = known.words(known.objects["forge"] - 1, 16)
        for at in known.find(mark):
            if at in buffer:
                return at
        assert self._running is not None
        raise LearningFailed(self._running.node, "the memory of an ArrayBuffer was not found")
