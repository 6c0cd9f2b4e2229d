"""A front end without dump or terminal: what was shown is kept in lists."""

from __future__ import annotations

from typing import Iterable, List, Optional

from v8inspect.commands.host import Dump, Host
from v8inspect.render.output import StreamOutput


class FakeHost(Host):
    """A host that offers `name`'s commands and has the dump `dump`."""

    def __init__(self, name: str = "shell", dump: Optional[Dump] = None) -> None:
        super().__init__()
        self.name = name
        self.dump = dump
        self.reports: List[str] = []

    def selected(self) -> Optional[Dump]:
        return self.dump

    def progress(self, what: str, done: int, total: int) -> None:
        self.reports.append(what)


class FakeOutput(StreamOutput):
    """Keeps the answer and the remarks. `fails` is raised by the next write."""

    def __init__(self) -> None:
        self.answer = ""
        self.remarks: List[str] = []
        self.fails: Optional[BaseException] = None
        self.finished = 0

    def write(self, text: str) -> None:
        if self.fails is not None:
            raise self.fails
        self.answer += text

    def remark(self, line: str) -> None:
        self.remarks.append(line)

    def finish(self) -> None:
        self.finished += 1

    @property
    def lines(self) -> List[str]:
        return self.answer.splitlines()


def shown(rows: Iterable[object], json: bool = False, colour: bool = False) -> str:
    """What an output makes of rows."""
    output = FakeOutput()
    output.colour = colour
    output.rows(rows, json)  # type: ignore[arg-type]
    return output.answer
