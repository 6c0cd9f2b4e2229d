"""What a command is given besides its arguments, and where its rows go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, List, Protocol, Tuple

from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.commands.host import Host
    from v8inspect.session import Session

_HEX = frozenset("0123456789abcdefABCDEF")


class Output(Protocol):
    """Where answers and remarks go; implemented by the front ends with the help of `render`."""

    def rows(self, rows: Iterable[Row], json: bool) -> None:
        """Shows rows as they come; raises OutputClosed when nobody reads any more."""

    def text(self, text: str) -> None:
        """Shows help."""

    def note(self, line: str) -> None:
        """A remark beside the answer (stderr)."""

    def failure(self, error: BaseException, command: str) -> None:
        """Why there is no answer: at most two lines (stderr)."""


class Context:
    """One run of one command."""

    def __init__(self, host: Host, words: Tuple[str, ...], json: bool) -> None:
        self.host = host
        self.json = json
        self.damaged = False
        self.notes: List[str] = []
        self._words = words

    @property
    def session(self) -> Session:
        """The session of the dump; opens it when first asked for."""
        return self.host.session()

    @property
    def interactive(self) -> bool:
        """True at a prompt, where the same line again pages on."""
        return self.host.interactive

    def note(self, line: str) -> None:
        """A remark that follows the answer, on stderr."""
        if line not in self.notes:
            self.notes.append(line)

    def damage(self, line: str) -> None:
        """Says that something which this answer needed is damaged or absent (exit status 3)."""
        self.damaged = True
        self.note(f"warning: {line}")

    def address(self, text: str) -> Address:
        """An address as users type it: hexadecimal, or else an expression of the debugger."""
        digits = text[2:] if text[:2] in ("0x", "0X") else text
        if digits and _HEX.issuperset(digits):
            return Address(int(digits, 16))
        return Address(self.host.evaluate(text) & (1 << 64) - 1)

    @property
    def offset(self) -> int:
        """Where this very line stopped when it was last given at this prompt, else 0."""
        return self.host.pages.get(self._words, 0) if self.interactive else 0

    def stop_at(self, offset: int) -> None:
        """Remembers where the next run of this line goes on; 0 starts over."""
        if offset and self.interactive:
            self.host.pages[self._words] = offset
        else:
            self.host.pages.pop(self._words, None)
