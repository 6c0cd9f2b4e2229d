"""Every error has words: at most two lines, no secrets of Python in them."""

from __future__ import annotations

import inspect
from typing import Any, Iterator, Type

import pytest

from v8inspect import errors
from v8inspect.render.errors import _prose, explain, failure_lines

SAMPLES = {
    "address": 0x1000,
    "size": 8,
    "missing": ["Map.bit_field"],
    "path": "/tmp/core",
    "reason": "No such file or directory",
    "found": "an empty file",
    "what": "program headers",
    "offset": 64,
    "now": 4,
    "feature": "a core of a 32-bit process",
    "dump": "/tmp/core",
    "format": "Windows minidump",
    "node": "22.23.3",
    "version": "14.6.202.34",
    "known": ["10.2", "11.3"],
    "failed": ["meta map: 3 of 4"],
    "tried": [("/x/_v8scan.so", "not built")],
    "package": "zstandard",
    "extra": "sql",
    "purpose": "reading .zst dumps",
    "kind": "objects named",
    "name": "Foo",
    "why": "not in any page",
    "command": "heap",
    "problem": "unrecognized arguments: -x",
    "text": "usage",
    "advice": "try again",
    "pid": 4711,
    "owner": None,
    "tracer": None,
    "tracer_name": None,
    "yama": 0,
    "is_root": False,
    "needed": 5 << 30,
    "free": 1 << 30,
}


def _classes(base: Type[errors.V8InspectError]) -> Iterator[Type[errors.V8InspectError]]:
    for kind in base.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield kind
            yield from _classes(kind)


def _sample(kind: Type[errors.V8InspectError]) -> errors.V8InspectError:
    if kind.__init__ is Exception.__init__:
        return kind()
    names = list(inspect.signature(kind).parameters)
    arguments = [
        0x1004 if kind is errors.MemoryUnreadable and name == "missing" else SAMPLES[name]
        for name in names
        if name in SAMPLES
    ]
    return kind(*arguments)


@pytest.mark.parametrize("kind", list(_classes(errors.V8InspectError)), ids=lambda k: k.__name__)
def test_each_error_has_words_of_its_own(kind: Type[Any]) -> None:
    assert kind in _prose, f"render/errors.py says nothing about {kind.__name__}"
    what, advice = explain(_sample(kind))
    assert what
    assert kind.__name__ not in what
    for text in (what, advice):
        assert "\n" not in text
        assert len(text) < 200
        assert not text.endswith(".")
    assert 1 <= len(failure_lines(_sample(kind))) <= 2


def test_facts_are_in_the_words() -> None:
    what, _ = explain(errors.MemoryUnreadable(0x1000, 8, 0x1004))
    assert "0x1000" in what
    assert "0x1004" in what
    what, _ = explain(errors.LayoutIncomplete("14.6", [f"Map.field{n}" for n in range(10)]))
    assert "Map.field7 and 2 more" in what


def test_a_bug_is_one_clean_line_with_its_place() -> None:
    try:
        raise ValueError("boom\nbang")
    except ValueError as error:
        lines = failure_lines(error, "heap")
    assert len(lines) == 2
    assert lines[0].startswith(
        "error: internal error in heap: ValueError: boom\\nbang (test_render"
    )
    assert "V8INSPECT_DEBUG=1" in lines[1]


def test_hostile_paths_cannot_drive_a_terminal() -> None:
    assert "\x1b" not in "".join(failure_lines(errors.NotADump("/tmp/\x1b[2J", "text\n")))
