"""Commands are declared once, here is where: every front end reads its parser, help and completion
from the declaration.

    @command("words", "shows words of memory", arg("address", help="where"), example="words 0x1000")
    def words(ctx: Context, args: Namespace) -> Iterator[WordRow]: ...

The modules of this package are found by walking it. They import what they need when they run, so
that asking for help costs nothing.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from v8inspect.commands.arguments import ADDRESSES, HELP, JSON, Argument, Namespace, Parser
from v8inspect.errors import HelpRequested, UsageError

if TYPE_CHECKING:
    from v8inspect.commands.context import Context
    from v8inspect.rows import Address, Row

    Body = Callable[[Context, Namespace], Iterable[Row]]
    Source = Callable[[Context, Namespace], Iterable[Address]]
    Passing = Callable[[Iterable[Row], Namespace], Iterable[Row]]

FRONT_ENDS = ("shell", "gdb", "lldb")

_COLUMNS = 78  # LLDB breaks longer lines of help once more
_LABEL = 24

_commands: Dict[str, Command] = {}
_aliases: Dict[str, str] = {}
_walked = False
_AT_ONCE = {"bt": "stack", "findjsobjects": "findjsobjects"}
"""Commands that must answer in a fraction of a second: their module is loaded alone, which spares
20 ms. All others are found by loading every module."""


@dataclass(frozen=True)
class Command:
    """One command. `body` yields rows; `front_ends` says where it is offered."""

    name: str
    summary: str
    arguments: Tuple[Argument, ...]
    aliases: Tuple[str, ...]
    example: str
    see: Tuple[str, ...]
    front_ends: Tuple[str, ...]
    details: str
    body: Body
    feed: Optional[str] = None
    source: Optional[Source] = None
    passes: Optional[Passing] = None

    @property
    def usage(self) -> str:
        """One line: name and arguments."""
        flags = [a.usage for a in self.flags]
        positionals = [a.usage for a in self.arguments if a.positional]
        return " ".join([self.name, *flags, *positionals])

    @property
    def flags(self) -> List[Argument]:
        """All that are told by a dash, the common ones last."""
        return [a for a in self.arguments if not a.positional] + [JSON, ADDRESSES]

    @property
    def help(self) -> str:
        """What it does, an example, the arguments, what to run next."""
        return f"{self.name}: {self.summary}\n\n{self.manual}"

    @property
    def manual(self) -> str:
        """The help without its first line, which debuggers write in their own way."""
        lines = _wrapped(f"usage: {self.usage}", " " * len(f"usage: {self.name} "))
        if self.aliases:
            lines.append(f"also:  {', '.join(self.aliases)}")
        for paragraph in self.details.split("\n\n"):
            if paragraph:
                lines += ["", *_wrapped(paragraph, "")]
        if self.example:
            lines += ["", "example:", *("  " + line for line in self.example.splitlines())]
        arguments = [a for a in self.arguments if a.positional] + self.flags
        width = min(max(len(a.label) for a in arguments), _LABEL)
        lines += ["", "arguments:"]
        for argument in arguments:
            label = f"  {argument.label:<{width}}  "
            if len(argument.label) > width:
                lines.append(label.rstrip())
                label = " " * (width + 4)
            text = _wrapped(label.replace(" ", "\0") + argument.help, " " * (width + 4))
            lines += [line.replace("\0", " ") for line in text]
        if self.see:
            lines += ["", "next:  " + ", ".join(self.see)]
        return "\n".join(lines)

    def parse(self, words: Sequence[str], fed: bool = False) -> Namespace:
        """The arguments that `words` (without the name) give; raises UsageError, HelpRequested.
        `fed`: the argument `feed` comes from a pipe and is not among them."""
        plain = words[: words.index("--")] if "--" in words else words
        if "-h" in plain or "--help" in plain:
            raise HelpRequested(self.name, self.help)
        arguments = [a for a in self.arguments if not fed or a.names[0] != self.feed]
        return Parser(self.name, [*arguments, JSON, ADDRESSES, HELP]).parse_args(list(words))


def _wrapped(text: str, indent: str) -> List[str]:
    return textwrap.wrap(
        text,
        _COLUMNS,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def command(
    name: str,
    summary: str,
    *arguments: Argument,
    aliases: Sequence[str] = (),
    example: str = "",
    see: Sequence[str] = (),
    front_ends: Sequence[str] = FRONT_ENDS,
    details: str = "",
    feed: Optional[str] = None,
    source: Optional[Source] = None,
    passes: Optional[Passing] = None,
) -> Callable[[Body], Body]:
    """Declares the function below as the command `name`. `summary` is one line without a full stop,
    `see` what to run next, `details` a paragraph for its help.

    In a pipe, `feed` names the positional argument that an incoming address becomes; `source`
    gives the addresses that go out (without it the `address` of each row does); `passes` makes the
    command one that lets rows through, such as `head`."""

    def register(body: Body) -> Body:
        entry = Command(
            name=name,
            summary=summary,
            arguments=arguments,
            aliases=tuple(aliases),
            example=example,
            see=tuple(see),
            front_ends=tuple(front_ends),
            details=details,
            body=body,
            feed=feed,
            source=source,
            passes=passes,
        )
        for word in (name, *entry.aliases):
            if word in _aliases and _aliases[word] != name:
                raise ValueError(f"command {word} is declared twice")
            _aliases[word] = name
        _commands[name] = entry
        return body

    return register


def commands(front_end: Optional[str] = None) -> List[Command]:
    """All commands by name, or those that `front_end` offers."""
    global _walked
    if not _walked:
        package = importlib.import_module("v8inspect.commands")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"v8inspect.commands.{module.name}")
        _walked = True
    return [
        _commands[name]
        for name in sorted(_commands)
        if front_end is None or front_end in _commands[name].front_ends
    ]


def find(word: str, front_end: Optional[str] = None) -> Command:
    """The command of that name or alias; raises UsageError with the nearest name."""
    if word in _AT_ONCE and not _walked:
        importlib.import_module(f"v8inspect.commands.{_AT_ONCE[word]}")
        found = _commands[_aliases[word]]
        if front_end is None or front_end in found.front_ends:
            return found
    offered = commands(front_end)
    name = _aliases.get(word)
    if name is not None:
        found = _commands[name]
        if found in offered:
            return found
        raise UsageError("", f"`{word}` is offered in {' and '.join(found.front_ends)} only")
    known = [entry.name for entry in offered]
    known += [alias for entry in offered for alias in entry.aliases]
    near = difflib.get_close_matches(word, known, 1, 0.6)
    advice = f"; did you mean `{near[0]}`?" if near else ""
    raise UsageError("", f"no command `{word}`{advice}")
