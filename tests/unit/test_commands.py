"""Declaration, parsing, help, completion and running of commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, List

import pytest

from tests.unit.fake_front_end import FakeHost, FakeOutput
from v8inspect.commands import registry
from v8inspect.commands.arguments import ISOLATE, Namespace, arg, natural
from v8inspect.commands.completion import complete
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command, commands, find
from v8inspect.commands.runner import run, run_line
from v8inspect.errors import (
    HelpRequested,
    Interrupted,
    MemoryUnreadable,
    NothingFound,
    Unsupported,
    UsageError,
)
from v8inspect.rows import Address, Row

FAULTS = {
    "nothing": NothingFound("objects named", "Foo"),
    "memory": MemoryUnreadable(0x1000, 8),
    "stop": Interrupted(),
    "ctrl-c": KeyboardInterrupt(),
    "bug": ZeroDivisionError("division by zero"),
    "exit": SystemExit(4),
}


@dataclass(frozen=True)
class Number(Row):
    """A row of these tests."""

    number: int


@pytest.fixture(autouse=True)
def _count_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command `count`, there for one test only."""
    commands()
    monkeypatch.setattr(registry, "_commands", dict(registry._commands))
    monkeypatch.setattr(registry, "_aliases", dict(registry._aliases))

    @command(
        "count",
        "counts up",
        arg("to", type=natural, nargs="?", default=3, help="where to stop"),
        arg("-f", "--fault", choices=sorted(FAULTS), help="what to raise after that"),
        arg("-d", "--damaged", action="store_true", help="say that it is damaged"),
        arg("-w", "--warn", help="say this too"),
        ISOLATE,
        aliases=("enumerate",),
        example="count 3\n0\n1",
        see=("help",),
        front_ends=("shell", "gdb"),
        details="Counts from 0 on." + " Or from where it stopped." * 3 + "\n\nA second\nparagraph.",
    )
    def count(ctx: Context, args: Namespace) -> Iterator[Row]:
        start = ctx.offset
        for number in range(start, start + args.to):
            yield Number(number)
        ctx.stop_at(start + args.to)
        if args.warn:
            ctx.note(args.warn)
        if args.damaged:
            ctx.damage("one page is missing")
        if args.fault:
            raise FAULTS[args.fault]


def _run(*words: str, host: Any = None) -> Any:
    output = FakeOutput()
    status = run(words, host or FakeHost(), output)
    return status, output.lines, output.remarks


def test_rows_reach_the_output() -> None:
    assert _run("count", "2") == (0, ["number=0", "number=1"], [])


@pytest.mark.parametrize(
    "words",
    [("--json", "count", "1"), ("count", "--json", "1"), ("count", "1", "--json")],
)
def test_json_stands_before_the_command_or_anywhere_after_it(words: Any) -> None:
    assert _run(*words) == (0, ['{"number": 0}'], [])


def test_an_alias_is_the_command() -> None:
    assert _run("enumerate", "1")[1] == ["number=0"]


def test_without_words_there_is_help() -> None:
    status, lines, remarks = _run()
    assert (status, remarks) == (0, [])
    assert any(line.startswith("findjsobjects ") for line in lines)


@pytest.mark.parametrize(
    ("words", "status", "first"),
    [
        (("cuont",), 2, "error: no command `cuont`; did you mean `count`?"),
        (("xyzzy",), 2, "error: no command `xyzzy`"),
        (("count", "-x"), 2, "error: count: unrecognized arguments: -x"),
        (("count", "--dam"), 2, "error: count: unrecognized arguments: --dam"),
        (("count", "-3"), 2, "error: count: argument TO: `-3` is no whole number from 0 on"),
        (("count", "many"), 2, "error: count: argument TO: `many` is no whole number from 0 on"),
        (("count", "-f"), 2, "error: count: argument -f/--fault: expected one argument"),
        (("count", "|", "help"), 2, "error: help: takes no addresses from a pipe"),
        (("count", "|"), 2, "error: nothing on one side of a `|`"),
        (("head", "-3"), 2, "error: head: stands behind a `|`"),
        (("count", "-f", "nothing"), 1, "error: no objects named Foo"),
        (("count", "-f", "memory"), 1, "error: cannot read 8 bytes at 0x1000"),
        (("count", "-f", "stop"), 130, "error: interrupted"),
        (("count", "-f", "ctrl-c"), 130, "error: interrupted"),
        (("open", "x"), 2, "error: `open` is offered in gdb and lldb only"),
    ],
)
def test_failures_have_a_status_and_at_most_two_lines(words: Any, status: int, first: str) -> None:
    got, _, remarks = _run(*words)
    assert got == status
    assert remarks[0] == first
    assert len(remarks) <= 2


def test_a_bug_is_a_failure_without_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("V8INSPECT_DEBUG", raising=False)
    status, lines, remarks = _run("count", "2", "-f", "bug")
    assert status == 1
    assert lines == ["number=0", "number=1"]
    assert len(remarks) == 2
    assert "ZeroDivisionError" in remarks[0]
    monkeypatch.setenv("V8INSPECT_DEBUG", "1")
    assert any("Traceback" in line for line in _run("count", "-f", "bug")[2])


def test_damage_is_status_3_and_said_after_the_answer() -> None:
    assert _run("count", "1", "-d", "-w", "more") == (
        3,
        ["number=0"],
        ["more", "warning: one page is missing"],
    )


def test_a_failure_keeps_quiet_about_anything_else() -> None:
    assert _run("count", "1", "-d", "-w", "more", "-f", "nothing")[2] == [
        "error: no objects named Foo"
    ]


def test_what_is_wrong_with_the_dump_is_said_beside_the_failure_once() -> None:
    host = FakeHost()
    host._warnings = ["truncated: 5 of 10 bytes", "no executable"]
    assert _run("count", "-f", "memory", host=host)[2] == [
        "error: cannot read 8 bytes at 0x1000",
        "warning: truncated: 5 of 10 bytes; no executable",
    ]
    assert _run("count", "1", host=host)[2] == []
    host._warnings = ["truncated: 5 of 10 bytes"]
    assert _run("count", "1", "-w", "more", host=host)[2] == [
        "warning: truncated: 5 of 10 bytes",
        "more",
    ]


def test_a_closed_pipe_is_silent() -> None:
    output = FakeOutput()
    output.fails = BrokenPipeError()
    assert run(["count", "9"], FakeHost(), output) == 0
    assert output.remarks == []
    output.fails = OSError(28, "No space left on device")
    assert run(["count", "9"], FakeHost(), output) == 1
    assert output.remarks == ["error: cannot write the answer: No space left on device"]


def test_a_line_is_split_as_in_a_shell() -> None:
    output = FakeOutput()
    assert run_line("count 1 -w 'two words'", FakeHost(), output) == 0
    assert output.remarks == ["two words"]
    assert run_line("count 'open", FakeHost(), output) == 2
    assert output.remarks[1] == "error: no closing quotation in: count 'open"


def test_help_is_made_of_the_declaration() -> None:
    status, lines, _ = _run("count", "-h")
    assert status == 0
    assert lines == find("count").help.splitlines()
    assert _run("help", "enumerate")[1] == lines
    assert _run("count", "--help")[1] == lines
    assert lines == [
        "count: counts up",
        "",
        "usage: count [-f bug|ctrl-c|exit|memory|nothing|stop] [-d] [-w WARN]",
        "             [--isolate N] [--json] [--addresses] [TO]",
        "also:  enumerate",
        "",
        "Counts from 0 on. Or from where it stopped. Or from where it stopped. Or from",
        "where it stopped.",
        "",
        "A second paragraph.",
        "",
        "example:",
        "  count 3",
        "  0",
        "  1",
        "",
        "arguments:",
        "  TO                        where to stop",
        "  -f, --fault bug|ctrl-c|exit|memory|nothing|stop",
        "                            what to raise after that",
        "  -d, --damaged             say that it is damaged",
        "  -w, --warn WARN           say this too",
        "  --isolate N               only isolate N; without it all are summed",
        "  --json                    one JSON object a line for each row",
        "  --addresses               only the addresses, one a line",
        "",
        "next:  help",
    ]


def test_after_two_dashes_a_dash_is_a_name() -> None:
    with pytest.raises(HelpRequested):
        find("findjsinstances").parse(["-h"])
    assert find("findjsinstances").parse(["--", "-h"]).name == "-h"


@pytest.mark.parametrize("entry", commands(), ids=lambda c: c.name)
def test_every_command_explains_itself(entry: Any) -> None:
    assert entry.summary[0].islower()
    assert not entry.summary.endswith(".")
    stages = [part.split()[0] for part in entry.example.split("|")]
    assert any(word in (entry.name, *entry.aliases) for word in stages)
    assert all(argument.help for argument in entry.arguments)
    assert max(map(len, entry.manual.splitlines())) <= 78
    for word in entry.see:
        find(word.split()[0])
    with pytest.raises((HelpRequested, UsageError)):
        entry.parse(["--help"])


def test_words_of_two_commands_may_not_collide() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        command("enumerate", "is an alias already")(lambda ctx, args: [])


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("cou", ["count"]),
        ("enum", ["enumerate"]),
        ("count --d", ["--damaged"]),
        ("count -f ", sorted(FAULTS)),
        ("count -f st", ["stop"]),
        ("--json cou", ["count"]),
        ("help cou", ["count"]),
        ("nonsense -", []),
        ("count -w ", []),
    ],
)
def test_completion(line: str, found: List[str]) -> None:
    assert complete(line, "shell") == found


def test_a_front_end_completes_only_what_it_offers() -> None:
    assert complete("op", "shell") == []
    assert complete("op", "gdb") == ["open"]
    assert complete("cou", "lldb") == []


def test_the_same_line_pages_on_at_a_prompt_only() -> None:
    host = FakeHost()
    assert [_run("count", "2", host=host)[1] for _ in range(2)] == [["number=0", "number=1"]] * 2
    host.interactive = True
    assert _run("count", "2", host=host)[1] == ["number=0", "number=1"]
    assert _run("count", "1", host=host)[1] == ["number=0"]
    assert _run("count", "2", host=host)[1] == ["number=2", "number=3"]


def test_addresses_are_hexadecimal_or_expressions() -> None:
    context = Context(FakeHost(), ("x",), False)
    assert context.address("0x2a5F") == context.address("2a5f") == Address(0x2A5F)
    with pytest.raises(Unsupported):
        context.address("$rdi")
    context.host.evaluate = lambda text: -1  # type: ignore[method-assign]
    assert context.address("$rdi") == (1 << 64) - 1
