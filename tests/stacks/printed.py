"""The stacks that V8 and Node.js print to stderr, as rows: the oracle of the frame walk.

- `--abort-on-uncaught-exception`: V8 prints "Uncaught …", an empty line, "FROM", and its whole
  stack, innermost first, without a limit; 10.2 forgets the ends of lines.
- `process.abort()` and other fatal errors on Node.js 20 and later: "----- JavaScript stack trace
  -----" and numbered lines, ten at most in some versions, builtins left out.
- `error.stack`, which scenarios keep in `seen.txt`: lines that begin with "    at ".

A row is `FUNCTION (PLACE)` or `PLACE`, a place `NAME:LINE:COLUMN`, `<anonymous>` for builtins,
or `eval at F (PLACE), <anonymous>:LINE:COLUMN`. V8: SerializeJSStackFrame, AppendFileLocation.

Independent of the v8inspect package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator, Optional, Sequence

_FROM = "\nFROM\n"
_NODE = "----- JavaScript stack trace -----"
_NUMBERED = re.compile(r"^ *\d+: (.*)$")
_POSITION = re.compile(r":(\d+):(\d+)$")
# How a place begins where no line ends tell: what the scenarios and Node.js call their scripts.
_SCRIPT = r"(?:/|[A-Z]:\\|node:|file://|evalmachine\.|<anonymous>|[\w. -]+\.(?:js|vm)(?=:\d+:\d+))"
_EVAL = r"eval at .*?\)+, "
_BARE = re.compile(rf"(?:async )?(?:{_EVAL})?{_SCRIPT}[^()]*?:\d+:\d+?(?=\D|$)")
_COMBINATOR = re.compile(r"async Promise\.\w+ \(index \d+\)")
_WASM = re.compile(r"wasm://wasm/[0-9a-f]+:wasm-function\[\d+\]:0x[0-9a-f]+")
_NAMED = re.compile(rf"(.*?) \(((?:{_EVAL})?{_SCRIPT}[^()]*?(?::\d+:\d+)?|given-name[^()]*)\)")


@dataclass(frozen=True)
class Row:
    """One printed frame. `line` and `column` count from 1; None where V8 prints none (builtins).

    `script` is the name as printed, '<anonymous>' for none; `origin` the `eval at …` before it.
    """

    text: str
    function: str
    script: str
    line: Optional[int]
    column: Optional[int]
    origin: str = ""

    @property
    def place(self) -> str:
        """'LINE:COLUMN', or '<anonymous>' for a builtin."""
        return "<anonymous>" if self.line is None else f"{self.line}:{self.column}"

    @property
    def is_wasm(self) -> bool:
        """Whether it is a function of WebAssembly."""
        return self.script.startswith("wasm://")

    @property
    def is_async(self) -> bool:
        """Whether it is a caller that only awaits, without a frame."""
        return self.function.startswith("async ") or self.text.startswith("async ")


def uncaught(stderr: str) -> Sequence[Row]:
    """What V8 printed at an uncaught exception; raises LookupError if it printed nothing."""
    _, mark, rest = stderr.partition(_FROM)
    if not mark:
        raise LookupError(f"V8 printed no stack: {stderr[-500:]!r}")
    rest = rest.rstrip("\n")
    lines = rest.split("\n")
    return [row(text) for text in (lines if len(lines) > 1 else _without_line_ends(rest))]


def javascript_trace(stderr: str) -> Sequence[Row]:
    """What Node.js printed at process.abort(); raises LookupError if nothing."""
    _, mark, rest = stderr.partition(_NODE)
    if not mark:
        raise LookupError(f"Node.js printed no stack: {stderr[-500:]!r}")
    found = []
    for line in rest.strip("\n").split("\n"):
        match = _NUMBERED.match(line)
        if match is None:
            break
        found.append(row(match[1]))
    return found


def error_stack(text: str) -> Sequence[Row]:
    """The frames of an `error.stack`."""
    return [row(line[7:]) for line in text.split("\n") if line.startswith("    at ")]


def row(text: str) -> Row:
    """A line as a Row."""
    function, place = "", text
    if text.endswith(")"):
        at = _opening(text)
        if at > 0 and text[at - 1] == " ":
            function, place = text[: at - 1], text[at + 1 : -1]
    if function.startswith("async Promise."):
        return Row(text, function, "", None, None)
    origin = ""
    if place.startswith("eval at ") and "), " in place:
        origin, _, place = place.rpartition(", ")
    match = _POSITION.search(place)
    if match is None:
        return Row(text, function, place, None, None, origin)
    script = place[: match.start()]
    return Row(text, function, script, int(match[1]), int(match[2]), origin)


def _opening(text: str) -> int:
    """Where the parenthesis opens that the last character closes; -1 if nowhere."""
    depth = 0
    for i in range(len(text) - 1, -1, -1):
        depth += (text[i] == ")") - (text[i] == "(")
        if not depth:
            return i
    return -1


def _without_line_ends(text: str) -> Iterator[str]:
    """The rows of a print that ran them together (V8 10.2)."""
    at = 0
    while at < len(text):
        for pattern in (_BARE, _COMBINATOR, _WASM, _NAMED):
            match = pattern.match(text, at)
            if match is not None:
                break
        if match is None:
            raise LookupError(f"no frame at {text[at : at + 200]!r}")
        yield match[0]
        at = match.end()
