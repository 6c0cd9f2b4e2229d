"""What V8's printer says of one object, by label."""

from __future__ import annotations

import re
from typing import Optional

from v8inspect.learn.process import Calibration, Ended

_NEXT = re.compile(r"^0x[0-9a-f]+: \[", re.MULTILINE)  # the print of the object's Map
_LINE = re.compile(r"^ {0,2}- ([A-Za-z_][\w ()/.#]*?) ?[:=] ?(.*)$", re.MULTILINE)
_FLAG = re.compile(r"^ - ([a-z][\w ]*)$", re.MULTILINE)
_NUMBER = re.compile(r"-?\d+(?![\w.])")
_ADDRESS = re.compile(r"0x([0-9a-f]+)")


class Printed:
    """One print. `text` is all of it but the parts about other objects, `whole` is all."""

    def __init__(self, text: str) -> None:
        self.whole = text
        self.text = _NEXT.split(text)[0]
        self.labels: dict[str, str] = {}
        for label, value in _LINE.findall(self.text):
            self.labels.setdefault(label.strip(), value.strip())
        self.flags = set(_FLAG.findall(self.text))

    def address(self, *labels: str) -> Optional[int]:
        """The tagged address behind the first of the labels that is there."""
        for label in labels:
            match = _ADDRESS.match(self.labels.get(label, ""))
            if match is not None:
                return int(match[1], 16)
        return None

    def number(self, *labels: str) -> Optional[int]:
        """The decimal number behind the first of the labels that is there."""
        for label in labels:
            match = _NUMBER.match(self.labels.get(label, ""))
            if match is not None:
                return int(match[0])
        return None

    def matched(self, pattern: str) -> Optional[int]:
        """The number that the group of a pattern finds."""
        match = re.search(pattern, self.whole, re.MULTILINE)
        return None if match is None else int(match[1], 0)


class Printer:
    """Prints of a running calibration program, each asked for once."""

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration
        self._known: dict[int, Printed] = {}
        self.ended = False  # the process has ended at a print; what follows is empty

    def of(self, address: int) -> Printed:
        """The print of the object at a tagged address; empty when the process has ended."""
        if address not in self._known:
            text = ""
            if not self.ended:
                try:
                    text = self._calibration.ask("print", hex(address))
                except Ended:
                    self.ended = True
            self._known[address] = Printed(text)
        return self._known[address]
