"""The names of a function's parameters, from its source text: V8 does not keep them."""

from __future__ import annotations

import re
from typing import List

from v8inspect.objects.functions import SharedFunctionInfo
from v8inspect.objects.scripts import position_of, script_of
from v8inspect.stack.source_text import CLOSE, OPEN, comment_end, regex_end, skipped

_MAX_TEXT = 1 << 14  # units of source that a parameter list may have
# All but ASCII that is no part of an identifier: a class of what it is would be slow to compile.
IDENTIFIER = r"[^\x00-#%-/:-@\[-^`{-\x7f]+"
_NAME = re.compile(rf"\s*(\.\.\.)?\s*({IDENTIFIER})\s*(?:=(?!>)|\Z)")
_BARE = re.compile(rf"\s*(?:async\s+)?({IDENTIFIER})\s*=>")


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
        end = comment_end(text, at)
        if end is not None:  # as if it were not there
            text = text[:at] + " " * (end - at) + text[end:]
        else:
            end = skipped(text, at) or regex_end(text, at)
        if end is not None:
            at = end
            continue
        if char in OPEN:
            depth += 1
        elif char in CLOSE:
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
