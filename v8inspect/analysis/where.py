"""A small expression language over the properties of objects: `--where 'age > 3 && user.name ==
"ann"'`.

Paths (`a.b[0].c`, `["odd key"]`), numbers, strings, true, false, null, undefined; == != < <= > >=,
&& || ! and parentheses; `typeof path`, and `path ~ "pattern"` (a regular expression of Python's).
Comparisons are strict as JavaScript's ===; < and > hold between two numbers or two strings only.
What an object does not have is undefined. Nothing is evaluated but this: no calls, no getters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, NamedTuple, Optional, Union

from v8inspect.errors import UsageError
from v8inspect.objects.dictionaries import is_the_hole
from v8inspect.objects.elements import Element, element
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSObject, JSReceiver
from v8inspect.objects.primitives import BigInt, Oddball, Symbol
from v8inspect.objects.properties import Property, find_property, own_data_word
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.strings import name_text, read_text
from v8inspect.objects.tagged import Number, Smi, Value, smi

if TYPE_CHECKING:
    from v8inspect.objects.maps import Map
    from v8inspect.scan.scanner import ScannedMap
    from v8inspect.session import Session

_MAX_TEXT = 1 << 16  # characters of a string that are compared
_MAX_EXPRESSION = 4096
_TEXTS_KEPT = 1 << 16
_WORD = (1 << 64) - 1


class _Undefined:
    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = _Undefined()


@dataclass(frozen=True)
class Identity:
    """An object, symbol or function: equal to itself only."""

    address: int
    kind: str  # what typeof says


Plain = Union[float, str, bool, None, _Undefined, Identity]
_Found = Union[int, float, None]
"""A tagged word; a number that stands untagged in an array; nothing."""

Test = Callable[["Lookup", int], bool]
_Term = Callable[["Lookup", int], Plain]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>-?(?:0x[0-9a-fA-F]+|\d+\.?\d*(?:[eE][-+]?\d+)?))
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<name>[A-Za-z_$#][\w$]*)
    | (?P<sign>&&|\|\||==+|!==?|<=|>=|[<>!()\[\].~])
    )""",
    re.VERBOSE,
)
_WORDS: dict[str, Plain] = {"true": True, "false": False, "null": None, "undefined": UNDEFINED}


@dataclass(frozen=True)
class Expression:
    """A compiled expression: `test` of the object at a tagged address, `roots` the properties of
    that object itself which it looks at."""

    test: Test
    roots: frozenset[str]


def compile_where(text: str) -> Expression:
    """Raises UsageError that names the place where `text` can't be read."""
    parser = _Parser(text)
    return Expression(parser.whole(), frozenset(parser.roots))


class Lookup:
    """Properties by name, on tagged words: this runs for every object of a heap, so what a Map
    decides is worked out once, and no views are made."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        layout = reader.layout
        self._places: dict[tuple[int, str], _Place] = {}
        self._texts: dict[int, str] = {}
        self._array = layout.types["JS_ARRAY"]
        self._first_receiver = layout.first_js_receiver_type
        self._first_nonstring = layout.first_nonstring_type
        self._heap_number = layout.types["HEAP_NUMBER"]

    def own(self, map_: Map, name: str) -> bool:
        """Whether objects of a fast Map have a property `name` of their own."""
        return self._place(map_, name).key != 0

    def get(self, word: int, name: str) -> Optional[int]:
        """The word of a data property, own or inherited; None for accessors and what is not
        there. `length` of arrays and strings too (of strings as a Smi)."""
        reader = self.reader
        map_ = reader.map_of(word)
        if map_ is None:
            return None
        kind = map_.instance_type
        if kind < self._first_receiver:
            if kind < self._first_nonstring and name == "length":
                return reader.memory.u32(word - 1 + reader.layout.String.length) << 32
            return None
        if kind == self._array and name == "length":
            return reader.word(word - 1 + reader.layout.Builtins.array_length)
        if map_.is_dictionary_map:
            return _data(find_property(reader, word, name))
        place = self._place(map_, name)
        if place.offset:
            return reader.word(word - 1 + place.offset)
        return own_data_word(reader, word, place.key) if place.key else place.inherited

    def plain(self, word: _Found) -> Plain:
        """What a tagged word is to an expression; UNDEFINED for None."""
        if word is None:
            return UNDEFINED
        if isinstance(word, float):
            return word
        if not word & 1:
            return float(smi(word))
        kind = self.reader.type_of(word)
        if 0 <= kind < self._first_nonstring:
            text = self._texts.get(word)
            if text is None:
                text = read_text(self.reader, word, _MAX_TEXT).text
                if len(self._texts) < _TEXTS_KEPT:
                    self._texts[word] = text
            return text
        if kind == self._heap_number:
            return self.reader.memory.f64(word - 1 + self.reader.layout.Number.heap_number_value)
        return _plain(self.reader, self.reader.value(word))

    def _place(self, map_: Map, name: str) -> _Place:
        at = (map_.address, name)
        place = self._places.get(at)
        if place is None:
            place = self._places[at] = self._find(map_, name)
        return place

    def _find(self, map_: Map, name: str) -> _Place:
        reader = self.reader
        symbol = reader.layout.types["SYMBOL"]
        for entry in map_.descriptors.entries[: map_.own_descriptors]:
            if name_text(reader, entry.key) != name or reader.type_of(entry.key) == symbol:
                continue
            direct = not entry.is_accessor and not entry.in_descriptor
            if direct and entry.field < map_.inobject_properties:
                unit = reader.layout.tagged_size
                return _Place(entry.key, map_.inobject_start + entry.field * unit, None)
            return _Place(entry.key, 0, None)
        return _Place(0, 0, _data(find_property(reader, map_.prototype_word, name)))


class _Place(NamedTuple):
    """Where objects of one Map have a property: `key` is 0 where they have none of their own, then
    `inherited` is what they all inherit; `offset` is not 0 where it lies in the object."""

    key: int
    offset: int
    inherited: Optional[int]


def _data(found: Optional[Property]) -> Optional[int]:
    return None if found is None or found.is_accessor else found.word


class _Parser:
    """Recursive descent; the depth is bounded by the length of the text."""

    def __init__(self, text: str) -> None:
        if len(text) > _MAX_EXPRESSION:
            raise UsageError("findjsobjects", "the --where expression is too long")
        self._text = text
        self._tokens: list[tuple[str, str, int]] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise self._error(at)
            self._tokens.append((match.lastgroup, match.group(match.lastgroup), match.start()))
            at = match.end()
        self._next = 0
        self.roots: set[str] = set()

    def whole(self) -> Test:
        test = self._any()
        if self._next < len(self._tokens):
            raise self._error(self._tokens[self._next][2])
        return test

    def _error(self, at: int) -> UsageError:
        return UsageError(
            "findjsobjects", f"--where can't be read at: {self._text[at : at + 20]!r}"
        )

    def _peek(self) -> tuple[str, str]:
        if self._next < len(self._tokens):
            return self._tokens[self._next][:2]
        return "end", ""

    def _take(self, *signs: str) -> str:
        kind, text = self._peek()
        if kind == "sign" and text in signs:
            self._next += 1
            return text
        return ""

    def _fail(self) -> UsageError:
        at = self._tokens[self._next][2] if self._next < len(self._tokens) else len(self._text)
        return self._error(at)

    def _any(self) -> Test:
        tests = [self._all()]
        while self._take("||"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda r, w: any(test(r, w) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("&&"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda r, w: all(test(r, w) for test in tests)

    def _one(self) -> Test:
        if self._take("!"):
            inner = self._one()
            return lambda r, w: not inner(r, w)
        if self._take("("):
            inner = self._any()
            if not self._take(")"):
                raise self._fail()
            return inner
        left = self._term()
        sign = self._take("==", "===", "!=", "!==", "<", "<=", ">", ">=", "~")
        if not sign:
            return lambda r, w: _truth(left(r, w))
        if sign == "~":
            return self._matches(left)
        right = self._term()
        compare = _COMPARE[sign]
        return lambda r, w: compare(left(r, w), right(r, w))

    def _matches(self, left: _Term) -> Test:
        kind, text = self._peek()
        if kind != "string":
            raise self._fail()
        self._next += 1
        try:
            pattern = re.compile(_unquote(text))
        except re.error as error:
            raise UsageError("findjsobjects", f"the pattern can't be used: {error}") from None

        def test(lookup: Lookup, word: int) -> bool:
            value = left(lookup, word)
            return isinstance(value, str) and pattern.search(value) is not None

        return test

    def _term(self) -> _Term:
        kind, text = self._peek()
        if kind == "number":
            self._next += 1
            number = float(int(text, 16)) if "x" in text else float(text)
            return lambda r, w: number
        if kind == "string":
            self._next += 1
            string = _unquote(text)
            return lambda r, w: string
        if kind == "name" and text == "typeof":
            self._next += 1
            inner = self._term()
            return lambda r, w: _typeof(inner(r, w))
        if kind == "name" and text in _WORDS:
            self._next += 1
            constant = _WORDS[text]
            return lambda r, w: constant
        return self._path()

    def _path(self) -> _Term:
        steps: list[Union[str, int]] = []
        kind, text = self._peek()
        if kind == "name":
            self._next += 1
            steps.append(text)
        elif not (kind == "sign" and text == "["):
            raise self._fail()
        while True:
            if self._take("."):
                kind, text = self._peek()
                if kind != "name":
                    raise self._fail()
                self._next += 1
                steps.append(text)
            elif self._take("["):
                kind, text = self._peek()
                if kind == "string":
                    steps.append(_unquote(text))
                elif kind == "number" and text.isdigit():
                    steps.append(int(text))
                else:
                    raise self._fail()
                self._next += 1
                if not self._take("]"):
                    raise self._fail()
            else:
                break
        if isinstance(steps[0], str):
            self.roots.add(steps[0])
        return lambda lookup, word: lookup.plain(_follow(lookup, word, steps))


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _follow(lookup: Lookup, word: int, steps: list[Union[str, int]]) -> _Found:
    at: _Found = word
    for step in steps:
        if not isinstance(at, int):
            return None
        at = lookup.get(at, step) if isinstance(step, str) else _element(lookup.reader, at, step)
    return at


def _element(reader: Reader, word: int, index: int) -> _Found:
    value = reader.value(word)
    found = element(value, index) if isinstance(value, JSObject) else None
    if not isinstance(found, Element):
        return None
    if isinstance(found.value, Smi):
        return found.value.value << 32 & _WORD
    if isinstance(found.value, Number):
        return float(found.value.value)
    return found.value.word if isinstance(found.value, HeapObject) else None


def _plain(reader: Reader, value: Value) -> Plain:
    """Of what is neither a number nor a string."""
    if isinstance(value, Oddball):
        return _WORDS.get(value.name, UNDEFINED)
    if not isinstance(value, HeapObject) or is_the_hole(reader, value.word):
        return UNDEFINED
    if isinstance(value, JSReceiver):
        return Identity(value.word, "function" if value.map.is_callable else "object")
    kind = "symbol" if isinstance(value, Symbol) else "object"
    return Identity(value.word, "bigint" if isinstance(value, BigInt) else kind)


def _typeof(value: Plain) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    if value is None:
        return "object"
    return value.kind if isinstance(value, Identity) else "undefined"


def _truth(value: Plain) -> bool:
    if isinstance(value, float):
        return value == value and value != 0
    return not (value is None or value is UNDEFINED or value == "" or value is False)


def _equal(a: Plain, b: Plain) -> bool:
    return type(a) is type(b) and a == b


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[Plain, Plain], bool]:
    def test(a: Plain, b: Plain) -> bool:
        if isinstance(a, str) and isinstance(b, str):
            return compare((a > b) - (a < b), 0)
        if isinstance(a, float) and isinstance(b, float):
            return compare(a, b)
        return False

    return test


_COMPARE: dict[str, Callable[[Plain, Plain], bool]] = {
    "==": _equal,
    "===": _equal,
    "!=": lambda a, b: not _equal(a, b),
    "!==": lambda a, b: not _equal(a, b),
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
}


class Tested:
    """An expression as a test of the tagged addresses of one session."""

    def __init__(self, session: Session, text: str) -> None:
        self._expression = compile_where(text)
        self._lookup = Lookup(reader_of(session))

    def __call__(self, word: int) -> bool:
        return self._expression.test(self._lookup, word)

    def of_map(self, map_: ScannedMap) -> Optional[bool]:
        """The answer for all objects of that Map, if it is the same for all: where they have none
        of the properties of their own. So a rare property is found fast among millions."""
        view = self._lookup.reader.map_at(map_.address + 1)
        roots = self._expression.roots
        if view is None or not roots or view.is_dictionary_map or not map_.sample:
            return None
        # Elements and the length of arrays are no properties of a Map.
        if view.type_name in ("JS_ARRAY", "JS_TYPED_ARRAY"):
            return None
        if any(self._lookup.own(view, name) for name in roots):
            return None
        return self(map_.sample + 1)
