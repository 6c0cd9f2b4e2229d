"""Errors and other thrown values as rows: class, message, code, cause, captured stack."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Iterator, List, Optional, Set, Union

from v8inspect.analysis.describe import Describer
from v8inspect.analysis.description import Described, Options, Property
from v8inspect.analysis.stack import FrameRow
from v8inspect.objects.elements import elements
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_errors import CallSite, JSError, call_sites, captured_stack, stack_text
from v8inspect.objects.js_object import JSArray, JSObject
from v8inspect.objects.reader import reader_of
from v8inspect.objects.strings import String
from v8inspect.objects.tagged import Damaged, Value
from v8inspect.rows import Address, Row
from v8inspect.stack.frame import BUILTIN, JS, Frame
from v8inspect.stack.names import printed_name

if TYPE_CHECKING:
    from v8inspect.session import Session

CAPTURED = "captured"
"""The tier of frames that an Error keeps: they may have ended long ago."""

MAX_FRAMES = 1000
_MAX_TEXT = 1 << 14
_MAX_CAUSES = 8  # one inside the other
_MAX_ERRORS = 16  # of an AggregateError
_VALUES = Options(depth=1, strings=200, elements=16, properties=50, nested_strings=200)
_TOLD = ("message", "stack", "cause", "errors")  # have fields of their own
_LINE = re.compile(r"\s+at (?P<name>.*?) ?\(?(?P<place>[^()]*?:\d+:\d+|<anonymous>|native)\)?\s*\Z")
_HEAD = re.compile(r"([A-Za-z_$][\w$.]*)(?: \[\w+\])?(?::|\n)")
_PLACE = re.compile(r"(?P<script>.*):(?P<line>\d+):(?P<column>\d+)\Z")


@dataclass(frozen=True)
class ThrownRow(Row):
    """A value that was thrown. Of an Error: `class`, `message`, `code`, `stack` (rows as `bt` has
    them, `awaiting` of those that waited at an `await`), `properties` (what else it has), `cause`
    and `errors`, which are rows like this one. Of another value: `value`, described as by
    `inspect`. `stack_text` is the text that V8 has made of the stack, once it was asked for."""

    json_sparse: ClassVar[bool] = True

    class_: str
    address: Optional[Address] = None
    message: Optional[str] = None
    code: Union[str, int, float, None] = None
    value: Optional[Described] = None
    stack: Optional[List[FrameRow]] = None
    stack_text: Optional[str] = None
    properties: Optional[List[Property]] = None
    cause: Optional[ThrownRow] = None
    errors: Optional[List[ThrownRow]] = None
    problem: Optional[str] = None


def thrown_row(
    session: Session, word: int, thread: int = 0, seen: Optional[Set[int]] = None
) -> ThrownRow:
    """What a tagged word that was thrown is."""
    seen = set() if seen is None else seen
    value = reader_of(session).value(word)
    describer = Describer(session, _VALUES)
    is_error = isinstance(value, JSObject) and (
        isinstance(value, JSError)
        or captured_stack(value) is not None
        or _told_stack(value) is not None
    )
    if not isinstance(value, JSObject) or not is_error or len(seen) > _MAX_CAUSES:
        described = describer.top(value)
        return ThrownRow(
            described.class_,
            described.address,
            value=described,
            problem=described.problem,
        )
    seen = seen | {value.word}
    described = describer.top(value)
    code = _plain(_own(value, "code"))
    text = stack_text(value) or _told_stack(value)
    return ThrownRow(
        _class(value, described.class_, text),
        Address(value.word),
        message=_text(_own(value, "message")),
        code=code,
        stack=list(captured_rows(session, value, thread)),
        stack_text=text,
        properties=_others(described, code is not None),
        cause=_inner(session, _own(value, "cause"), thread, seen),
        errors=_errors(session, value, thread, seen),
        problem=described.problem,
    )


def captured_rows(session: Session, error: JSObject, thread: int = 0) -> Iterator[FrameRow]:
    """The stack that an object has captured, innermost first: from its call sites, or from the
    text that V8 has made of them, or that its own property `stack` has."""
    text = stack_text(error) or _told_stack(error)
    if text is not None:
        yield from parsed_rows(text, thread)
        return
    for index, site in enumerate(call_sites(error)):
        if index >= MAX_FRAMES:
            return
        if isinstance(site, Damaged):
            yield FrameRow(index, thread, JS, "", CAPTURED, problem=site.why)
        else:
            yield _site_row(session, site, index, thread)


def _site_row(session: Session, site: CallSite, index: int, thread: int) -> FrameRow:
    place = site.place
    function = site.function if isinstance(site.function, JSFunction) else None
    shared = None if function is None else function.shared
    frame = Frame(
        JS if place is not None else BUILTIN,
        CAPTURED,
        0,
        function=function,
        shared=shared if isinstance(shared, SharedFunctionInfo) else None,
        receiver=site.receiver.word if isinstance(site.receiver, HeapObject) else None,
        place=place,
        construct=site.is_constructor,
    )
    return FrameRow(
        index,
        thread,
        frame.kind,
        printed_name(session, frame),
        CAPTURED,
        None if place is None else place.script,
        None if place is None else place.line,
        None if place is None else place.column,
        construct=site.is_constructor,
        awaiting=site.is_async,
        address=None if function is None else Address(function.word),
    )


def parsed_rows(text: str, thread: int = 0) -> Iterator[FrameRow]:
    """The frames of a stack as V8 prints it; lines of the message are left out."""
    index = 0
    for line in text.splitlines():
        found = _LINE.match(line)
        if found is None or index >= MAX_FRAMES:
            continue
        name = found["name"]
        awaiting = name.startswith("async ")
        name = name[len("async ") :] if awaiting else name
        place = _PLACE.match(found["place"])
        yield FrameRow(
            index,
            thread,
            BUILTIN if place is None else JS,
            name or "<anonymous>",
            CAPTURED,
            None if place is None else place["script"],
            None if place is None else int(place["line"]),
            None if place is None else int(place["column"]),
            construct=name.startswith("new "),
            awaiting=awaiting,
        )
        index += 1


def _told_stack(object: JSObject) -> Optional[str]:
    """The text of an own property `stack`: that of an error that Node.js has brought from another
    thread, which is an object like others to V8."""
    text = _text(_own(object, "stack"))
    return text if text is not None and "\n    at " in text else None


def _class(object: JSObject, name: str, text: Optional[str]) -> str:
    """The constructor name; of such an object what its stack begins with."""
    if isinstance(object, JSError) or text is None:
        return name
    head = _HEAD.match(text)
    return name if head is None else head[1]


def _own(object: JSObject, name: str) -> Optional[Value]:
    item = object.property(name)
    return None if item is None or item.is_accessor else item.value


def _text(value: Optional[Value]) -> Optional[str]:
    return value.text(_MAX_TEXT) if isinstance(value, String) else None


def _plain(value: Optional[Value]) -> Union[str, int, float, None]:
    from v8inspect.objects.builtins import number_of

    if value is None:
        return None
    return value.text(_MAX_TEXT) if isinstance(value, String) else number_of(value)


def _others(described: Described, has_code: bool) -> Optional[List[Property]]:
    left_out = (*_TOLD, "code") if has_code else _TOLD
    rows = [
        item
        for item in described.properties or []
        if item.kind in ("data", "accessor") and item.enumerable and item.key not in left_out
    ]
    return rows or None


def _inner(
    session: Session, value: Optional[Value], thread: int, seen: Set[int]
) -> Optional[ThrownRow]:
    if value is None or isinstance(value, Damaged):
        return None
    word = value.word if isinstance(value, HeapObject) else None
    if word is None or word in seen:
        described = Describer(session, _VALUES).value(value, 0)
        return ThrownRow(described.class_, described.address, value=described)
    return thrown_row(session, word, thread, seen)


def _errors(
    session: Session, error: JSObject, thread: int, seen: Set[int]
) -> Optional[List[ThrownRow]]:
    value = _own(error, "errors")
    if not isinstance(value, JSArray):
        return None
    rows: List[ThrownRow] = []
    for item in elements(value):
        if isinstance(item, Damaged) or len(rows) >= _MAX_ERRORS:
            break
        row = _inner(session, item.value, thread, seen)
        if row is not None:
            rows.append(row)
    return rows or None
