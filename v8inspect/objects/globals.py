"""The global object and its proxy, module namespaces, and objects that embedders made.

V8: src/objects/js-objects.tq, module.tq, source-text-module.tq, js-api objects in
include/v8-object.h; V8_LAYOUT.md §5.5.
"""

from __future__ import annotations

from typing import Iterator, Optional, Union

from v8inspect.objects.arrays import FixedArray
from v8inspect.objects.contexts import Context
from v8inspect.objects.dictionaries import is_key, rows, table_at
from v8inspect.objects.fields import Raw, SmiField, Tagged
from v8inspect.objects.heap_object import HeapObject, problem_of
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.strings import name_text
from v8inspect.objects.tagged import Damaged, Value


class JSGlobalObject(JSObject):
    """A global object: its properties are in PropertyCells."""

    __slots__ = ()


class JSGlobalProxy(JSObject):
    """What JavaScript calls globalThis: it has no properties, its prototype is the global object.

    A proxy that was detached from its context has null for a prototype.
    """

    __slots__ = ()

    @property
    def global_object(self) -> Optional[JSGlobalObject]:
        """The global object behind it."""
        value = self.prototype
        return value if isinstance(value, JSGlobalObject) else None


def global_object_of(context: Context) -> Optional[JSGlobalObject]:
    """The global object of a native context, or of the native context around any context.

    V8 keeps it in the extension slot of native contexts (Context::global_object).
    """
    seen = 0
    value: Value = context
    while isinstance(value, Context) and seen < 4096:
        if value.kind == "native":
            found = value.extension
            return found if isinstance(found, JSGlobalObject) else None
        value = value.previous
        seen += 1
    return None


class Cell(HeapObject):
    """A box of one value: a module's exported variable, for one."""

    __slots__ = ()

    value = Tagged("Module.cell_value")


class Module(HeapObject):
    """A SourceTextModule or SyntheticModule; `exports` maps names to Cells."""

    __slots__ = ()

    exports = Tagged("Module.exports")
    status = SmiField("Module.status")


class JSModuleNamespace(JSObject):
    """What `import * as ns` gives."""

    __slots__ = ()

    module = Tagged("Module.namespace_module")

    def exports(self) -> Iterator[Union[tuple[str, Value], Damaged]]:
        """Exported names and their values, sorted as JavaScript sorts them (by code units)."""
        module = self.module
        if not isinstance(module, Module):
            yield Damaged(self.word, f"module: {problem_of(module)}")
            return
        store = module.exports
        if not isinstance(store, FixedArray):
            yield Damaged(module.word, f"exports: {problem_of(store)}")
            return
        # An ObjectHashTable: one word of prefix-less pairs of a name and a Cell.
        table = table_at(self.reader, store.word, 0, 2)
        if isinstance(table, Damaged):
            yield table
            return
        found: list[tuple[str, Value]] = []
        for row in rows(self.reader, table, 2):
            if isinstance(row, Damaged):
                yield row
            elif is_key(self.reader, row[0]):
                cell = self.reader.value(row[1])
                value = cell.value if isinstance(cell, Cell) else cell
                found.append((name_text(self.reader, row[0]), value))
        yield from sorted(found, key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass"))


class Foreign(HeapObject):
    """A C++ pointer in the heap."""

    __slots__ = ()

    pointer = Raw("Foreign.address", "Q")


class JSApiObject(JSObject):
    """An object that an embedder made from a template, with words of its own.

    V8: v8::Object::SetInternalField, SetAlignedPointerInInternalField. A field is a tagged value
    or a raw pointer, and nothing in it tells which: an aligned pointer may look like a Smi.
    """

    __slots__ = ()

    @property
    def embedder_fields(self) -> list[int]:
        """The words of the embedder fields, as they are."""
        first = self.layout.JSObject.api_embedder_fields
        stop = min(self.map.inobject_start or len(self.data), len(self.data))
        return [self.word_at(offset) for offset in range(first, stop - 7, 8)]
