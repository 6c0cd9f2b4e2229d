"""Source text as far as it can be read without parsing it: where strings, templates, regular
expressions, comments and brackets end."""

from __future__ import annotations

import re
from typing import List, Optional

OPEN, CLOSE = "([{", ")]}"
_REGEX_BEFORE = re.compile(
    r"(?:[(,=:\[!&|?{};+\-*%<>~^\n]|\b(?:return|typeof|case|in|of|do|else|void|delete|await|yield))"
    r"\s*\Z|\A\s*\Z"
)
_LOOK_BACK = 40


def skipped(text: str, at: int) -> Optional[int]:
    """Where the string, template or comment that begins at `at` ends; None if none does."""
    char = text[at]
    if char in "\"'":
        end = at + 1
        while end < len(text) and text[end] != char:
            end += 2 if text[end] == "\\" else 1
        return end + 1
    if char == "`":
        return _template_end(text, at)
    if char == "/":
        return comment_end(text, at)
    return None


def comment_end(text: str, at: int) -> Optional[int]:
    """Where the comment that begins at `at` ends; None if none does."""
    if text.startswith("/*", at):
        end = text.find("*/", at + 2)
        return len(text) if end < 0 else end + 2
    if text.startswith("//", at):
        end = text.find("\n", at)
        return len(text) if end < 0 else end
    return None


def _template_end(text: str, at: int) -> int:
    """Templates in templates are kept on a list, not on Python's stack: the depths of brackets
    within `${` … `}`, -1 where characters of a template stand."""
    inside: List[int] = [-1]
    at += 1
    while at < len(text) and inside:
        char = text[at]
        if inside[-1] < 0:
            if char == "\\":
                at += 1
            elif char == "`":
                inside.pop()
            elif text.startswith("${", at):
                inside.append(0)
                at += 1
        elif char == "`":
            inside.append(-1)
        elif char == "{":
            inside[-1] += 1
        elif char == "}":
            inside[-1] -= 1
            if inside[-1] < 0:
                inside.pop()
        else:
            end = skipped(text, at) or regex_end(text, at)
            if end is not None:
                at = end
                continue
        at += 1
    return at


def regex_end(text: str, at: int) -> Optional[int]:
    """Where the regular expression that begins at `at` ends; None for a division and all else."""
    if text[at] != "/" or _REGEX_BEFORE.search(text[max(at - _LOOK_BACK, 0) : at]) is None:
        return None
    in_class = False
    end = at + 1
    while end < len(text) and text[end] != "\n":
        char = text[end]
        if char == "\\":
            end += 1
        elif char == "[":
            in_class = True
        elif char == "]":
            in_class = False
        elif char == "/" and not in_class:
            return end + 1
        end += 1
    return None


def outline(text: str) -> Optional[str]:
    """`text` with "" for strings and the like, a blank for a comment, and () for brackets with all
    that is in them; None if its brackets do not match."""
    parts: List[str] = []
    depth = at = 0
    while at < len(text):
        char = text[at]
        end = comment_end(text, at)
        part = " "
        if end is None:
            end = skipped(text, at) or regex_end(text, at)
            part = '""'
        if end is None:
            end = at + 1
            part = char
        if part in OPEN:
            depth += 1
            if depth == 1:
                parts.append("()")
        elif part in CLOSE:
            depth -= 1
            if depth < 0:
                return None
        elif depth == 0:
            parts.append(part)
        at = end
    return "".join(parts) if depth == 0 else None
