"""What all targets do alike, once their bytes are a SegmentMap and their symbols can be asked."""

from __future__ import annotations

from typing import Mapping, Optional, Protocol, Sequence

from v8inspect.target import Segment
from v8inspect.targets.files import MappedFile
from v8inspect.targets.segments import SegmentMap


class Symbols(Protocol):
    """Answers of the kinds that a Target gives about symbols."""

    def address(self, name: str) -> Optional[int]: ...

    def addresses(self, prefix: str) -> Mapping[str, int]: ...

    def ints(self, prefix: str) -> Mapping[str, int]: ...

    def at(self, address: int) -> Optional[tuple[str, int]]: ...


class SegmentTarget:
    """Base of the targets: memory and symbols. A derived class sets `_memory`, `_symbols` if it has
    some, and `_file` if its bytes are those of a file, which must not change meanwhile."""

    _memory: SegmentMap
    _symbols: Optional[Symbols] = None
    _file: Optional[MappedFile] = None

    def segments(self) -> Sequence[Segment]:
        """All readable bytes, sorted by address, not overlapping."""
        return self._memory.segments

    def read(self, address: int, size: int) -> bytes:
        """Exactly `size` bytes; raises MemoryUnreadable that names the first missing address."""
        self.check_unchanged()
        return self._memory.read(address, size)

    def read_partial(self, address: int, size: int) -> bytes:
        """As many of `size` bytes from `address` on as are there without a gap; may be empty."""
        self.check_unchanged()
        return self._memory.read_partial(address, size)

    def symbol(self, name: str) -> Optional[int]:
        """Address of a symbol in the process, or None."""
        return None if self._symbols is None else self._symbols.address(name)

    def symbols(self, prefix: str) -> Mapping[str, int]:
        """All symbols whose name starts with `prefix`, with their addresses."""
        return {} if self._symbols is None else self._symbols.addresses(prefix)

    def symbol_ints(self, prefix: str) -> Mapping[str, int]:
        """The 32-bit integers at the symbols whose name starts with `prefix`, as linked."""
        return {} if self._symbols is None else self._symbols.ints(prefix)

    def symbol_at(self, address: int) -> Optional[tuple[str, int]]:
        """(name as linked, bytes from its start) of the function that holds `address`, or None."""
        return None if self._symbols is None else self._symbols.at(address)

    def check_unchanged(self) -> None:
        """Raises DumpChanged when the file is not what it was when it was opened."""
        if self._file is not None:
            self._file.check_unchanged()
