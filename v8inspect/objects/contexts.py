"""Context: the variables that a closure shares with the function around it.

V8: src/objects/contexts.h, contexts.tq, context-cell.h; V8_LAYOUT.md §5.4. Slots are the
ScopeInfo, the Context around, an extension object in some, then the variables in the order of the
ScopeInfo's names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, NamedTuple, Optional

from v8inspect.limits import MAX_SCOPE_LOCALS
from v8inspect.objects.arrays import FixedArray
from v8inspect.objects.fields import Raw, Tagged
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.scopes import Scope, ScopeInfo
from v8inspect.objects.strings import name_text
from v8inspect.objects.tagged import Damaged, Number, Smi, Value

if TYPE_CHECKING:
    from v8inspect.objects.reader import Reader

_CELL_FLOAT64, _CELL_INT32 = 3, 2  # V8: ContextCell::State


class Variable(NamedTuple):
    """A variable of a Context: `slot` is the untagged address of its word."""

    name: str
    value: Value
    slot: int


class Context(FixedArray):
    """A Context of any kind; `kind` says which."""

    __slots__ = ()

    @property
    def kind(self) -> str:
        """'function', 'block', 'native', 'script', 'module', 'catch', 'with', 'eval', …"""
        name = self.type_name
        return name[: -len("_CONTEXT")].lower() if name.endswith("_CONTEXT") else name.lower()

    def slot(self, number: int) -> Value:
        """The value of a slot by V8's numbering: 0 is the ScopeInfo."""
        return self.value(number)

    @property
    def scope_info(self) -> Value:
        """The ScopeInfo of the scope."""
        return self.slot(self.layout.Context.scope_info)

    @property
    def previous(self) -> Value:
        """The Context around this one; Smi 0 or undefined for the outermost."""
        return self.slot(self.layout.Context.previous)

    @property
    def scope(self) -> Optional[Scope]:
        """What the ScopeInfo says; None if there is none."""
        info = self.scope_info
        return info.scope if isinstance(info, ScopeInfo) else None

    @property
    def extension(self) -> Optional[Value]:
        """The extension object: variables of a sloppy eval, the object of `with`, the global
        object of a native context; None where there is no such slot."""
        if self.kind == "native":
            return self.slot(self.layout.Context.extension)
        scope = self.scope
        if scope is None or not scope.flags >> self.layout.ScopeInfo.context_extension_bit & 1:
            return None
        return self.slot(self.layout.Context.extension)

    def variables(self) -> Iterator[Variable]:
        """The variables in slot order. A ContextCell is looked through."""
        for number, name in self._names():
            value = unwrap_cell(self.slot(number))
            yield Variable(name_text(self.reader, name), value, self.first + 8 * number)

    def name_at(self, slot: int) -> Optional[str]:
        """The name of the variable whose word is at an untagged address; None: there is none."""
        number = (slot - self.first) // 8
        for at, name in self._names():
            if at == number:
                return name_text(self.reader, name)
        return None

    def _names(self) -> Iterator[tuple[int, int]]:
        """(slot, tagged name) of the variables."""
        scope = self.scope
        if scope is None or self.kind == "native":
            return
        names = scope.names
        first = self.length - len(names)
        if not self.layout.Context.min_slots <= first <= self.layout.Context.min_slots + 1:
            # Script contexts may be longer than what their scope declares: count from the front.
            has_extension = scope.flags >> self.layout.ScopeInfo.context_extension_bit & 1
            first = self.layout.Context.min_slots + has_extension
        yield from enumerate(names[:MAX_SCOPE_LOCALS], first)

    def variable(self, name: str) -> Optional[Variable]:
        """The variable of that name in this Context alone."""
        for variable in self.variables():
            if variable.name == name:
                return variable
        return None


class ContextCell(HeapObject):
    """Where V8 14 keeps a variable that it watches; doubles and int32 lie in it untagged."""

    __slots__ = ()

    tagged_value = Tagged("Context.cell_value")
    state = Raw("Context.cell_state", "i")

    @property
    def value(self) -> Value:
        """The variable's value."""
        offset = self.layout.Context.cell_double
        if offset is None:
            return self.tagged_value
        if self.state == _CELL_FLOAT64:
            return Number(self.memory.f64(self.address + offset))
        if self.state == _CELL_INT32:
            return Smi(self.memory.i32(self.address + offset))
        return self.tagged_value


def unwrap_cell(value: Value) -> Value:
    """The value in a ContextCell; any other value as it is."""
    return value.value if isinstance(value, ContextCell) else value


def context_at(reader: Reader, word: int) -> Context | Damaged:
    """The Context at a tagged pointer."""
    value = reader.value(word)
    if isinstance(value, Context):
        return value
    return Damaged(word, "no Context")
