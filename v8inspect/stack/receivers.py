"""The `this` of a call: what type V8's stack traces give it, and under which of its names a
function was called.

V8: GetTypeName, GetMethodName and InferMethodName in src/objects/call-site-info.cc.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Iterator, Optional

from v8inspect.limits import MAX_PROTOTYPES
from v8inspect.objects.contexts import Context
from v8inspect.objects.elements import Element
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.maps import Map
from v8inspect.objects.properties import DONT_ENUM, AccessorPair, Property, own_properties
from v8inspect.objects.tagged import Value

if TYPE_CHECKING:
    from v8inspect.heap.naming import Namer
    from v8inspect.objects.reader import Reader
    from v8inspect.stack.values import Captured

_MAX_PROPERTIES = 1 << 15  # of one object; a function in a larger one is not looked for
_MAX_CONTEXTS = 1 << 12
_INDEX = re.compile(r"(?:0|[1-9]\d{0,9})\Z")  # a name that stands for an element
_PRIMITIVES = {"SYMBOL": "Symbol", "BIG_INT_BASE": "BigInt", "HEAP_NUMBER": "Number"}


class Holders:
    """The own properties of the objects that functions are looked for in. Kept: most frames share
    their prototypes."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._named: dict[int, dict[str, Property]] = {}

    def named(self, word: int) -> dict[str, Property]:
        """Those with Strings for names, by name, of the object at a tagged pointer."""
        found = self._named.get(word)
        if found is None:
            found = {}
            for item in islice(own_properties(self.reader, word), _MAX_PROPERTIES):
                if isinstance(item, Property) and not item.is_symbol:
                    found.setdefault(item.name, item)
            self._named[word] = found  # now: Ctrl-C may have come in between
        return found


class Receiver:
    """One receiver. `word` is its tagged pointer, or 0 for an object that was never made, of
    which `map` is all that counts."""

    def __init__(
        self, holders: Holders, word: int, map: Optional[Map], type_name: str, first: int
    ) -> None:
        self._holders = holders
        self._reader = holders.reader
        self._word = word
        self._map = map
        self._first = first  # where the look-up begins: the object, or a primitive's prototype
        self.type_name = type_name

    @property
    def is_top_level(self) -> bool:
        """Whether V8 takes the call for one without a receiver."""
        if self._map is None:
            return False
        types = self._reader.layout.types
        kind = self._map.instance_type
        if kind == types["JS_GLOBAL_PROXY"]:
            return True
        if kind == types.get("HOLE", -1):
            return True
        if kind != types["ODDBALL"]:
            return False
        fields = self._reader.layout.Oddball
        number = self._reader.smi(self._word - 1 + fields.kind)
        return number not in (fields.kind_true, fields.kind_false)

    @property
    def function(self) -> Optional[JSFunction]:
        """The receiver, if it is a function."""
        value = self._reader.value(self._word) if self._word else None
        return value if isinstance(value, JSFunction) else None

    def method_name(self, function: Optional[JSFunction], shared: SharedFunctionInfo) -> str:
        """The name of the property that the function was called by; '' if there is none, or more
        than one."""
        if function is None:
            return ""
        name = shared.name
        if name.startswith(("get ", "set ")):
            name = name[4:]
        elif not name:
            # The parser infers 'o.foo' for the common o.foo = function() {…}.
            name = shared.debug_name.rpartition(".")[2]
        if name and self._is_under(name, function.word):
            return name
        return self._inferred(function.word)

    def _is_under(self, name: str, function: int) -> bool:
        index = int(name) if _INDEX.match(name) else None
        for word in self._chain():
            if index is not None:
                found = self._element(word, index)
                if found is not None:
                    return _holds(self._reader, found.value, found.is_accessor, function)
                continue
            item = self._holders.named(word).get(name)
            if item is not None:
                return _is_it(item, function)
        return False

    def _element(self, word: int, index: int) -> Optional[Element]:
        value = self._reader.value(word)
        if isinstance(value, JSObject):
            for item in value.elements(index):
                return item if isinstance(item, Element) and item.index == index else None
        return None

    def _inferred(self, function: int) -> str:
        """The only enumerable String key along the prototype chain that holds the function."""
        found: dict[int, str] = {}
        for word in self._chain():
            for item in self._holders.named(word).values():
                if not item.attributes & DONT_ENUM and _is_it(item, function):
                    found[item.key] = item.name
        return next(iter(found.values())) if len(found) == 1 else ""

    def _chain(self) -> Iterator[int]:
        """The objects that V8 looks through: up to the first that is no plain JSObject."""
        types = self._reader.layout.types
        stops = (types["JS_PROXY"], types["JS_GLOBAL_PROXY"])
        word = self._first
        for _ in range(MAX_PROTOTYPES):
            map = self._reader.map_of(word)
            if map is None or map.instance_type < self._reader.layout.first_js_receiver_type:
                return
            if map.instance_type in stops:
                return
            yield word
            word = map.prototype_word


def _is_it(item: Property, function: int) -> bool:
    if item.word == function:
        return True
    return item.is_accessor and _holds(item.reader, item.value, True, function)


def _holds(reader: Reader, value: Value, is_accessor: bool, function: int) -> bool:
    if not is_accessor:
        return isinstance(value, JSFunction) and value.word == function
    if not isinstance(value, AccessorPair):
        return False
    fields = reader.layout.AccessorPair
    return function in (value.word_at(fields.getter), value.word_at(fields.setter))


class Receivers:
    """Makes Receivers of one session."""

    def __init__(self, reader: Reader, namer: Namer) -> None:
        self._reader = reader
        self._holders = Holders(reader)
        self._namer = namer
        self._wrappers: dict[tuple[int, str], int] = {}

    def of_word(self, word: int, function: Optional[JSFunction]) -> Receiver:
        """The receiver of a call of `function` at a tagged word, a Smi too."""
        if not word & 1:
            return self._primitive(word, None, "Number", function)
        map = self._reader.map_of(word)
        layout = self._reader.layout
        if map is None:
            return Receiver(self._holders, word, None, "", 0)
        kind = map.instance_type
        if kind >= layout.first_js_receiver_type:
            name = "Proxy" if kind == layout.types["JS_PROXY"] else ""
            name = name or self._namer.constructor_name(word - 1, map.address)
            return Receiver(self._holders, word, map, name, word)
        if kind < layout.first_nonstring_type:
            return self._primitive(word, map, "String", function)
        text = _PRIMITIVES.get(layout.type_names.get(kind, ""), "Boolean")
        return self._primitive(word, map, text, function)

    def of_captured(self, value: Captured, function: Optional[JSFunction]) -> Optional[Receiver]:
        """An object that optimised code has taken apart: its Map names it, and its prototypes
        have the methods."""
        map = value.map
        if not isinstance(map, Map):
            return None
        name = self._namer.constructor_name(0, map.address)
        return Receiver(self._holders, 0, map, name, map.prototype_word)

    def _primitive(
        self, word: int, map: Optional[Map], name: str, function: Optional[JSFunction]
    ) -> Receiver:
        return Receiver(self._holders, word, map, name, self._prototype(name, function))

    def _prototype(self, name: str, function: Optional[JSFunction]) -> int:
        """The prototype of the wrappers of a primitive in the function's realm; 0 if not found.

        V8 goes from the primitive's Map to a slot of the native context; here the constructor is
        looked for by its name, since a Smi has no Map.
        """
        context = None if function is None else _native_context(function)
        if context is None:
            return 0
        key = context.address, name
        if key not in self._wrappers:
            self._wrappers[key] = self._wrapper_prototype(context, name)
        return self._wrappers[key]

    def _wrapper_prototype(self, context: Context, name: str) -> int:
        for number in range(min(context.length, _MAX_CONTEXTS)):
            value = context.slot(number)
            if isinstance(value, JSFunction) and value.name == name:
                initial: Optional[Value] = value.prototype_or_initial_map
                if isinstance(initial, Map):
                    return initial.prototype_word
        return 0


def _native_context(function: JSFunction) -> Optional[Context]:
    value = function.context
    for _ in range(_MAX_CONTEXTS):
        if not isinstance(value, Context):
            return None
        if value.kind == "native":
            return value
        value = value.previous
    return None
