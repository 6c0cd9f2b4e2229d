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
from typing import TYPE_CHECKING, Callable, Union

from v8inspect.errors import UsageError
from v8inspect.objects.dictionaries import is_the_hole
from v8inspect.objects.elements import Element, element
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSArray, JSObject, JSReceiver
from v8inspect.objects.primitives import BigInt, HeapNumber, Oddball, Symbol
from v8inspect.objects.properties import find_property
from v8inspect.objects.reader import Reader
from v8inspect.objects.strings import String, read_text
from v8inspect.objects.tagged import Number, Smi, Value

if TYPE_CHECKING:
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
Test = Callable[[Reader, int], bool]
_Term = Callable[[Reader, int], Plain]

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


def compile_where(text: str) -> Test:
    """A test of the object at a tagged address; raises UsageError that names the place."""
    return _Parser(text).whole()


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

        def test(reader: Reader, word: int) -> bool:
            value = left(reader, word)
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
        return lambda reader, word: _plain(reader, _follow(reader, word, steps))


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _follow(reader: Reader, word: int, steps: list[Union[str, int]]) -> Value:
    value = reader.value(word)
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
            own = find_property(reader, value.word, step)
            value = Missing() if own is None or own.is_accessor else own.value
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
    """`text` compiled, as a test of tagged addresses of this session."""
    from v8inspect.objects.reader import reader_of

    test, reader = compile_where(text), reader_of(session)
    return lambda word: test(reader, word)
