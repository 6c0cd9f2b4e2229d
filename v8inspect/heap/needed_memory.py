"""Which memory outside of V8's pages analyses need: told by watching what they read.

A redacted dump is to answer as the dump did, and holds no memory of C++ but what was read for these
answers. Lines of 64 bytes are told, in sorted runs.
"""

from __future__ import annotations

from typing import Iterator, Mapping, Optional, Sequence

from v8inspect.memory import Memory
from v8inspect.target import DumpFacts, Module, Region, Segment, Target, Thread

_LINE = 6  # log2 of 64 bytes
_SEARCH = 32 << 10  # bytes; who reads more at once looks for something, and what he finds he reads


class Watched:
    """A target that remembers what was read of it. `close` leaves the target open."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.name = target.name
        self.arch = target.arch
        self.facts: DumpFacts = target.facts
        self._lines: set[int] = set()

    def runs(self) -> Iterator[tuple[int, int]]:
        """(start, end) of what was read, sorted."""
        start = end = -1
        for line in sorted(self._lines):
            if line != end:
                if start >= 0:
                    yield start << _LINE, end << _LINE
                start = line
            end = line + 1
        if start >= 0:
            yield start << _LINE, end << _LINE

    def read(self, address: int, size: int) -> bytes:
        """See Target."""
        self._note(address, size)
        return self._target.read(address, size)

    def read_partial(self, address: int, size: int) -> bytes:
        """See Target."""
        self._note(address, size)
        return self._target.read_partial(address, size)

    def _note(self, address: int, size: int) -> None:
        if 0 < size <= _SEARCH:
            first, last = address >> _LINE, (address + size - 1) >> _LINE
            if first == last:
                self._lines.add(first)
            else:
                self._lines.update(range(first, last + 1))

    def regions(self) -> Sequence[Region]:
        """See Target."""
        return self._target.regions()

    def segments(self) -> Sequence[Segment]:
        """See Target."""
        return self._target.segments()

    def threads(self) -> Sequence[Thread]:
        """See Target."""
        return self._target.threads()

    def modules(self) -> Sequence[Module]:
        """See Target."""
        return self._target.modules()

    def symbol(self, name: str) -> Optional[int]:
        """See Target."""
        return self._target.symbol(name)

    def symbols(self, prefix: str) -> Mapping[str, int]:
        """See Target."""
        return self._target.symbols(prefix)

    def symbol_ints(self, prefix: str) -> Mapping[str, int]:
        """See Target."""
        return self._target.symbol_ints(prefix)

    def symbol_at(self, address: int) -> Optional[tuple[str, int]]:
        """See Target."""
        return self._target.symbol_at(address)

    def check_unchanged(self) -> None:
        """See Target."""
        self._target.check_unchanged()

    def close(self) -> None:
        """Nothing: whoever opened the target closes it."""


class Uncached(Memory):
    """Memory that reads what is asked for and no more: a page read at once would tell nothing."""

    __slots__ = ()

    def _page(self, base: int, address: int, size: int) -> bytes:
        return b""
