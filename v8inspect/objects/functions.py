"""JSFunction and SharedFunctionInfo: a closure, its code in general, and the names of both.

V8: src/objects/js-function.h, shared-function-info.h, .tq; V8_LAYOUT.md §5.3, §6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from v8inspect.errors import MemoryUnreadable
from v8inspect.objects.fields import Raw, Tagged, Word
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.maps import Map
from v8inspect.objects.primitives import Hole, Oddball
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.scopes import Scope, scope_at
from v8inspect.objects.strings import is_string, name_text
from v8inspect.objects.tagged import Value

if TYPE_CHECKING:
    from v8inspect.session import Session


_ADAPTS_NOT = 0xFFFF  # V8: kDontAdaptArgumentsSentinel in the 16 bits of the field

# V8: src/objects/function-kind.h; the order is the same from 10.2 to 14.6.
FUNCTION_KINDS = (
    "NormalFunction",
    "Module",
    "ModuleWithTopLevelAwait",
    "BaseConstructor",
    "DefaultBaseConstructor",
    "DefaultDerivedConstructor",
    "DerivedConstructor",
    "GetterFunction",
    "StaticGetterFunction",
    "SetterFunction",
    "StaticSetterFunction",
    "ArrowFunction",
    "AsyncArrowFunction",
    "AsyncFunction",
    "AsyncConciseMethod",
    "StaticAsyncConciseMethod",
    "AsyncConciseGeneratorMethod",
    "StaticAsyncConciseGeneratorMethod",
    "AsyncGeneratorFunction",
    "GeneratorFunction",
    "ConciseGeneratorMethod",
    "StaticConciseGeneratorMethod",
    "ConciseMethod",
    "StaticConciseMethod",
    "ClassMembersInitializerFunction",
    "ClassStaticInitializerFunction",
    "ClassStaticInitializerFunctionPrecededByMember",  # 14.x on
)
_INITIALIZERS = {
    FUNCTION_KINDS.index("ClassMembersInitializerFunction"): "<instance_members_initializer>",
    FUNCTION_KINDS.index("ClassStaticInitializerFunction"): "<static_initializer>",
    FUNCTION_KINDS.index("ClassStaticInitializerFunctionPrecededByMember"): "<static_initializer>",
}


class SharedFunctionInfo(HeapObject):
    """What all closures of one piece of code share."""

    __slots__ = ()

    function_data = Tagged("SharedFunctionInfo.function_data")
    name_or_scope_info = Tagged("SharedFunctionInfo.name_or_scope_info")
    outer_scope_info_or_feedback_metadata = Tagged(
        "SharedFunctionInfo.outer_scope_info_or_feedback_metadata"
    )
    script_word = Word("SharedFunctionInfo.script")
    length = Raw("SharedFunctionInfo.length", "H")
    formal_parameter_count = Raw("SharedFunctionInfo.formal_parameter_count", "H")
    function_token_offset = Raw("SharedFunctionInfo.function_token_offset", "H")
    flags = Raw("SharedFunctionInfo.flags", "I")

    @property
    def name(self) -> str:
        """The function's own name, '' if it has none."""
        return _own_name(self.reader, self.word)

    @property
    def debug_name(self) -> str:
        """The own name, else the name that V8 inferred from the source, else ''."""
        return shared_debug_name(self.reader, self.word)

    @property
    def kind(self) -> str:
        """V8's FunctionKind: 'NormalFunction', 'ArrowFunction', 'DerivedConstructor', …"""
        number = self.flags & self.layout.SharedFunctionInfo.function_kind_mask
        return FUNCTION_KINDS[number] if number < len(FUNCTION_KINDS) else f"Kind{number}"

    @property
    def is_native(self) -> bool:
        """Whether stack traces show it although it has no source: builtins that JavaScript sees."""
        return bool(self.flags >> self.layout.SharedFunctionInfo.native_bit & 1)

    @property
    def is_class_constructor(self) -> bool:
        """Whether it is the constructor of a class, or the class where that has none."""
        return bool(self.flags >> self.layout.SharedFunctionInfo.class_constructor_bit & 1)

    @property
    def parameter_count(self) -> Optional[int]:
        """How many parameters it declares; None for builtins that take what comes.

        The stored count includes the receiver (since V8 10; V8_LAYOUT.md §5.3).
        """
        count = self.formal_parameter_count
        return None if count == _ADAPTS_NOT else max(count - 1, 0)

    @property
    def scope(self) -> Optional[Scope]:
        """The function's scope; None until it is compiled."""
        word = _scope_info(self.reader, self.word)
        return None if word is None else scope_at(self.reader, word)


class JSFunction(JSObject):
    """A closure: code and the context that it was made in."""

    __slots__ = ()

    shared_word = Word("JSFunction.shared")
    context_word = Word("JSFunction.context")
    shared = Tagged("JSFunction.shared")
    context = Tagged("JSFunction.context")
    feedback_cell = Tagged("JSFunction.feedback_cell")

    @property
    def name(self) -> str:
        """The name that the code gives it, '' if none (JavaScript may have set another)."""
        return _own_name(self.reader, self.shared_word)

    @property
    def debug_name(self) -> str:
        """The name of the code, own or inferred; '' for the anonymous."""
        return shared_debug_name(self.reader, self.shared_word)

    @property
    def prototype_or_initial_map(self) -> Optional[Value]:
        """What `new` needs; None for functions that have no such slot."""
        if not self.map.has_prototype_slot:
            return None
        return self.value_at(self.layout.JSFunction.prototype_or_initial_map)

    @property
    def prototype_property(self) -> Optional[Value]:
        """What JavaScript sees as `prototype`; None if it has none, or nobody asked for it yet.

        V8: JSFunction::prototype.
        """
        value = self.prototype_or_initial_map
        if value is None:
            return None
        other = self.map.non_instance_prototype()
        if other is not None:
            return self.reader.value(other)
        if isinstance(value, Map):
            return value.prototype
        # The hole stands for a prototype object that is made when it is asked for.
        return None if isinstance(value, (Hole, Oddball)) and value.is_hole else value


def is_function(reader: Reader, word: int) -> bool:
    """Whether `word` points to a JSFunction of any kind (class constructors, builtins too)."""
    layout = reader.layout
    return layout.first_js_function_type <= reader.type_of(word) <= layout.last_js_function_type


def function_debug_name(session: Session, function_word: int) -> str:
    """The debug name of the JSFunction at a tagged pointer; '' for no function or no name.

    V8: SharedFunctionInfo::DebugName: the own name, else the inferred one.
    """
    reader = reader_of(session)
    if not is_function(reader, function_word):
        return ""
    shared = reader.word(function_word - 1 + reader.layout.JSFunction.shared)
    return "" if shared is None else shared_debug_name(reader, shared)


def shared_debug_name(reader: Reader, shared: int) -> str:
    """The debug name of the SharedFunctionInfo at a tagged pointer, kept per session."""
    name = reader.function_names.get(shared)
    if name is None:
        if reader.type_of(shared) != reader.layout.types["SHARED_FUNCTION_INFO"]:
            return ""
        name = _initializer_name(reader, shared)
        name = name or _own_name(reader, shared) or _inferred_name(reader, shared)
        reader.function_names[shared] = name
    return name


def _initializer_name(reader: Reader, shared: int) -> str:
    """What V8 calls the functions that it makes of a class's fields and static blocks."""
    fields = reader.layout.SharedFunctionInfo
    try:
        flags = reader.memory.u32(shared - 1 + fields.flags)
    except MemoryUnreadable:
        return ""
    return _INITIALIZERS.get(flags & fields.function_kind_mask, "")


def _own_name(reader: Reader, shared: int) -> str:
    word = reader.word(shared - 1 + reader.layout.SharedFunctionInfo.name_or_scope_info)
    if word is None:
        return ""
    if is_string(reader, word):
        return name_text(reader, word)
    if reader.type_of(word) == reader.layout.types["SCOPE_INFO"]:
        name = scope_at(reader, word).function_name
        return "" if name is None else name_text(reader, name)  # Smi 0: no name of its own
    return ""


def _inferred_name(reader: Reader, shared: int) -> str:
    word = _scope_info(reader, shared)
    if word is not None:
        name = scope_at(reader, word).inferred_name
        return "" if name is None else name_text(reader, name)
    data = uncompiled_data(reader, shared)
    if data is None:
        return ""
    name = reader.word(data - 1 + reader.layout.UncompiledData.inferred_name)
    return "" if name is None else name_text(reader, name)


def _scope_info(reader: Reader, shared: int) -> Optional[int]:
    word = reader.word(shared - 1 + reader.layout.SharedFunctionInfo.name_or_scope_info)
    if word is None or reader.type_of(word) != reader.layout.types["SCOPE_INFO"]:
        return None
    return word


def uncompiled_data(reader: Reader, shared: int) -> Optional[int]:
    """The tagged pointer to the UncompiledData of a function that was not compiled yet."""
    fields = reader.layout.SharedFunctionInfo
    for offset in (fields.function_data, fields.untrusted_function_data):
        if offset is None:
            continue
        word = reader.word(shared - 1 + offset)
        if word is None:
            continue
        kind = reader.layout.type_names.get(reader.type_of(word), "")
        if kind.startswith("UNCOMPILED_DATA"):
            return word
    return None
