"""WeakMap, WeakSet, WeakRef, FinalizationRegistry: what does not keep its targets alive.

V8: src/objects/js-weak-refs.tq, js-collection.tq, hash-table.h; V8_LAYOUT.md §5.5.
"""

from __future__ import annotations

from typing import Iterator, Union

from v8inspect.objects.dictionaries import is_the_hole, rows, table_at
from v8inspect.objects.fields import Tagged, Word
from v8inspect.objects.heap_object import HeapObject, problem_of
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.tagged import Damaged, Value

MAX_CELLS = 1 << 24


class JSWeakCollection(JSObject):
    """A WeakMap or WeakSet: an EphemeronHashTable without order."""

    __slots__ = ()

    table_word = Word("Builtins.collection_table")
    table = Tagged("Builtins.collection_table")

    def entries(self) -> Iterator[Union[tuple[Value, Value], Damaged]]:
        """Keys and values in the order of the table, which is none (of a WeakSet: true)."""
        reader = self.reader
        if reader.type_of(self.table_word) != self.layout.types["EPHEMERON_HASH_TABLE"]:
            yield Damaged(self.table_word, f"table: {problem_of(self.table)}")
            return
        table = table_at(reader, self.table_word, 0, 2)
        if isinstance(table, Damaged):
            yield table
            return
        for row in rows(reader, table, 2):
            if isinstance(row, Damaged):
                yield row
            elif not reader.is_undefined(row[0]) and not is_the_hole(reader, row[0]):
                yield reader.value(row[0]), reader.value(row[1])


class JSWeakMap(JSWeakCollection):
    """A WeakMap."""

    __slots__ = ()


class JSWeakSet(JSWeakCollection):
    """A WeakSet."""

    __slots__ = ()


class JSWeakRef(JSObject):
    """A WeakRef; `target` is undefined once it was collected."""

    __slots__ = ()

    target = Tagged("Builtins.weak_ref_target")


class WeakCell(HeapObject):
    """One registration with a FinalizationRegistry."""

    __slots__ = ()

    registry = Tagged("WeakCell.finalization_registry")
    target = Tagged("WeakCell.target")
    unregister_token = Tagged("WeakCell.unregister_token")
    holdings = Tagged("WeakCell.holdings")
    next = Tagged("WeakCell.next")


class JSFinalizationRegistry(JSObject):
    """A FinalizationRegistry; its cells are two lists: targets alive, and collected ones."""

    __slots__ = ()

    cleanup = Tagged("Builtins.finalization_cleanup")
    active = Tagged("Builtins.finalization_active_cells")
    cleared = Tagged("Builtins.finalization_cleared_cells")

    def active_cells(self) -> Iterator[Union[WeakCell, Damaged]]:
        """Registrations whose target lives, newest first."""
        return _cells(self.active)

    def cleared_cells(self) -> Iterator[Union[WeakCell, Damaged]]:
        """Registrations whose target is gone and whose callback is still to come."""
        return _cells(self.cleared)


def _cells(value: Value) -> Iterator[Union[WeakCell, Damaged]]:
    seen: set[int] = set()
    while isinstance(value, WeakCell):
        if value.address in seen or len(seen) >= MAX_CELLS:
            yield Damaged(value.word, "the list of cells is a loop")
            return
        seen.add(value.address)
        yield value
        value = value.next
    if isinstance(value, Damaged):
        yield value
