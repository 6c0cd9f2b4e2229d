"""Arguments of commands as data, and the parser that is made of them when a command is run.

argparse would print and exit by itself; here every problem is a UsageError, and help a
HelpRequested, for the runner to deal with.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any, Callable, Mapping, NoReturn, Optional, Sequence, Tuple

from v8inspect.errors import UsageError

Namespace = argparse.Namespace


@dataclass(frozen=True)
class Argument:
    """One argument of a command: its names (one without dash: positional), and argparse's words."""

    names: Tuple[str, ...]
    help: str
    options: Mapping[str, Any]

    @property
    def positional(self) -> bool:
        """True for an argument that is told by its place."""
        return not self.names[0].startswith("-")

    @property
    def label(self) -> str:
        """How help and usage show it: `NAME`, `-n, --count N`, `-d`."""
        if self.positional:
            return self.placeholder
        names = ", ".join(self.names)
        return f"{names} {self.placeholder}" if self.takes_value else names

    @property
    def usage(self) -> str:
        """Its place in the usage line."""
        if not self.positional:
            return f"[{self.names[0]}{' ' + self.placeholder if self.takes_value else ''}]"
        return {"?": "[{}]", "*": "[{}…]", "+": "{}…"}.get(
            str(self.options.get("nargs")), "{}"
        ).format(self.placeholder)

    @property
    def takes_value(self) -> bool:
        """False for a flag that is there or is not."""
        return self.options.get("action") not in ("store_true", "store_false", "count")

    @property
    def placeholder(self) -> str:
        """The word that stands for its value."""
        if "metavar" in self.options:
            return str(self.options["metavar"])
        if "choices" in self.options:
            return "|".join(str(choice) for choice in self.options["choices"])
        return self.names[-1].lstrip("-").upper()


def arg(*names: str, help: str, **options: Any) -> Argument:
    """Declares an argument; `options` are those of argparse's add_argument."""
    return Argument(names, help, options)


def natural(text: str) -> int:
    """Type of an argument: a whole number from 0."""
    return _whole(text, 0)


def positive(text: str) -> int:
    """Type of an argument: a whole number from 1."""
    return _whole(text, 1)


def _whole(text: str, least: int) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        value = -1
    if value < least:
        raise argparse.ArgumentTypeError(f"`{text}` is no whole number from {least} on")
    return value


JSON = arg("--json", action="store_true", help="one JSON object a line for each row")
ADDRESSES = arg("--addresses", action="store_true", help="only the addresses, one a line")
HELP = arg("-h", "--help", action="store_true", help="this text")
ISOLATE = arg(
    "--isolate", type=natural, metavar="N", help="only isolate N; without it all are summed"
)


LIVE = arg(
    "--live", action="store_true", help="only what is alive: a root of V8's or a stack leads to it"
)


def _one_of(choices: Sequence[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in choices:
            raise argparse.ArgumentTypeError(f"`{text}` is none of {', '.join(choices)}")
        return text

    return check


class Parser(argparse.ArgumentParser):
    """argparse without its own printing and exiting."""

    def __init__(self, command: str, arguments: Sequence[Argument]) -> None:
        super().__init__(prog=command, add_help=False, allow_abbrev=False)
        self._command = command
        for argument in arguments:
            options = dict(argument.options)
            if argument.positional and "metavar" not in options:
                options["metavar"] = argument.placeholder
            if "choices" in options:
                # argparse's own message differs from Python to Python.
                options["type"] = _one_of(options.pop("choices"))
            self.add_argument(*argument.names, **options)

    def error(self, message: str) -> NoReturn:
        """Raises UsageError."""
        raise UsageError(self._command, message)

    def exit(self, status: int = 0, message: Optional[str] = None) -> NoReturn:
        """Raises UsageError."""
        raise UsageError(self._command, message or "wrong usage")
