"""Completion of a half-typed line, from the declarations of the commands."""

from __future__ import annotations

from typing import List

from v8inspect.commands.registry import commands, find
from v8inspect.errors import UsageError


def complete(line: str, front_end: str) -> List[str]:
    """What the last word of `line` (empty after a space) can become."""
    words = line.split()
    last = "" if not line or line[-1].isspace() else words.pop()
    words = [word for word in words if word != "--json"]
    if not words:
        names = [name for entry in commands(front_end) for name in (entry.name, *entry.aliases)]
        return sorted(name for name in names if name.startswith(last))
    try:
        entry = find(words[0], front_end)
    except UsageError:
        return []
    if entry.name == "help":
        return [e.name for e in commands(front_end) if e.name.startswith(last)]
    for flag in entry.flags:
        if words[-1] in flag.names and flag.takes_value:
            choices = flag.options.get("choices", ())
            return [str(choice) for choice in choices if str(choice).startswith(last)]
    if last.startswith("-") or not last:
        names = [name for flag in entry.flags for name in flag.names]
        return sorted(name for name in names if name.startswith(last))
    return []
