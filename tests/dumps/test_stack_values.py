"""Receiver, arguments, registers and variables of frames: what the program knows, or nothing."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List

import pytest

from tests.dumps.inspected import as_json
from tests.dumps.support import PRIMARY, opened
from v8inspect.analysis.stack import all_frames, describe, thread_of
from v8inspect.stack.frame import Frame
from v8inspect.stack.values import values_of


def _by_name(frames: Iterable[Frame]) -> Dict[str, Frame]:
    found: Dict[str, Frame] = {}
    for frame in frames:
        if frame.kind == "js" and frame.shared is not None:
            found.setdefault(frame.shared.debug_name, frame)
    return found


@pytest.mark.parametrize("version", PRIMARY)
def test_arguments_of_optimised_and_inlined_functions(version: str) -> None:
    """A value may be optimised out, but what is shown is right."""
    run, session = opened(version, "stackvalues")
    frames = _by_name(all_frames(session, thread_of(session, None)))
    shown = 0
    for name in ("innermost", "middle", "outer"):
        held = values_of(session, frames[name])
        truth = run.truth[name]
        values = [describe(session, value) for value in held.arguments]
        # Of an inlined call V8 may drop what the function has not declared.
        assert len(values) in (len(truth), 3), name
        for value, expected in zip(values, truth):
            if value.type == "OPTIMIZED_OUT":
                continue
            assert (name, value.value) == (name, expected)
            shown += 1
    assert frames["outer"].tier in ("turbofan", "maglev", "interpreted")
    assert shown >= 8
    assert [value.value for value in map(lambda v: describe(session, v), held.arguments)] == truth


@pytest.mark.parametrize("version", PRIMARY)
def test_a_thrown_order(version: str) -> None:
    """Arguments by the names of the source, variables of closures, from the command line's JSON."""
    _, session = opened(version, "boom")
    rows: List[Dict[str, Any]] = as_json(session, "bt")
    frames = {row["function"]: row for row in rows if row["kind"] == "js"}
    price = next(row for row in rows if row["kind"] == "js")
    assert price["function"] == "priceOf"
    assert (price["line"], price["column"]) == (19, 31)
    assert [a["value"] for a in frames["priceOf"]["arguments"]][1] == "EUR"
    total = frames["Order.total"]
    assert total["receiver"]["class"] == "Order"
    assert [a["value"] for a in total["arguments"]] == ["EUR", 1.2]
    (detail,) = as_json(session, f"frame {frames['handle']['index']}")
    names = [held["name"] for held in detail["parameters"]]
    assert names == ["request", "rest[0]", "rest[1]"]
    assert [held["value"]["value"] for held in detail["parameters"]][1:] == ["first", 2]
    variables = {held["name"]: held["value"] for held in detail["variables"]}
    assert variables["Order"]["type"] == "JS_CLASS_CONSTRUCTOR"
    assert {"priceOf", "handle"} <= set(variables)
    args = as_json(session, f"jsargs {total['index']}")
    assert [row["name"] for row in args] == ["this", "currency", "rate"]
    assert json.dumps(args[2]["value"]["value"]) == "1.2"


@pytest.mark.parametrize("version", PRIMARY)
def test_arguments_of_native_functions(version: str) -> None:
    """As many as the program gave, in a builtin in C++ and in a function of Node.js."""
    run, session = opened(version, "nativecalls")
    rows = [row for row in as_json(session, "bt") if row["kind"] == "builtin"]
    kill, parse = (row["arguments"] for row in rows[:2])
    assert [argument["value"] for argument in kill] == run.truth["kill"]
    assert [argument["value"] for argument in parse[::2]] == run.truth["parse"][::2]
    assert parse[1]["type"] == "JS_FUNCTION"
    assert len(parse) == 3


@pytest.mark.parametrize("scenario", ["boom", "stackvalues"])
@pytest.mark.parametrize("version", PRIMARY)
def test_code_belongs_to_the_function_of_its_frame(version: str, scenario: str) -> None:
    """`jsfunctions -x`: the function that the frame's own slot names."""
    _, session = opened(version, scenario)
    checked = 0
    for frame in all_frames(session, thread_of(session, None)):
        if frame.kind != "js" or frame.inlined or frame.shared is None:
            continue
        at = frame.pc if frame.code is not None else (frame.bytecode or 0) + 64
        (row,) = as_json(session, f"jsfunctions -x {at:#x}")
        assert row["shared"] == f"{frame.shared.word:#x}"
        checked += 1
    assert checked >= 3
