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
from typing import TYPE_CHECKING, Callable, Optional, Union

from v8inspect.errors import UsageError
from v8inspect.objects.dictionaries import is_the_hole
from v8inspect.objects.elements import Element, element
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSArray, JSObject, JSReceiver
from v8inspect.objects.primitives import BigInt, HeapNumber, Oddball, Symbol
from v8inspect.objects.properties import Property, find_property, own_data_word
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.strings import String, name_text, read_text
from v8inspect.objects.tagged import Number, Smi, Value

if TYPE_CHECKING:
    from v8inspect.objects.maps import Map
    from v8inspect.session import Session

_MAX_TEXT = 1 << 16  # characters of a string that are compared
_MAX_EXPRESSION = 4096


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
    """Properties by name, with what is known of each Map remembered."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._keys: dict[tuple[int, str], int] = {}  # 0: not of its own
        self._inherited: dict[tuple[int, str], Value] = {}

    def own_key(self, map_: Map, name: str) -> int:
        """The tagged key under which objects of a fast Map have `name`, or 0."""
        place = (map_.address, name)
        key = self._keys.get(place)
        if key is None:
            entries = map_.descriptors.entries[: map_.own_descriptors]
            keys = (entry.key for entry in entries)
            key = next((k for k in keys if name_text(self.reader, k) == name), 0)
            if key and self.reader.type_of(key) == self.reader.layout.types["SYMBOL"]:
                key = 0
            self._keys[place] = key
        return key

    def get(self, receiver: JSReceiver, name: str) -> Value:
        """A data property, own or inherited; Missing for accessors and what is not there."""
        map_ = receiver.map
        if map_.is_dictionary_map:
            return _data(find_property(self.reader, receiver.word, name))
        key = self.own_key(map_, name)
        if key:
            word = own_data_word(self.reader, receiver.word, key)
            return Missing() if word is None else self.reader.value(word)
        place = (map_.address, name)
        value = self._inherited.get(place)
        if value is None:
            found = find_property(self.reader, map_.prototype_word, name)
            value = self._inherited[place] = _data(found)
        return value


def _data(found: Optional[Property]) -> Value:
    return Missing() if found is None or found.is_accessor else found.value


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
        return lambda lookup, word: _plain(lookup.reader, _follow(lookup, word, steps))


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _follow(lookup: Lookup, word: int, steps: list[Union[str, int]]) -> Value:
    value = lookup.reader.value(word)
    for step in steps:
        if isinstance(value, String) and step == "length":
            return Smi(value.length)
        if not isinstance(value, JSReceiver):
            return Missing()
        if isinstance(step, int):
            found = element(value, step) if isinstance(value, JSObject) else None
            value = found.value if isinstance(found, Element) else Missing()
        elif isinstance(value, JSArray) and step == "length":
            value = Smi(value.length)
        else:
            value = lookup.get(value, step)
    return value


class Missing(Value):
    """What an object does not have."""

    __slots__ = ()


def _plain(reader: Reader, value: Value) -> Plain:
    if isinstance(value, Smi):
        return float(value.value)
    if isinstance(value, (HeapNumber, Number)):
        return float(value.value)
    if isinstance(value, String):
        return read_text(reader, value.word, _MAX_TEXT).text
    if isinstance(value, Oddball):
        return _WORDS.get(value.name, UNDEFINED)
    if isinstance(value, HeapObject) and not is_the_hole(reader, value.word):
        kind = "object"
        if isinstance(value, JSFunction) or (
            isinstance(value, JSReceiver) and value.map.is_callable
        ):
            kind = "function"
        elif isinstance(value, Symbol):
            kind = "symbol"
        elif isinstance(value, BigInt):
            kind = "bigint"
        return Identity(value.word, kind)
    return UNDEFINED


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


def tested(session: Session, text: str) -> Callable[[int], bool]:
    """`text` compiled, as a test of tagged addresses of this session.

    Where an object has none of the properties of its own, all of its Map give the same answer,
    which is remembered: so a rare property is found fast among millions of objects.
    """
    expression = compile_where(text)
    lookup = Lookup(reader_of(session))
    same: dict[int, Optional[bool]] = {}

    def test(word: int) -> bool:
        map_ = lookup.reader.map_of(word)
        if map_ is None:
            return False
        if map_.address in same:
            answer = same[map_.address]
            return expression.test(lookup, word) if answer is None else answer
        own = map_.is_dictionary_map or any(lookup.own_key(map_, n) for n in expression.roots)
        # Elements and lengths are no properties of a Map.
        own = own or map_.type_name in ("JS_ARRAY", "JS_TYPED_ARRAY") or not expression.roots
        answer = expression.test(lookup, word)
        same[map_.address] = None if own else answer
        return answer

    return test
