"""Golden answers: what literal command lines say of tests/scenarios/values.js, by version.

`lines.txt` has the lines, `@name` standing for the address of a value. `22.23.3.txt` has the answer
to each; `VERSION.txt` of the other versions only those that differ from it. An answer is what text
shows, with what changes from run to run made the same: addresses of named values are `@name`, other
addresses `0x…`, the folder of the program /app. tools/golden.py writes the files anew.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List, Mapping

from tests.dumps.inspected import run
from tests.dumps.support import opened
from tests.dumps.test_inspect_values import addresses
from v8inspect.errors import V8InspectError
from v8inspect.render.errors import failure_lines
from v8inspect.render.text import text_lines

HERE = Path(__file__).resolve().parent
BASE = "22.23.3"
_ADDRESS = re.compile(r"0x[0-9a-f]+")


def lines() -> List[str]:
    """The command lines."""
    text = (HERE / "lines.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def kept(version: str) -> Dict[str, str]:
    """The answers on file, by command line; of BASE all, of others those that differ."""
    path = HERE / f"{version}.txt"
    found: Dict[str, str] = {}
    if path.exists():
        for block in path.read_text(encoding="utf-8").split("\n$ ")[1:]:
            line, _, answer = block.partition("\n")
            found[line] = answer.rstrip("\n")
    return found


def expected(version: str) -> Dict[str, str]:
    """The answers that a version should give."""
    return {**kept(BASE), **kept(version)}


def said(version: str) -> Dict[str, str]:
    """The answers that it gives."""
    scenario, session = opened(version, "values")
    at = addresses(session)
    names: Dict[str, str] = {}
    for name, address in at.items():
        if int(address, 16) & 1:  # a Smi is no address
            names.setdefault(address, f"@{name}")
    folder = str(scenario.folder / "app")
    answers: Dict[str, str] = {}
    for line in lines():
        typed = " ".join(at.get(word[1:], "") if word[:1] == "@" else word for word in line.split())
        if any(word[:1] == "@" and word[1:] not in at for word in line.split()):
            continue  # this version has no such value
        shown: List[str] = []
        try:
            shown += text_lines(run(session, typed))
        except V8InspectError as error:
            shown += failure_lines(error)
        answers[line] = _neutral("\n".join(shown), names, folder).rstrip("\n")
    return answers


def _neutral(text: str, names: Mapping[str, str], folder: str) -> str:
    text = _ADDRESS.sub(lambda match: names.get(match.group(), "0x…"), text)
    # The program ran in a folder that was renamed when it was done.
    return re.sub(r"[^\s\"'(=]*/cores/[^/\s]+/app", "/app", text.replace(folder, "/app"))


def written(version: str, answers: Mapping[str, str]) -> str:
    """The text of a version's file."""
    base = kept(BASE) if version != BASE else {}
    parts = [f"# Written by tools/golden.py: what Node.js {version} says.\n"]
    for line, answer in answers.items():
        if base.get(line) != answer:
            parts.append(f"\n$ {line}\n{answer}\n")
    return "".join(parts)
