"""What llnode's own tests assert of objects and references, in LLDB, on every Node.js.

The list is that of llnode's suite. Type names are V8's where llnode's differ, positions and lengths
are right where llnode's are not.
"""

from __future__ import annotations

import re
from typing import Callable, List

import pytest

from tests.frontends.run import Said, in_lldb
from tests.provision.cores import core

VERSIONS = ("18.20.8", "20.20.2", "22.23.3", "24.21.0", "26.10.0")
Ask = Callable[..., List[Said]]


@pytest.fixture(scope="module", params=VERSIONS)
def ask(request: pytest.FixtureRequest, lldb: str) -> Ask:
    """Runs `v8` lines in LLDB on the core of tests/scenarios/llnode.js."""
    run = core(request.param, "llnode")
    return lambda *lines: in_lldb(lldb, run.core, run.node, lines)


def _first(said: Said) -> str:
    found = re.match(r"0x[0-9a-f]+", said.answer)
    assert found is not None, said
    return found.group()


def test_census_and_instances(ask: Ask) -> None:
    types, detailed, all_b, five = ask(
        "findjsobjects",
        "findjsobjects -d",
        "findjsinstances Class_B",
        "findjsinstances -n 5 Class_B",
    )
    assert re.search(r"^ +1 +\d+ Class$", types.answer, re.M)
    assert re.search(r" 3 +0 Class: x, y, hashmap$", detailed.answer, re.M)
    assert len(re.findall(r"^0x[0-9a-f]+:<Object: Class_B>$", all_b.answer, re.M)) == 10
    assert len(re.findall(r"^0x", five.answer, re.M)) == 5
    assert five.answer.endswith("..........\n(Showing 1 to 5 of 10 instances)\n")


def test_the_same_line_again_pages_on(ask: Ask) -> None:
    line = "findjsinstances -n 5 Class_B"
    first, second = ask(line, line)
    assert "(Showing 6 to 10 of 10 instances)" in second.answer
    assert ".........." not in second.answer
    shown = [re.findall(r"^0x[0-9a-f]+", said.answer, re.M) for said in (first, second)]
    assert len({*shown[0], *shown[1]}) == 10


def test_an_object_and_its_hash_map(ask: Ask) -> None:
    address = _first(ask("findjsinstances Class")[0])
    (deep,) = ask(f"inspect -d 2 {address}")
    text = deep.answer
    for part in (
        ":<Object: Class properties {",
        ".x=<Smi: 1>",
        ".y=123.456",
        ".hashmap=0x",
        "[0]=",
        ":<null>",
        "[4]=",
        ":<undefined>",
        "[23]=",
        "source=/regexp/",
        ".some-key=<Smi: 42>",
        ".other-key=",
        '<String: "ohai">',
        ".cons-string=",
        '"this could be a …"',
        ".error=",
        "Error",
        ".stringified=",
        ".promise=",
        "Promise",
        "<Array: length=6",
        "<Array: length=20",
        "byteLength=5",
        ".Symbol('oneSymbol')=<Smi: 42>",
        "<JSDate: 946684800000",
        "<JSDate: 1 ",
    ):
        assert part in text, part


def test_what_flags_cut_and_lift(ask: Ask) -> None:
    address = _first(ask("findjsinstances Class")[0])
    full, cut, long, lone = ask(
        f"inspect -d 2 -F {address}",
        f"inspect -d 2 --string-length 20 {address}",
        f"inspect -d 3 -l 10 {address}",
        f"inspect -d 3 --array-length 1 {address}",
    )
    assert re.search(r'"this could be a bit smaller, but it is long \d+"', full.answer)
    assert '"this could be a bit …"' in cut.answer
    assert "[9]=<Smi: 9>" in long.answer
    assert "[10]=<Smi: 10>" not in long.answer
    assert "01, 02, 03, 04, 05" in long.answer
    assert re.search(r"\b01,? …", lone.answer)


def test_a_function_its_context_and_its_source(ask: Ask) -> None:
    said = ask("findrefs -n my_class_c", "jsfunctions -n named -l")
    address = re.search(r"^(0x[0-9a-f]+):<function: named>", said[1].answer, re.M)
    assert address is not None, said[1]
    inspected, closure = ask(f"inspect -s {address.group(1)}", f"jsclosure {address.group(1)}")
    assert "(previous)=" in inspected.answer
    assert '<String: "scoped value">' in inspected.answer or "scopedVar" in inspected.answer
    assert "scopedArray=" in inspected.answer
    assert "function named() { return [scopedVar, scopedAPI, scopedArray, outerVar]; }" in (
        inspected.answer
    )
    assert '"scopedVar"' in closure.answer


def test_references(ask: Ask) -> None:
    (all_b,) = ask("findjsinstances Class_B")
    addresses = re.findall(r"^0x[0-9a-f]+", all_b.answer, re.M)
    named, *chains = ask("findrefs -n my_class_c", *(f"findrefs -r {a}" for a in addresses[:3]))
    assert re.search(r"^0x[0-9a-f]+: Class_C\.my_class_c=0x", named.answer, re.M)
    assert any("Class_C.arr=0x" in said.answer for said in chains)
    zlib = ask("findrefs -n holder")[0]
    handle = re.search(r"Object\.holder=(0x[0-9a-f]+)", zlib.answer)
    assert handle is not None, zlib
    (holders,) = ask(f"findrefs {handle.group(1)}")
    for part in ("Object.holder=", "Deflate._handle=", "(Array)[1]=", "Context.scopedAPI="):
        assert part in holders.answer, part


def test_references_to_a_string(ask: Ask) -> None:
    (found,) = ask("findrefs -s ohai")
    assert re.search(r": Object\.other-key=0x", found.answer)


def test_wrong_use_is_an_error_that_names_it(ask: Ask) -> None:
    nothing = ask("print", "findjsinstances", "findrefs", "inspect no_such_identifier")
    for said in nothing[:3]:
        assert not said.succeeded
        assert "error: " in said.remarks
    assert not nothing[3].succeeded
    assert "no_such_identifier" in nothing[3].remarks


@pytest.fixture(scope="module", params=VERSIONS)
def stack(request: pytest.FixtureRequest, lldb: str) -> Ask:
    """The same on the core of tests/scenarios/llnodestack.js."""
    run = core(request.param, "llnodestack")
    return lambda *lines: in_lldb(lldb, run.core, run.node, lines)


def _of(said: Said, name: str) -> str:
    """The line of the function."""
    lines = [line for line in said.answer.splitlines() if f" {name}(" in line]
    assert len(lines) == 1, (name, said)
    return lines[0]


def test_stack_with_arguments_and_places(stack: Ask) -> None:
    """Places are those of the calls (llnode has the functions' starts)."""
    (bt,) = stack("bt")
    for name, arguments, place in (
        (
            "Class.method",
            (
                r'this=0x\w+:<Object: Class>, 0x\w+:<String: "method args">, '
                r'0x\w+:<Number: 1.23>, 0x\w+:<null>, 0x\w+:<String: "more">'
            ),
            "12:12",
        ),
        (
            "third",
            r'this=0x\w+:<Global proxy>, 0x\w+:<String: "third args">, <Smi: 1>, 0x\w+:<Object',
            "31:22",
        ),
        ("second", r'this=0x\w+:<Global proxy>, 0x\w+:<String: "second args">, <Smi: 1>', "34:10"),
        ("first", r"this=0x\w+:<Global proxy>\)", "37:10"),
        ("inStrictMode", r"this=0x\w+:<undefined>, 0x\w+:<String", "10:14"),
    ):
        line = _of(bt, name)
        assert re.search(arguments, line), line
        assert re.search(rf" at \S+/llnodestack\.js:{place} fn=0x\w+$", line), line


def test_stack_order_below_builtins_and_stubs(stack: Ask) -> None:
    (bt,) = stack("bt")
    lines = bt.answer.splitlines()
    names = [
        "<exit>",
        " fnFunctionName(",
        " Module.fnInferredNamePrototype(",
        " fnInferredName(",
        " crasher(",
        " inStrictMode(",
        "<entry>",
    ]
    at = [next(i for i, line in enumerate(lines) if name in line) for name in names]
    assert at == sorted(at)
    assert len(lines) > 4
    assert "Array.forEach(" in lines[at[3] + 1]


def test_a_frame_is_selected_and_its_source_listed(stack: Ask) -> None:
    (bt,) = stack("bt")
    number = re.search(r"#(\d+)", _of(bt, "second"))
    assert number is not None
    _, listed, further = stack(f"frame {number.group(1)}", "source list -n 4", "source list -l 37")
    rows = listed.answer.splitlines()
    assert [row for row in rows if row.startswith("=> ")] == [
        "=>    34   return third('third args', 1, { a: 2 });"
    ]
    assert len([row for row in rows if re.match(r"(=>|  ) +\d+ ", row)]) == 4
    assert "   37   return second('second args', 1);" in further.answer


def test_a_frame_carries_its_function(stack: Ask) -> None:
    (bt,) = stack("bt")
    function = re.search(r"fn=(0x\w+)$", _of(bt, "third"))
    assert function is not None
    inspected, text = stack(f"inspect {function.group(1)}", f"jssource {function.group(1)}")
    assert "<function: third at " in inspected.answer
    assert "new Class().method('method args', 1.23, null, 'more')" in text.answer
