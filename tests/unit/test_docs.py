"""The documentation fits the code: every command has a page that says what its declaration says,
every field of every row is explained, and every command line in the docs is one that is understood.

No dump is needed: the output of examples is taken from the pages as it stands. When a test fails,
change tools/docs/texts and run tools/docs/make_commands.py; tools/docs/pages.py tells the form.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import pytest

from v8inspect.commands.registry import FRONT_ENDS, commands, find
from v8inspect.errors import HelpRequested

ROOT = Path(__file__).resolve().parents[2]


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("pages", ROOT / "tools" / "docs" / "pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and NamedTuple look themselves up there
    spec.loader.exec_module(module)
    return module


pages = _load()
NAMES = [entry.name for entry in commands()]
TEXTS = [*NAMES, pages.INDEX]
WRITTEN = sorted(path.stem for path in pages.TEXTS.glob("*.md"))
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN_IT = "run `.venv/bin/python tools/docs/make_commands.py` and commit the pages"


def _page(name: str) -> str:
    path = pages.PAGES / f"{name}.md"
    assert path.exists(), f"{name} has no page: {RUN_IT}"
    text: str = path.read_text(encoding="utf-8")
    return text


@pytest.mark.parametrize("name", NAMES)
def test_a_command_has_a_page_that_fits_its_declaration(name: str) -> None:
    page = _page(name)
    fresh = pages.page(find(name), pages.consoles(page))
    assert page == fresh, f"docs/commands/{name}.md is out of date: {RUN_IT}"


def test_the_index_lists_all_commands() -> None:
    page = _page(pages.INDEX)
    assert page == pages.index(pages.consoles(page)), f"the index is out of date: {RUN_IT}"


def test_no_page_and_no_text_is_left_of_a_command_that_is_gone() -> None:
    for folder in (pages.PAGES, pages.TEXTS):
        assert {path.stem for path in folder.glob("*.md")} <= set(TEXTS)


@pytest.mark.parametrize("name", WRITTEN)
def test_the_examples_of_a_page_are_those_of_its_text(name: str) -> None:
    examples, shown = pages.read_text(name).examples, pages.consoles(_page(name))
    for example, console in zip(examples, shown):
        assert pages.shows(console, example), f"{name}: {example.lines} is not shown: {RUN_IT}"


@pytest.mark.parametrize("row", sorted(pages.row_types()))
def test_every_field_of_a_row_is_explained(row: str) -> None:
    texts = [text for name in WRITTEN for text in pages.read_text(name).rows if text.row == row]
    assert texts, f"no text in tools/docs/texts has `### {row}` under `## Rows`"
    assert len(texts) == 1, f"{row} is explained twice"
    wanted = [field.name for field in pages.fields_of(pages.row_types()[row])]
    assert list(texts[0].meanings) == wanted, f"the fields of {row}, in their order"
    assert all(texts[0].meanings.values())


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        ("int", "number"),
        ("Optional[Address]", 'string, "0x…" or null'),
        ("List[str]", "list of strings"),
        ("Dict[str, Optional[int]]", "object, numbers or null by name"),
        ("Union[int, str]", "number or string"),
        ("Optional[List[CensusRow]]", "list of objects (CensusRow) or null"),
    ],
)
def test_types_are_told_as_json_has_them(annotation: str, words: str) -> None:
    assert pages.json_type(annotation) == words


def _typed() -> Iterator[Tuple[str, str, str]]:
    """(file, front end, command line) of everything typed in the docs' consoles."""
    for path in DOCS:
        name = str(path.relative_to(ROOT))
        for line in path.read_text(encoding="utf-8").splitlines():
            for front_end in ("gdb", "lldb"):
                if line.startswith(f"({front_end}) v8 "):
                    yield name, front_end, line.partition(") v8 ")[2]
            if line.startswith("(v8) "):
                yield name, "shell", line[5:]
            found = re.match(r"\$ (?:\S+/)?v8inspect (.*)", line)
            if found:
                yield name, "shell", found.group(1)


def _command_of(words: List[str]) -> List[str]:
    """Without the options of the program, and what comes behind a pipe."""
    words = _first(words)
    while words and words[0].startswith("-"):
        takes_value = words[0] in ("-c", "-e", "--core", "--exe", "--sysroot", "-p")
        words = words[2:] if takes_value else words[1:]
    return _first(shlex.split(words[0])) if len(words) == 1 else words


def _first(words: List[str]) -> List[str]:
    for mark in ("|", ">", "2>&1", ";"):
        words = words[: words.index(mark)] if mark in words else words
    return words


LINES = sorted(set(_typed()))
MEANT_TO_FAIL = {"findjsobject"}
MADE_BY_BENCH = "performance.md"  # `make bench` writes it


@pytest.mark.parametrize(
    ("name", "front_end", "line"), LINES, ids=[f"{name}:{line}" for name, _, line in LINES]
)
def test_every_command_line_in_the_docs_is_understood(name: str, front_end: str, line: str) -> None:
    words = _command_of(shlex.split(line, comments=True))
    if not words or words[0] in MEANT_TO_FAIL:
        return
    assert front_end in FRONT_ENDS
    try:
        find(words[0], front_end).parse(words[1:])
    except HelpRequested:
        pass


@pytest.mark.parametrize("path", DOCS, ids=[str(path.relative_to(ROOT)) for path in DOCS])
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http:", "https:")) and not target.endswith(MADE_BY_BENCH):
            assert (path.parent / target).exists(), target
