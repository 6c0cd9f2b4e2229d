"""The names of local variables that live in registers: V8 keeps none, so they are told by what the
bytecode does where the source declares them.

`let total = price * n` is a statement of its own in the table of source positions: it begins at the
value, behind the text `let total = `, and if the next one follows it directly in the source, its
last bytecode stores the value into the variable's register. A register has one variable for the
whole function (V8: Scope::AllocateStackSlot in src/ast/scopes.cc). What is declared in another way,
or in front of anything that has bytecodes and no position of its own (`try`, the end of a loop),
has no name here; what closures capture is in contexts, by name.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set

from v8inspect.objects.arrays import ByteArray
from v8inspect.objects.code import BytecodeArray
from v8inspect.objects.functions import SharedFunctionInfo
from v8inspect.objects.scripts import position_of, script_of
from v8inspect.objects.source_positions import MAX_TABLE, Entry, entries
from v8inspect.stack.baseline import code_of, offsets
from v8inspect.stack.parameters import IDENTIFIER
from v8inspect.stack.source_text import outline

_MAX_SOURCE = 1 << 20  # units of a function's source that are looked at
_MAX_BEFORE = 400  # units before a value that its declaration may take
_SHORT_STARS = 16
_MAX_VALUE = 4000  # units of source that a value may take
_ANY = 1 << 20
_WIDE = {0: 2, 1: 4, 2: 2, 3: 4}  # prefix bytecodes, and bytes of an operand behind them

_DECLARED = re.compile(rf"(?:(?<![\w$.#])(?:let|const|var)\s+|(,)\s*)({IDENTIFIER})\s*=\s*\Z")
_FOR = re.compile(r"(?<![\w$.#])for\s*\(\s*(?:let|const|var)\s+[^;]*\Z")
_EMPTY = re.compile(rf"({IDENTIFIER})\s*(?:[;,}}\n]|\Z)")
_BEFORE_EMPTY = re.compile(r"(?:(?<![\w$.#])let\s+|(,)\s*)\Z")
_EACH = re.compile(rf"({IDENTIFIER})\s+(?:of|in)\b")
_BEFORE_EACH = re.compile(r"(?<![\w$.#])for\s*(?:await\s*)?\(\s*(?:let|const|var)\s+\Z")

# What may stand between the end of one statement and the position of the next. Not `for (` and
# `switch (`: they begin with a scope, whose variables may be set to the hole first. Not `while (`:
# where a loop begins, V8's register optimizer stores what it had put off.
_HEAD = re.compile(
    rf"(?:,\s*(?:{IDENTIFIER}\s*=\s*)?"
    rf"|(?<![\w$.#])(?:(?:let|const|var)\s+(?:{IDENTIFIER}\s*=\s*)?|if\s*\(\s*))\Z"
)
_SCOPE = re.compile(
    r"(?:switch|for|with|class|try|do|while)\b|\{"
)  # the same where they stand at it
# Statements that may begin on a line of their own and need not have a position.
_OTHER = re.compile(r"\n\s*(?:class|try|do|if|for|while|switch|with|import|export|\S+\s*:)")


class _Statement(NamedTuple):
    """Bytecodes of one statement: their offsets, and where the statement is in the source."""

    position: int
    offsets: Sequence[int]


class _Declaration(NamedTuple):
    """What a statement declares, by the source: behind a comma it must follow another declaration;
    `most` bytecodes are all that it takes, 0 if any number is."""

    name: str
    comma: bool
    most: int = 0


def local_names(shared: SharedFunctionInfo, array: BytecodeArray) -> Mapping[int, str]:
    """Register to name, of those that can be told; {} without source or without the opcodes."""
    position = position_of(shared)
    script = script_of(shared)
    opcodes = array.layout.Bytecode
    if position is None or script is None or opcodes.star is None or position[0] < 0:
        return {}
    start = position[0]
    text = script.source(start, min(position[1] - start, _MAX_SOURCE)).text
    code = code_of(array)
    found: Dict[int, str] = {}
    doubtful: Set[int] = set()
    last: Optional[_Declaration] = None
    statements = list(_statements(array, code))
    for statement, following in zip(statements, [*statements[1:], None]):
        at = statement.position - start
        declared = _declared(text, at) if 0 <= at <= len(text) else None
        if declared is not None and declared.comma and last is None:
            declared = None
        last = declared
        if (
            declared is None
            or len(statement.offsets) > (declared.most or _ANY)
            or following is None
        ):
            continue
        if not declared.most and not _follows(text, at, following.position - start):
            continue
        register = _stored(array, code, statement.offsets)
        if register is not None and found.setdefault(register, declared.name) != declared.name:
            doubtful.add(register)
    return {register: name for register, name in found.items() if register not in doubtful}


def _statements(array: BytecodeArray, code: bytes) -> Iterator[_Statement]:
    table = array.reader.value_in(array.address + array.layout.BytecodeArray.source_position_table)
    if not isinstance(table, ByteArray) or table.length <= 0:
        return
    unsigned = bool(array.layout.BytecodeArray.position_offsets_unsigned)
    starts: List[Entry] = [
        entry
        for entry in entries(table.read(MAX_TABLE), unsigned)
        if entry.is_statement and entry.offset >= 0
    ]
    inside: List[int] = []
    number = -1
    for at in offsets(code, array.layout.bytecode_sizes):
        while number + 1 < len(starts) and starts[number + 1].offset <= at:
            if number >= 0:
                yield _Statement(starts[number].position, inside)
            number, inside = number + 1, []
        inside.append(at)
    if number >= 0:
        yield _Statement(starts[number].position, inside)


def _declared(text: str, at: int) -> Optional[_Declaration]:
    """The variable to which the statement at this place in the function's source gives its first
    value."""
    before = text[max(at - _MAX_BEFORE, 0) : at]
    match = _DECLARED.search(before)
    if match is not None:
        # The last one in the head of a loop stands before the loop: LdaZero, Star, or Mov.
        most = 2 if _FOR.search(before) is not None else 0
        return _Declaration(match.group(2), match.group(1) is not None, most)
    after = text[at : at + _MAX_BEFORE]
    opening = _BEFORE_EMPTY.search(before)
    empty = _EMPTY.match(after)
    if opening is not None and empty is not None:  # LdaUndefined, Star
        return _Declaration(empty.group(1), opening.group(1) is not None, 2)
    each = _EACH.match(after)
    if each is not None and _BEFORE_EACH.search(before) is not None:  # Mov, or Ldar and Star
        return _Declaration(each.group(1), False, 2)
    return None


def _follows(text: str, at: int, end: int) -> bool:
    """Whether between the value that begins at `at` and the statement at `end` there is nothing but
    the rest of the value."""
    if not at < end <= min(len(text), at + _MAX_VALUE):
        return False
    if _SCOPE.match(text, end) is not None:
        return False
    value = text[at:end]
    head = _HEAD.search(value[-_MAX_BEFORE:])
    if head is not None:
        value = value[: len(value) - len(head.group())]
    seen = outline(value)
    if seen is None:
        return False
    if head is not None and head.group().startswith(","):
        return ";" not in seen
    seen = seen.rstrip()
    if seen.endswith(";"):
        return ";" not in seen[:-1]
    return ";" not in seen and _OTHER.search(seen) is None


def _stored(array: BytecodeArray, code: bytes, statement: Sequence[int]) -> Optional[int]:
    """The register that the last bytecode of a statement stores into; None if it does something
    else, or if the statement opens a context."""
    opcodes = array.layout.Bytecode
    if not statement or any(_opcode(code, at) == opcodes.push_context for at in statement):
        return None
    at = statement[-1]
    width = _WIDE.get(code[at], 1)
    at += width > 1
    opcode = code[at]
    assert opcodes.star0 is not None
    register: Optional[int] = None
    if 0 <= opcodes.star0 - opcode < _SHORT_STARS:
        register = opcodes.star0 - opcode
    elif opcode in (opcodes.star, opcodes.mov):
        operands = [
            int.from_bytes(code[start : start + width], "little", signed=True)
            for start in (at + 1, at + 1 + width)
        ]
        first = array.layout.Frame.first_register // 8
        if opcode == opcodes.mov and -first < operands[0] < 0:
            return None  # what the frame has of its own: `try` keeps the context so
        register = -operands[opcode == opcodes.mov] - first
    if register is None or not 0 <= register < array.register_count:
        return None
    return register


def _opcode(code: bytes, at: int) -> int:
    return code[at + 1] if code[at] in _WIDE and at + 1 < len(code) else code[at]
