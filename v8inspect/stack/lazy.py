"""Frames that are read as they are looked at: the first of ten thousand are to come at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Iterator, List, Union, overload

from v8inspect.stack.frame import BUILTIN, JS, Frame
from v8inspect.stack.js_frames import FrameReader
from v8inspect.stack.physical import PhysicalFrame

if TYPE_CHECKING:
    from v8inspect.session import Session

_SLICE = 256  # frames between two looks at progress


class LazyFrames(Sequence[Frame]):
    """The frames that `physical` ones stand for, read as far as somebody looks."""

    def __init__(
        self, session: Session, physical: Sequence[PhysicalFrame], reader: FrameReader
    ) -> None:
        self._session = session
        self._physical = physical
        self._reader = reader
        self._next = 0  # of the physical frames
        self._known: List[Frame] = []
        self._ahead: List[Frame] = []  # of the physical frame before `_next`

    def __len__(self) -> int:
        while self._more():
            pass
        return len(self._known)

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        while index < len(self._known) or self._more():
            if index < len(self._known):
                yield self._known[index]
                index += 1

    @overload
    def __getitem__(self, index: int) -> Frame: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Frame]: ...

    def __getitem__(self, index: Union[int, slice]) -> Union[Frame, Sequence[Frame]]:
        if isinstance(index, int) and index >= 0:
            while len(self._known) <= index and self._more():
                pass
        else:
            len(self)
        return self._known[index]

    def _more(self) -> bool:
        """Reads one physical frame more; False if there is none."""
        if self._next > len(self._physical):
            return False
        if self._next % _SLICE == 0:
            self._session.progress("reading the stack", self._next, len(self._physical))
        found: List[Frame] = []
        if self._next < len(self._physical):
            after = self._next + 1
            below = self._physical[after] if after < len(self._physical) else None
            found = self._reader.frames(self._physical[self._next], below)
        ahead = self._ahead
        # What the caller has inlined may be the stub that constructs.
        if found and found[0].constructs and ahead and ahead[-1].kind in (JS, BUILTIN):
            ahead[-1] = ahead[-1]._replace(construct=True)
        self._known += ahead
        self._ahead = found
        self._next += 1
        return True
