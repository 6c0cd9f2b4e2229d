"""What `inspect --json` shows of an object, in the words of V8's snapshots (see snapshot_edges)."""

from __future__ import annotations

import json
from typing import Any, Iterable, Iterator, NamedTuple, Optional, Union

from tests.dumps.snapshot_edges import name_in_snapshot
from v8inspect.commands.host import Dump, Host
from v8inspect.commands.runner import run
from v8inspect.render.json_lines import json_lines
from v8inspect.rows import Row


class Shown(NamedTuple):
    """A reference that was shown. `target` is untagged, None for a value that is in no object;
    `kind` is the property's, `value_type` V8's type of the value (of an oddball its class)."""

    type: str
    name: Union[str, int]
    target: Optional[int]
    kind: str
    value_type: str


class _Dump(Host):
    def __init__(self, dump: Dump) -> None:
        super().__init__()
        self.dump = dump

    def selected(self) -> Optional[Dump]:
        return self.dump


class _Output:
    """Keeps the lines of one answer and all that is said beside it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.said: list[str] = []

    def rows(self, rows: Iterable[Row], json: bool) -> None:
        self.lines.extend(json_lines(rows))

    def text(self, text: str) -> None:
        self.said.append(text)

    def note(self, line: str) -> None:
        self.said.append(line)

    def failure(self, error: BaseException, command: str) -> None:
        self.said.append(f"{command}: {error!r}")


class Inspector:
    """Runs `inspect --json` in this process. `said` are the remarks, with the object's address."""

    def __init__(self, core: str, node: str) -> None:
        self.host = _Dump(Dump(core, node))
        self.said: list[str] = []
        self._prototypes: dict[str, Optional[int]] = {}

    def inspect(self, address: int) -> Optional[dict[str, Any]]:
        """The one object of the answer; None if there is none."""
        output = _Output()
        status = run(["inspect", "--json", "-m", hex(address)], self.host, output)
        if status or output.said or len(output.lines) != 1:
            self.said.append(f"{address:#x}: status {status}, {output.said}")
        return json.loads(output.lines[0]) if output.lines else None

    def shown(self, address: int) -> list[Shown]:
        """All references that `inspect` shows of an object, its prototype as its Map has it."""
        found = self.inspect(address)
        if found is None:
            return []
        shown = list(_references(found))
        if not found["type"].endswith("_CONTEXT"):
            target = self._prototype(found["map"])
            shown.append(Shown("property", "__proto__", target, "prototype", ""))
        return shown

    def _prototype(self, map: str) -> Optional[int]:
        if map not in self._prototypes:
            found = self.inspect(int(map, 16))
            assert found is not None
            self._prototypes[map] = _target(found["internal"]["prototype"])
        return self._prototypes[map]


def _references(found: dict[str, Any]) -> Iterator[Shown]:
    for item in found.get("properties", ()):
        yield from _property(item)
    for item in found.get("elements", ()):
        yield Shown("element", item["index"], _target(item), item["kind"], _type(item))
    for item in found.get("internal", {}).get("variables", ()):
        yield Shown("context", item["name"], _target(item), "variable", _type(item))


def _property(item: dict[str, Any]) -> Iterator[Shown]:
    name, kind = item["key"], item["kind"]
    symbol = "symbol" in item and kind not in ("private", "internal")
    if symbol:
        name = name[len("Symbol(") : -1]
    elif kind == "internal":
        # A brand of a class, which V8 names plainly, or a symbol of its own.
        yield Shown("property", _of_symbol(name), _target(item), kind, _type(item))
    name = _of_symbol(name) if symbol else name_in_snapshot(name)
    yield Shown("property", name, _target(item), kind, _type(item))
    for half, prefix in (("getter", "get "), ("setter", "set ")):
        if half in item:
            of = item[half]
            yield Shown(
                "property",
                name if "symbol" in item else prefix + name,
                _target(of),
                "half",
                _type(of),
            )


def _of_symbol(description: str) -> str:
    name = name_in_snapshot(description)
    return f"<symbol {name}>" if name else "<symbol>"


def _type(item: dict[str, Any]) -> str:
    return item["class"] if item["type"] == "ODDBALL" else item["type"]


def _target(item: dict[str, Any]) -> Optional[int]:
    return None if item["address"] is None else int(item["address"], 16) & ~7
