"""Translations: what the deoptimizer reads to turn a frame of optimised code into the frames of the
functions that were inlined into it, with where each of their values is.

V8: src/deoptimizer/frame-translation-builder.cc, translated-state.cc; V8_FRAMES.md §5. A
translation is a run of opcodes with operands, variable-length numbers. Newer versions say "the
next n are those of an earlier translation" (MATCH_PREVIOUS_TRANSLATION).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterator, List, Optional, Sequence, Tuple

_MAX_OPS = 1 << 16  # of one translation
_MAX_FRAMES = 1 << 10
_MAX_NESTING = 64

_MATCH = "MATCH_PREVIOUS_TRANSLATION"
_INTERPRETED = ("INTERPRETED_FRAME", "INTERPRETED_FRAME_WITH_RETURN")
_INTERPRETED_WITHOUT = "INTERPRETED_FRAME_WITHOUT_RETURN"


class Malformed(Exception):
    """The bytes are no translation."""


@dataclass
class Slot:
    """Where one value is: an operation of the translation, 'LITERAL', 'STACK_SLOT',
    'CAPTURED_OBJECT', …, its first operand, and the parts of an object that was never made."""

    op: str
    operand: int = 0
    parts: List[Slot] = field(default_factory=list)


@dataclass
class Translated:
    """One frame of a translation. `op` is V8's name of the kind of frame; `bytecode_offset`,
    `shared` (index of a literal) and `bytecode` (index of a protected literal) are those of
    JS functions; `slots` are the values in order: the function, receiver and parameters, context,
    registers, accumulator. `code` is given by who knows it."""

    op: str
    operands: Sequence[int]
    slots: List[Slot] = field(default_factory=list)

    @property
    def is_interpreted(self) -> bool:
        """A JS function of its own."""
        return self.op in _INTERPRETED or self.op == _INTERPRETED_WITHOUT

    @property
    def is_builtin(self) -> bool:
        """A JS builtin that goes on after the call, Array.prototype.map for one."""
        return self.op.startswith("JAVASCRIPT_BUILTIN_CONTINUATION")

    @property
    def bytecode_offset(self) -> int:
        """In bytes, of an interpreted frame."""
        return self.operands[0]

    @property
    def shared(self) -> int:
        """Index of the SharedFunctionInfo among the literals."""
        return self.operands[1] if len(self.operands) > 1 else -1

    @property
    def bytecode(self) -> Optional[int]:
        """Index of the BytecodeArray among the protected literals, where they exist."""
        with_array = 6 if self.op in _INTERPRETED else 4
        return self.operands[2] if len(self.operands) == with_array else None


class _Operations:
    """The operations of one translation, those of earlier ones put in."""

    def __init__(
        self, data: bytes, index: int, opcodes: Sequence[Tuple[str, int]], signed: bool
    ) -> None:
        self._data = data
        self._at = index
        self._opcodes = opcodes
        self._signed = signed
        self._match = next((i for i, (name, _) in enumerate(opcodes) if name == _MATCH), -1)
        self._previous = 0  # where in an earlier translation
        self._borrowed = 0  # how many more operations are taken from there
        self._since = 0  # own operations since `_previous` was right

    def next(self) -> Tuple[str, List[int]]:
        """The name of the next operation and its operands, as signed numbers."""
        opcode = self._opcode()
        if not 0 <= opcode < len(self._opcodes):
            raise Malformed
        name, count = self._opcodes[opcode]
        operands = []
        for _ in range(count):
            if self._borrowed:
                number, self._previous = self._number(self._previous)
            else:
                number, self._at = self._number(self._at)
            operands.append(_signed(number))
        return name, operands

    def _opcode(self) -> int:
        if self._signed:
            number, self._at = self._number(self._at)
            return _signed(number)
        if self._borrowed:
            self._borrowed -= 1
        if self._borrowed:
            return self._byte_before()
        opcode = self._byte(self._at)
        self._at += 1
        if opcode >= len(self._opcodes):
            self._borrowed = opcode - len(self._opcodes)
            opcode = self._match
        elif opcode == self._match:
            self._borrowed, self._at = self._number(self._at)
        if opcode == self._match:
            for _ in range(self._since):
                self._skip_before()
            self._since = 0
            return self._byte_before()
        if self._opcodes[opcode][0].startswith("BEGIN"):
            back, _ = self._number(self._at)
            if back:
                self._previous = self._at - 1 - back
            self._since = 1
        else:
            self._since += 1
        return opcode

    def _byte(self, at: int) -> int:
        if not 0 <= at < len(self._data):
            raise Malformed
        return self._data[at]

    def _byte_before(self) -> int:
        self._previous += 1
        return self._byte(self._previous - 1)

    def _skip_before(self) -> None:
        opcode = self._byte_before()
        if opcode >= len(self._opcodes):
            raise Malformed
        for _ in range(self._opcodes[opcode][1]):
            _, self._previous = self._number(self._previous)

    def _number(self, at: int) -> Tuple[int, int]:
        value = shift = 0
        while shift < 64:
            byte = self._byte(at)
            at += 1
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return value, at
            shift += 7
        raise Malformed


def _signed(number: int) -> int:
    return -(number >> 1) if number & 1 else number >> 1


def translated_frames(
    data: bytes, index: int, opcodes: Sequence[Tuple[str, int]], signed: bool
) -> List[Translated]:
    """The frames of the translation at `index`, outermost first; raises Malformed.

    `opcodes` are V8's in order, with their number of operands; `signed`: opcodes and all other
    numbers are written as signed ones (V8 10).
    """
    operations = _Operations(data, index, opcodes, signed)
    name, operands = operations.next()
    if not name.startswith("BEGIN"):
        raise Malformed
    frames: List[Translated] = []
    # BEGIN's operands: [distance to an earlier translation,] frames, JS frames, …: the distance is
    # there since translations may repeat what an earlier one has (V8 11).
    count = operands[1] if any(name == _MATCH for name, _ in opcodes) else operands[0]
    if not 0 < count <= _MAX_FRAMES:
        raise Malformed
    stream = _stream(operations)
    for name, operands in stream:
        if "FRAME" in name or name == "INLINED_EXTRA_ARGUMENTS":
            if len(frames) == count:
                break
            frames.append(Translated(name, operands))
        elif frames:
            frames[-1].slots.append(_slot(name, operands, stream, 0))
    return frames


def _stream(operations: _Operations) -> Iterator[Tuple[str, List[int]]]:
    for _ in range(_MAX_OPS):
        try:
            name, operands = operations.next()
        except Malformed:
            return
        if name.startswith("BEGIN"):  # the next translation
            return
        if name != "UPDATE_FEEDBACK":
            yield name, operands


def _slot(
    name: str, operands: List[int], stream: Iterator[Tuple[str, List[int]]], depth: int
) -> Slot:
    slot = Slot(name, operands[0] if operands else 0)
    if depth > _MAX_NESTING:
        return slot
    count = {"CAPTURED_OBJECT": slot.operand, "STRING_CONCAT": 2}.get(name, 0)
    for _ in range(min(count, _MAX_OPS)):
        following = next(stream, None)
        if following is None:
            break
        slot.parts.append(_slot(*following, stream, depth + 1))
    return slot
