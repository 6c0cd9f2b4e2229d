"""The names of a function's parameters, from its source text: V8 does not keep them."""

from __future__ import annotations

import re
from typing import List, Optional, Tuple

from v8inspect.objects.functions import SharedFunctionInfo
from v8inspect.objects.scripts import position_of, script_of

_MAX_TEXT = 1 << 14  # units of source that a parameter list may have
# All but ASCII that is no part of an identifier: a class of what it is would be slow to compile.
_IDENTIFIER = r"[^\x00-#%-/:-@\[-^`{-\x7f]+"
_NAME = re.compile(rf"\s*(\.\.\.)?\s*({_IDENTIFIER})\s*(?:=(?!>)|\Z)")
_BARE = re.compile(rf"\s*(?:async\s+)?({_IDENTIFIER})\s*=>")
_OPEN, _CLOSE = "([{", ")]}"


def parameter_names(shared: SharedFunctionInfo) -> List[str]:
    """Names in order, '...rest' for a rest parameter, '' for a pattern; [] where they can't be
    told. They are the source's as V8 has it, so a bundler's if there was one."""
    position = position_of(shared)
    script = script_of(shared)
    if position is None or script is None or position[0] < 0:
        return []
    text = script.source(position[0], min(position[1] - position[0], _MAX_TEXT)).text
    if not text.startswith("("):
        bare = _BARE.match(text)
        return [bare.group(1)] if bare is not None else []
    return [_name(part) for part in _parts(text)]


def _name(part: str) -> str:
    match = _NAME.match(part)
    return f"{match.group(1) or ''}{match.group(2)}" if match is not None else ""


def _parts(text: str) -> List[str]:
    """The text between the outer parentheses, split at its commas."""
    parts: List[str] = []
    depth = 0
    start = 1
    at = 0
    while at < len(text):
        char = text[at]
        skipped = _skipped(text, at)
        if skipped is not None:
            if skipped[1]:  # a comment: as if it were not there
                text = text[:at] + " " * (skipped[0] - at) + text[skipped[0] :]
            at = skipped[0]
            continue
        if char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth -= 1
            if not depth:
                if text[start:at].strip():
                    parts.append(text[start:at])
                return parts
        elif char == "," and depth == 1:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return []


def _skipped(text: str, at: int) -> Optional[Tuple[int, bool]]:
    """Where a string or comment that begins at `at` ends, and whether it is a comment."""
    char = text[at]
    if char in "\"'`":
        end = at + 1
        while end < len(text) and text[end] != char:
            end += 2 if text[end] == "\\" else 1
        return end + 1, False
    if text.startswith("/*", at):
        end = text.find("*/", at)
        return (len(text) if end < 0 else end + 2), True
    if text.startswith("//", at):
        end = text.find("\n", at)
        return (len(text) if end < 0 else end), True
    return None
