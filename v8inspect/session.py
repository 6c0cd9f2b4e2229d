"""A session: one dump with everything that was found in it so far. Passed, never global."""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    Optional,
    Sequence,
    Sized,
    TypeVar,
)

from v8inspect.errors import LayoutUnknown, NoHeapMemory, NoV8
from v8inspect.memory import Memory

if TYPE_CHECKING:
    from v8inspect.api import Object
    from v8inspect.heap.census import Census
    from v8inspect.heap.graph import Graph
    from v8inspect.heap.heap import Heap
    from v8inspect.heap.index import Index
    from v8inspect.heap.isolates import Isolate
    from v8inspect.heap.naming import Namer
    from v8inspect.heap.references import References
    from v8inspect.heap.roots import Singletons
    from v8inspect.heap.selfcheck import Check
    from v8inspect.layout.model import Layout
    from v8inspect.target import Progress, Target

Made = TypeVar("Made")
Item = TypeVar("Item")


def _no_progress(what: str, done: int, total: int) -> None:
    return None


class Session:
    """`target` and what is derived from it, each part made when first asked for.

    `progress` is called between slices of long work and may raise Interrupted.
    """

    def __init__(
        self,
        target: Target,
        progress: Optional[Progress] = None,
        layout: Optional[Layout] = None,
    ) -> None:
        """`layout`: to be used instead of the one that is found by the version in the dump."""
        self.target = target
        self.memory = Memory(target)
        self.progress: Progress = progress or _no_progress
        self._layout = layout
        self._opened: Optional[Heap] = None  # the heap before it is checked
        self._heap: Optional[Heap] = None
        self._namer: Optional[Namer] = None
        self._census: Optional[Census] = None
        self._live_census: Optional[Census] = None
        self._references: Optional[References] = None
        self._graph: Optional[Graph] = None
        self._kept: Dict[Any, Any] = {}
        self.index: Optional[Index] = None
        self.checks: Sequence[Check] = ()  # of the self-check, once the heap is open

    def kept(self, make: Callable[[Session], Made]) -> Made:
        """What `make` makes of this session: once, for all who ask with the same `make`."""
        found: Optional[Made] = self._kept.get(make)
        if found is None:
            found = self._kept[make] = make(self)
        return found

    def each(self, what: str, items: Iterable[Item], every: int = 1 << 12) -> Iterator[Item]:
        """The items, with a look at progress in front of each `every` of them: for loops in Python
        over what a dump may have millions of."""
        total = len(items) if isinstance(items, Sized) else 0
        for number, item in enumerate(items):
            if number % every == 0:
                self.progress(what, number, total)
            yield item

    def keep(self) -> None:
        """Takes from the index of this dump what was kept, and lets `save` keep more."""
        from v8inspect.heap.index import Index

        self.index = Index(self)

    def save(self) -> Optional[int]:
        """Keeps what was made, if it is more than was kept: how many bytes; raises OSError."""
        return None if self.index is None else self.index.save(self._heap, self._graph)

    @property
    def layout(self) -> Layout:
        """The resolved layout; raises NoV8, FormatUnsupported, LayoutUnknown,
        LayoutIncomplete. Of a V8 without a table it is derived, and not `verified`."""
        if self._layout is None:
            from v8inspect.layout.resolve import resolve

            try:
                self._layout = resolve(self.target)
            except NoHeapMemory:
                raise
            except (LayoutUnknown, NoV8):
                from v8inspect.derive import derive

                self._layout = derive(self.target)
        return self._layout

    @property
    def known_layout(self) -> Optional[Layout]:
        """The layout if it has been found already."""
        return self._layout

    def assume(self, layout: Layout) -> None:
        """Takes `layout` for the dump's, whatever it is: of those who find out what it is."""
        self._layout = layout

    @property
    def heap(self) -> Heap:
        """The heap, checked against the layout; raises NoV8 and LayoutMismatch too."""
        if self._heap is None:
            from v8inspect.heap.selfcheck import check_layout

            heap = self._unchecked_heap()
            self.checks = check_layout(self, heap)
            self._heap = heap
        return self._heap

    @property
    def isolates(self) -> Sequence[Isolate]:
        """The isolates of the dump. The heap is not checked for it: stacks are to come at once, and
        whoever reads them checks what he takes from an isolate."""
        return self._unchecked_heap().isolates

    @property
    def singletons(self) -> Singletons:
        """V8's well-known objects; the heap is not checked for them either."""
        return self._unchecked_heap().singletons

    @property
    def namer(self) -> Namer:
        """Names objects as V8's heap snapshot does; without a check of the heap."""
        if self._namer is None:
            from v8inspect.heap.naming import Namer
            from v8inspect.objects.reader import reader_of

            self._namer = Namer(reader_of(self), self.singletons)
        return self._namer

    def _unchecked_heap(self) -> Heap:
        if self._opened is None:
            from v8inspect.heap.heap import Heap

            self._opened = self._heap or Heap(self)
        return self._opened

    @property
    def census(self) -> Census:
        """The census of `heap`."""
        if self._census is None:
            from v8inspect.heap.census import Census

            self._census = Census(self, self.heap)
        return self._census

    @property
    def live_census(self) -> Census:
        """The census of what is alive in `heap`: `graph` has to be made for it."""
        if self._live_census is None:
            from v8inspect.heap.census import Census

            self._live_census = Census(self, self.heap, live=True)
        return self._live_census

    @property
    def references(self) -> References:
        """Who refers to what."""
        if self._references is None:
            from v8inspect.heap.references import References

            self._references = References(self)
        return self._references

    @property
    def graph(self) -> Graph:
        """What holds what, of all objects."""
        if self._graph is None:
            from v8inspect.heap.graph import Graph

            self._graph = Graph(self)
        return self._graph

    @property
    def made_graph(self) -> Optional[Graph]:
        """The graph if it has been made already."""
        return self._graph

    def instances(self, name: str, isolate: Optional[int] = None) -> Iterator[Object]:
        """Every object that the census counts under `name`, lazily."""
        from v8inspect.api import instances

        return instances(self, name, isolate)

    def at(self, address: int) -> Object:
        """The object at a tagged or untagged address; raises NotAnObject."""
        from v8inspect.api import object_of

        return object_of(self, address)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases the dump. The session is not used after that."""
        opened = self._opened or self._heap
        if opened is not None:
            opened.close()
        if self.index is not None:
            self.index.close()
        self.target.close()


Opener = Callable[..., Session]
