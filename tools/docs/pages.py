"""The pages of docs/commands: put together from the commands' declarations, the hand-written texts
beside this file, and the output of examples, which `make_commands.py` gets by running them.

A text, `texts/NAME.md`, is prose with examples in it, and says what the fields of its rows mean:

    What it is for.

    ```run lines=6
    v8inspect -c core findjsobjects
    ```

    ## Rows

    ### CensusRow: without `-d`

    - `name`: the constructor's name

Nothing here runs anything, so tests can compare the pages without a dump.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
import sys
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Type

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from v8inspect.commands.arguments import Argument  # noqa: E402
from v8inspect.commands.registry import FRONT_ENDS, Command, commands  # noqa: E402
from v8inspect.rows import Row, Summary  # noqa: E402

TEXTS = Path(__file__).with_name("texts")
PAGES = ROOT / "docs" / "commands"
INDEX = "README"
_MAKE = "tools/docs/make_commands.py"
_NAMES = {"shell": "the shell", "gdb": "GDB", "lldb": "LLDB"}
_BLOCK = re.compile(r"^```run(?P<options>[^\n]*)\n(?P<lines>.*?)\n```$", re.M | re.S)
_CONSOLE = re.compile(r"^```console\n(?P<text>.*?)\n```$", re.M | re.S)
_PROMPTS = {"shell": "$ ", "gdb": "(gdb) ", "lldb": "(lldb) ", "prompt": "(v8) "}
_HEADING = re.compile(r"^### (?P<row>\w+)(?:: (?P<title>.+))?$", re.M)
_FIELD = re.compile(r"^- `(?P<name>\w+)`: (?P<meaning>(?:.|\n(?!- |\n))+)", re.M)


class TextProblem(Exception):
    """A text that is missing or wrong; the message says what to do."""


class Example(NamedTuple):
    """Lines that are run one after another. `keep` is how many lines of each output are shown: the
    first and the last ones; None: all."""

    lines: Sequence[str]
    where: str  # a key of _PROMPTS
    scenario: str  # of tests/scenarios, with arguments after commas
    keep: Optional[Tuple[int, int]]

    @property
    def prompt(self) -> str:
        """What stands before a line that was typed."""
        return _PROMPTS[self.where]


class RowText(NamedTuple):
    """What a text says of one type of rows."""

    row: str
    title: str
    meanings: Dict[str, str]


class Text(NamedTuple):
    """A hand-written text, taken apart. `prose` has `{}` where an example is."""

    prose: Sequence[str]  # one more than examples
    examples: Sequence[Example]
    rows: Sequence[RowText]


class Field(NamedTuple):
    """A field of a row as JSON has it."""

    name: str
    type: str


def read_text(name: str) -> Text:
    """The text of a command, or of the index."""
    path = TEXTS / f"{name}.md"
    if not path.exists():
        raise TextProblem(f"{name} has no text: write {path.relative_to(ROOT)}, then run {_MAKE}")
    prose, _, rows = path.read_text(encoding="utf-8").partition("\n## Rows\n")
    matches = list(_BLOCK.finditer(prose))
    parts, at = [], 0
    for match in matches:
        parts.append(prose[at : match.start()])
        at = match.end()
    parts.append(prose[at:])
    return Text(parts, [_example(m["options"], m["lines"]) for m in matches], list(_rows(rows)))


def _example(options: str, lines: str) -> Example:
    values = dict(word.split("=", 1) for word in options.split())
    keep = values.get("lines", "")
    first, _, last = keep.partition("+")
    return Example(
        lines.split("\n"),
        values.get("in", "shell"),
        values.get("core", "sessions,20000"),
        (int(first), int(last or 0)) if keep else None,
    )


def _rows(text: str) -> Iterator[RowText]:
    headings = list(_HEADING.finditer(text))
    for heading, after in zip(headings, [*headings[1:], None]):
        part = text[heading.end() : after.start() if after else len(text)]
        meanings = {m["name"]: " ".join(m["meaning"].split()) for m in _FIELD.finditer(part)}
        yield RowText(heading["row"], heading["title"] or "", meanings)


def row_types() -> Dict[str, Type[Row]]:
    """Every type of rows that JSON shows, by name."""
    for package in ("v8inspect.analysis", "v8inspect.commands"):
        paths = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(paths, f"{package}."):
            importlib.import_module(module.name)
    found: Dict[str, Type[Row]] = {}
    left: List[Type[Row]] = [Row]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        ours = kind.__module__.startswith("v8inspect.")
        if ours and "__dataclass_fields__" in vars(kind) and not issubclass(kind, Summary):
            found[kind.__name__] = kind
    return dict(sorted(found.items()))


def fields_of(kind: Type[Row]) -> List[Field]:
    """The fields of a row, named and typed as `render.json_lines` writes them."""
    hidden = getattr(kind, "json_hidden", ())
    sparse = getattr(kind, "json_sparse", False)
    merged = getattr(kind, "json_merged", "")
    found = []
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        if field.name in hidden:
            continue
        type_ = json_type(str(field.type))
        if field.name == merged:
            type_ = f"{type_}, its fields in place of this one"
        elif sparse and field.default is None:
            type_ = f"{type_.replace(' or null', '')}, or left out"
        found.append(Field(field.name.rstrip("_"), type_))
    return found


_PLAIN = {
    "int": "number",
    "float": "number",
    "str": "string",
    "bool": "true or false",
    "Address": 'string, "0x…"',
    "None": "null",
    "object": "anything",
    "Any": "anything",
    "Row": "a row of another command",
    "Json": "any JSON value that is no list or object",
}


def json_type(annotation: str) -> str:
    """How the type of a field reads in JSON."""
    text = annotation.strip().strip("'\"").rpartition("typing.")[2]
    if text in _PLAIN:
        return _PLAIN[text]
    outer, bracket, inner = text.partition("[")
    if bracket:
        parts = _split(inner[:-1], ",")
        name = outer.rpartition(".")[2].lower()
        if name == "optional":
            return f"{json_type(parts[0])} or null"
        if name == "union":
            return " or ".join(json_type(part) for part in parts)
        if name in ("list", "sequence", "tuple", "iterable"):
            return f"list of {_plural(json_type(parts[0]))}"
        if name in ("dict", "mapping"):
            return f"object, {_plural(json_type(parts[1]))} by name"
    if "|" in text:
        return " or ".join(json_type(part) for part in _split(text, "|"))
    if text in row_types():
        return f"object ({text})"
    raise TextProblem(f"no word for the type {text} in {_MAKE.replace('make_commands', 'pages')}")


def _split(text: str, mark: str) -> List[str]:
    parts, depth = [""], 0
    for char in text:
        depth += (char == "[") - (char == "]")
        if char == mark and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def _plural(type_: str) -> str:
    return re.sub(r"^(number|string|object)\b", r"\1s", type_)


def page(entry: Command, outputs: Sequence[str]) -> str:
    """The page of a command; `outputs` are the consoles of its examples."""
    text = read_text(entry.name)
    lines = [f"# {entry.name}", "", f"*{entry.summary}*", "", fill(text, outputs).strip(), ""]
    lines += ["## Usage", "", "```", entry.usage, "```", "", *_arguments(entry)]
    if entry.details:
        for paragraph in re.split(r"\n\s*\n", entry.details):
            lines += [" ".join(paragraph.split()), ""]
    if text.rows:
        lines += ["## JSON", "", "One object a line, with `--json`:", ""]
        lines += _json(text.rows)
    if entry.see:
        lines += ["## Next", "", *(f"- {_link(line)}" for line in entry.see), ""]
    lines += [f"<!-- Made by {_MAKE} from tools/docs/texts/{entry.name}.md: change that. -->", ""]
    return "\n".join(lines)


def index(outputs: Sequence[str]) -> str:
    """The page of all commands."""
    lines = ["# Commands", "", "| command | what it does | also | in |", "|---|---|---|---|"]
    for entry in commands():
        also = ", ".join(f"`{name}`" for name in entry.aliases)
        where = "all" if set(entry.front_ends) == set(FRONT_ENDS) else _front_ends(entry)
        lines.append(f"| [`{entry.name}`]({entry.name}.md) | {entry.summary} | {also} | {where} |")
    text = read_text(INDEX)
    lines += ["", fill(text, outputs).strip(), ""]
    for row in text.rows:
        lines += [f"## JSON {row.title}", "", *_json([row])]
    lines += [f"<!-- Made by {_MAKE} from tools/docs/texts/{INDEX}.md: change that. -->", ""]
    return "\n".join(lines)


def fill(text: Text, outputs: Sequence[str]) -> str:
    """The prose with the consoles of its examples."""
    if len(outputs) != len(text.examples):
        raise TextProblem(f"{len(text.examples)} examples in the text, {len(outputs)} in the page")
    made = text.prose[0]
    for output, prose in zip(outputs, text.prose[1:]):
        made += f"```console\n{output}\n```{prose}"
    return made


def consoles(made: str) -> List[str]:
    """The consoles of a finished page, the opposite of `fill`."""
    return [match["text"] for match in _CONSOLE.finditer(made)]


def shows(console: str, example: Example) -> bool:
    """Whether a console is that of the example: the same lines typed, `{Name}` any address."""
    typed = [line for line in console.split("\n") if line.startswith(example.prompt)]
    wanted = [re.sub(r"\\\{\w+\\\}", r"\\S+", re.escape(line)) for line in example.lines]
    return len(typed) == len(wanted) and all(
        re.fullmatch(re.escape(example.prompt) + pattern, line)
        for pattern, line in zip(wanted, typed)
    )


def _front_ends(entry: Command) -> str:
    return ", ".join(_NAMES[name] for name in entry.front_ends)


def _arguments(entry: Command) -> Iterator[str]:
    shown = [a for a in entry.arguments if a.positional] + entry.flags
    yield "| argument | |"
    yield "|---|---|"
    for argument in shown:
        yield f"| `{_cell(argument.label)}` | {_cell(argument.help)}{_default(argument)} |"
    yield ""
    if entry.aliases:
        yield f"Also called {', '.join(f'`{name}`' for name in entry.aliases)}."
    if set(entry.front_ends) != set(FRONT_ENDS):
        yield f"In {_front_ends(entry)} only."
    if entry.aliases or set(entry.front_ends) != set(FRONT_ENDS):
        yield ""


def _default(argument: Argument) -> str:
    value = argument.options.get("default")
    return f" (without it: `{value}`)" if value and "choices" in argument.options else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _json(rows: Sequence[RowText]) -> Iterator[str]:
    known = row_types()
    for row in rows:
        if len(rows) > 1:
            yield from (f"### {row.title or row.row}", "")
        if row.row not in known:
            raise TextProblem(f"no row {row.row}: take it out of the text")
        yield "| field | type | |"
        yield "|---|---|---|"
        for field in fields_of(known[row.row]):
            yield f"| `{field.name}` | {field.type} | {_cell(row.meanings.get(field.name, ''))} |"
        yield ""


def _link(line: str) -> str:
    name = line.split()[0]
    known = {entry.name for entry in commands()}
    return f"[`{line}`]({name}.md)" if name in known else f"`{line}`"
