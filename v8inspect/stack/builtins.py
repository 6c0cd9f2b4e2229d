"""Which builtin a pc is in. V8 keeps them in one blob of machine code, part of the executable,
which some isolates map a second time, near their own code ("short builtin calls").

V8: src/snapshot/embedded/embedded-data.h; V8_FRAMES.md §2.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Optional, Tuple

from v8inspect.errors import MemoryUnreadable

if TYPE_CHECKING:
    from v8inspect.session import Session

_BLOB = ("v8_Default_embedded_blob_code_", "v8_Default_embedded_blob_code_data_")
_PREFIX = "Builtins_"
_MIN_BLOB, _MAX_BLOB = 1 << 20, 1 << 23  # bytes; real ones have 1.3 to 2.3 MB
_ALIGNMENT = 64  # of the blob
_NEAR = 64  # bytes


def _blob(session: Session, at: int) -> Tuple[int, int]:
    """Address and size of the blob, of a pointer and a uint32 at `at` or not far from it; zeros if
    there is none. Releases of one V8 version differ by a few words before that."""
    for delta in sorted(range(-_NEAR, _NEAR + 1, 8), key=abs):
        try:
            start = session.memory.u64(at + delta)
            size = session.memory.u32(at + delta + 8)
        except MemoryUnreadable:
            continue
        if start > _MAX_BLOB and not start % _ALIGNMENT and _MIN_BLOB < size < _MAX_BLOB:
            return start, size
    return 0, 0


class Builtins:
    """The embedded builtins of one isolate: [`start`, `end`) where it runs most of them.

    An isolate with a copy still runs some where the executable has them: 11.3 calls most builtins
    of JavaScript there and only what machine code calls in the copy.
    """

    def __init__(self, session: Session, isolate: int) -> None:
        self._target = session.target
        self.start = self.end = 0
        fields = session.layout.ThreadLocalTop
        offset: Optional[int] = fields.embedded_blob_code
        if self._target.arch == "aarch64":
            offset = fields.embedded_blob_code_arm64
        if offset is not None:
            self.start, size = _blob(session, isolate + offset)
            self.end = self.start + size
        self._executable = next((m for m in self._target.modules() if m.is_executable), None)

    def __contains__(self, pc: int) -> bool:
        return self.start <= pc < self.end or self._name_at_home(pc) is not None

    def name(self, pc: int) -> str:
        """V8's name of the builtin that `pc` is in, 'ArrayMap'; '' if it is in none, or there are
        no symbols."""
        if not self.start <= pc < self.end:
            return self._name_at_home(pc) or ""
        # A copy is a second mapping of the executable, which most targets know as such.
        return self._name(pc) or self._name(pc + self._shift) or ""

    def _name_at_home(self, pc: int) -> Optional[str]:
        """The name of the builtin of the executable at `pc`. Symbols by address cost little; by
        name, where the blob begins, 20 ms."""
        module = self._executable
        if module is None or not module.start <= pc < module.end:
            return None
        return self._name(pc)

    def _name(self, pc: int) -> Optional[str]:
        found = self._target.symbol_at(pc)
        if found is None or not found[0].startswith(_PREFIX):
            return None
        return found[0][len(_PREFIX) :]

    @cached_property
    def _shift(self) -> int:
        """From where the isolate has its builtins to where the executable has them."""
        # Before V8 11 the symbol without `data` is of a pointer to the blob.
        homes = [a for a in map(self._target.symbol, _BLOB) if a is not None]
        return homes[-1] - self.start if homes else 0
