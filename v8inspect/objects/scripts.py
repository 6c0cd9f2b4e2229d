"""Script: a source text with its name, and the way from a position in it to line and column.

V8: src/objects/script.h, .tq, String::CalculateLineEnds in src/objects/string.cc; V8_LAYOUT.md
§5.3. Positions count UTF-16 units of the source from 0; lines and columns here count from 1, as
people and stack traces do.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple, Optional, Sequence

from v8inspect.limits import MAX_STRING_CHARS
from v8inspect.objects.arrays import FixedArray, Run
from v8inspect.objects.fields import Tagged, Word
from v8inspect.objects.functions import SharedFunctionInfo, uncompiled_data
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.reader import Reader
from v8inspect.objects.strings import Text, is_string, name_text, read_slice, read_text
from v8inspect.objects.tagged import Smi, Value, smi_or_none

MAX_LINES = 1 << 24
_LINE_END = re.compile("\r\n?|\n|\u2028|\u2029")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_TYPES = ("native", "extension", "normal", "wasm", "inspector")
_NO_TOKEN = 0xFFFF  # V8: kFunctionTokenOutOfRange


class Place(NamedTuple):
    """Where something is in a source: line and column from 1; `script` is its name, '' if none."""

    script: str
    line: int
    column: int


class Script(HeapObject):
    """One source text that V8 has compiled."""

    __slots__ = ()

    source_word = Word("Script.source")
    name_word = Word("Script.name")
    line_offset_value = Tagged("Script.line_offset")
    column_offset_value = Tagged("Script.column_offset")
    type_value = Tagged("Script.type")
    line_ends_value = Tagged("Script.line_ends")
    id_value = Tagged("Script.id")
    eval_from_shared_value = Tagged("Script.eval_from_shared")
    eval_from_position_value = Tagged("Script.eval_from_position")
    flags_value = Tagged("Script.flags")
    source_url_word = Word("Script.source_url")

    @property
    def name(self) -> str:
        """The file name or URL as Node gave it; '' for eval and new Function."""
        return name_text(self.reader, self.name_word) if self.has_name else ""

    @property
    def has_name(self) -> bool:
        """Whether the name is a string."""
        return is_string(self.reader, self.name_word)

    @property
    def id(self) -> Optional[int]:
        """V8's number of the script."""
        value = self.id_value
        return value.value if isinstance(value, Smi) else None

    @property
    def has_source_url(self) -> bool:
        """Whether the text has a comment //# sourceURL=, which V8 then goes by."""
        return is_string(self.reader, self.source_url_word)

    @property
    def source_url(self) -> str:
        """What that comment says, '' without one."""
        return name_text(self.reader, self.source_url_word) if self.has_source_url else ""

    @property
    def is_eval(self) -> bool:
        """Whether it is code of eval, new Function and the like."""
        return bool(_number(self.flags_value) & self.layout.Script.compilation_type_mask)

    @property
    def eval_from_shared(self) -> Optional[SharedFunctionInfo]:
        """The function that called eval; None if V8 does not say."""
        value = self.eval_from_shared_value
        return value if isinstance(value, SharedFunctionInfo) else None

    @property
    def eval_from_position(self) -> int:
        """Where in that function's script; below 0 it is the negative of a bytecode offset."""
        return _number(self.eval_from_position_value)

    @property
    def line_offset(self) -> int:
        """The line in a file at which the text begins, from 0."""
        return _number(self.line_offset_value)

    @property
    def column_offset(self) -> int:
        """The column in a file at which the text's first line begins, from 0."""
        return _number(self.column_offset_value)

    @property
    def type(self) -> str:
        """'native', 'extension', 'normal', 'wasm' or 'inspector'."""
        value = self.type_value
        if isinstance(value, Smi) and 0 <= value.value < len(_TYPES):
            return _TYPES[value.value]
        return "unknown"

    def source(self, start: int = 0, count: int = MAX_STRING_CHARS) -> Text:
        """`count` units of the source from position `start` on."""
        return read_slice(self.reader, self.source_word, start, count)

    def line_ends(self) -> Sequence[int]:
        """The position of the last character of every line's end; the last is the length."""
        ends = self.reader.line_ends.get(self.address)
        if ends is None:
            ends = self._kept_line_ends() or self._found_line_ends()
            self.reader.line_ends[self.address] = ends
        return ends

    def place(self, position: int) -> Optional[Place]:
        """Line and column of a position; None if the source is not there to count lines in."""
        ends = self.line_ends()
        if not ends or position < 0:
            return None
        line = min(bisect_left(ends, position), len(ends) - 1)
        column = position - (ends[line - 1] + 1 if line else 0)
        if not line:
            column += _number(self.column_offset_value)
        return Place(self.name, line + _number(self.line_offset_value) + 1, column + 1)

    def _kept_line_ends(self) -> list[int]:
        """What V8 has counted already: nothing until somebody asked it for a line."""
        value = self.line_ends_value
        if not isinstance(value, FixedArray) or not 0 < value.length <= MAX_LINES:
            return []
        ends: list[int] = []
        last = -1
        for run in value.runs():
            if not isinstance(run, Run):
                return []
            for word in run.words:
                end = smi_or_none(word)
                if end is None or (end <= last and last > 0):
                    return []
                ends.append(end)
                last = end
        return ends

    def _found_line_ends(self) -> list[int]:
        text = read_text(self.reader, self.source_word, MAX_STRING_CHARS)
        if not text.length or text.problem is not None:
            return []
        units = text.text
        if not units.isascii():
            units = _ASTRAL.sub("xx", units)  # one character here, two units in V8
        ends = [match.end() - 1 for match in _LINE_END.finditer(units)]
        ends.append(len(units))
        return ends


def _number(value: Value) -> int:
    return value.value if isinstance(value, Smi) else 0


def script_of(shared: SharedFunctionInfo) -> Optional[Script]:
    """The Script of a function; None for builtins and API functions.

    Up to V8 11 the slot may hold a DebugInfo, which keeps the Script in a word of its own.
    """
    value = shared.reader.value(shared.script_word)
    if isinstance(value, Script):
        return value
    if isinstance(value, HeapObject) and value.type_name == "DEBUG_INFO":
        for offset in range(8, len(value.data) - 7, 8):
            inner = value.value_at(offset)
            if isinstance(inner, Script):
                return inner
    return None


def position_of(shared: SharedFunctionInfo) -> Optional[tuple[int, int]]:
    """Start and end of a function in its source; start is its parameter list's `(`.

    From the ScopeInfo of a compiled function, else from its UncompiledData.
    """
    scope = shared.scope
    if scope is not None and scope.start is not None and scope.end is not None:
        return scope.start, scope.end
    reader = shared.reader
    data = uncompiled_data(reader, shared.word)
    if data is None:
        return None
    fields = reader.layout.UncompiledData
    start = reader.word(data - 1 + (fields.start_position & ~7))
    if start is None or fields.end_position != fields.start_position + 4:
        return None
    return _signed(start & 0xFFFF_FFFF), _signed(start >> 32)


def _signed(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value


def token_position(shared: SharedFunctionInfo) -> Optional[int]:
    """Where the text of the function begins: `function`, `async`, a method's name, …"""
    position = position_of(shared)
    if position is None:
        return None
    offset = shared.function_token_offset
    return position[0] if offset == _NO_TOKEN else position[0] - offset


def place_of(shared: SharedFunctionInfo) -> Optional[Place]:
    """Where a function is, as V8's stack traces would say it of its start."""
    script = script_of(shared)
    position = position_of(shared)
    if script is None or position is None:
        return None
    return script.place(position[0])


def function_source(reader: Reader, function: HeapObject, limit: int) -> Optional[Text]:
    """The text of a JSFunction as Function.prototype.toString gives it, `limit` units at most.

    A class's text is that of its whole body, whose bounds V8 keeps as a property of the
    constructor under a private symbol (V8: JSFunction::ToString, ClassPositions).
    """
    from v8inspect.objects.functions import JSFunction

    if not isinstance(function, JSFunction):
        return None
    shared = function.shared
    if not isinstance(shared, SharedFunctionInfo):
        return None
    script = script_of(shared)
    bounds = _class_bounds(function)
    if bounds is None:
        start = token_position(shared)
        position = position_of(shared)
        if start is None or position is None:
            return None
        bounds = start, position[1]
    if script is None or bounds[1] < bounds[0] or bounds[0] < 0:
        return None
    text = script.source(bounds[0], min(bounds[1] - bounds[0], limit))
    return Text(text.text, bounds[1] - bounds[0], text.problem)


def _class_bounds(function: HeapObject) -> Optional[tuple[int, int]]:
    from v8inspect.objects.properties import Property, own_properties

    reader = function.reader
    positions = reader.layout.types.get("CLASS_POSITIONS", -1)
    for item in own_properties(reader, function.address):
        if not isinstance(item, Property) or item.word is None:
            continue
        if reader.type_of(item.word) == positions:
            unit = reader.layout.tagged_size
            start = reader.smi(item.word - 1 + unit)
            end = reader.smi(item.word - 1 + 2 * unit)
            return None if start is None or end is None else (start, end)
    return None
