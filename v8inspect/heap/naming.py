"""The name under which an object is counted: the one that V8's heap snapshot gives its node.

Closures are all `Function`, regular expressions `RegExp`, proxies `Proxy` (a hidden node in V8's
snapshot; to the program they are objects); other receivers have V8's constructor name, as
JSReceiver::GetConstructorName finds it (src/objects/js-objects.cc, 10.2 to 14.6):

1. Objects that are no prototypes and were made with `new` of their map's own constructor: that
   function's debug name, unless it is empty or "Object".
2. Along the prototype chain, the object included: its own data property Symbol.toStringTag, if a
   string; then, the object excluded, its own data property `constructor`, if a function with a
   debug name that is neither empty nor "Object".
3. The class name of the instance type, else "Object".

All but an own toStringTag that differs between objects of one Map, and what a primitive wrapper
wraps, follow from the Map: those are the scanner's odd receivers, named one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from v8inspect.limits import MAX_PROTOTYPES
from v8inspect.objects.dictionaries import find_name
from v8inspect.objects.functions import shared_debug_name
from v8inspect.objects.properties import own_data_word
from v8inspect.objects.reader import Reader
from v8inspect.objects.strings import name_text

if TYPE_CHECKING:
    from v8inspect.heap.roots import Singletons
    from v8inspect.layout.model import Layout
    from v8inspect.objects.maps import Map

FUNCTION = "Function"
REGEXP = "RegExp"
PROXY = "Proxy"
_OBJECT = "Object"

# JSReceiver::class_name, by instance type; typed arrays and wrappers are apart.
_CLASS_NAMES = {
    "JS_ARGUMENTS_OBJECT": "Arguments",
    "JS_ARRAY": "Array",
    "JS_ARRAY_BUFFER": "ArrayBuffer",
    "JS_ARRAY_ITERATOR": "Array Iterator",
    "JS_DATE": "Date",
    "JS_ERROR": "Error",
    "JS_GENERATOR_OBJECT": "Generator",
    "JS_ASYNC_FUNCTION_OBJECT": "Generator",
    "JS_ASYNC_GENERATOR_OBJECT": "Generator",
    "JS_MAP": "Map",
    "JS_MAP_KEY_ITERATOR": "Map Iterator",
    "JS_MAP_KEY_VALUE_ITERATOR": "Map Iterator",
    "JS_MAP_VALUE_ITERATOR": "Map Iterator",
    "JS_SET": "Set",
    "JS_SET_KEY_VALUE_ITERATOR": "Set Iterator",
    "JS_SET_VALUE_ITERATOR": "Set Iterator",
    "JS_WEAK_MAP": "WeakMap",
    "JS_WEAK_SET": "WeakSet",
    "JS_GLOBAL_PROXY": "global",
}
_ARRAY_NAMES = {
    "UINT8": "Uint8Array",
    "INT8": "Int8Array",
    "UINT16": "Uint16Array",
    "INT16": "Int16Array",
    "UINT32": "Uint32Array",
    "INT32": "Int32Array",
    "FLOAT16": "Float16Array",
    "FLOAT32": "Float32Array",
    "FLOAT64": "Float64Array",
    "UINT8_CLAMPED": "Uint8ClampedArray",
    "BIGUINT64": "BigUint64Array",
    "BIGINT64": "BigInt64Array",
}


class Namer:
    """Names receivers of one session; `singletons` holds the keys that are looked for."""

    def __init__(self, reader: Reader, singletons: Singletons) -> None:
        self._reader = reader
        self._layout: Layout = reader.layout
        self._tag = singletons.tag_key
        self._constructor = singletons.constructor_key
        self._name_key = singletons.name_key
        self._by_map: dict[int, str] = {}
        self._by_prototype: dict[int, str] = {}
        self._by_constructor: dict[tuple[int, bool], str] = {}
        self._by_holder: dict[int, Optional[str]] = {}  # of a property `name`, inherited or own
        types = self._layout.types
        self._functions = range(
            self._layout.first_js_function_type, self._layout.last_js_function_type + 1
        )
        self._bound = {types["JS_BOUND_FUNCTION"], types.get("JS_WRAPPED_FUNCTION", -1)}
        self._regexp = types["JS_REG_EXP"]
        self._proxy = types["JS_PROXY"]
        self._wrapper = types["JS_PRIMITIVE_WRAPPER"]
        self._typed_array = types["JS_TYPED_ARRAY"]
        self._global_object = types["JS_GLOBAL_OBJECT"]
        self._global_proxy = types["JS_GLOBAL_PROXY"]
        self._first_receiver = self._layout.first_js_receiver_type
        self._classes = {types[name]: text for name, text in _CLASS_NAMES.items() if name in types}
        self._strings = range(self._layout.first_nonstring_type)

    def of_map(self, address: int) -> str:
        """The name of the instances of the Map at an untagged address, own tags aside."""
        name = self._by_map.get(address)
        if name is None:
            map_ = self._reader.map_at(address + 1)
            name = "(damaged)" if map_ is None else self._name(map_, 0)
            self._by_map[address] = name
        return name

    def of_object(self, address: int, map_address: int) -> str:
        """The name of the receiver at an untagged address, which has that Map."""
        map_ = self._reader.map_at(map_address + 1)
        return "(damaged)" if map_ is None else self._name(map_, address)

    def constructor_name(self, address: int, map_address: int) -> str:
        """V8's constructor name of the receiver at an untagged address (0: of any with that Map).
        Functions and regular expressions, which the census has names of its own for, included."""
        map_ = self._reader.map_at(map_address + 1)
        return "" if map_ is None else self._receiver_name(map_, address)

    def function_name(self, word: int) -> str:
        """JSFunction::GetDebugName of a function at a tagged address: what the program set its
        `name` to, if a string, else the name in its source; '' if it has none."""
        if self._name_key:
            name = self._name_property(word)
            if name is not None:
                return name
        shared = self._reader.word(word - 1 + self._layout.JSFunction.shared)
        return "" if shared is None else shared_debug_name(self._reader, shared)

    def _name(self, map_: Map, address: int) -> str:
        kind = map_.instance_type
        if kind in self._functions or kind in self._bound:
            return FUNCTION
        if kind == self._regexp:
            return REGEXP
        if kind == self._proxy:
            return PROXY
        if self._layout.Naming.global_suffix and kind in (self._global_object, self._global_proxy):
            return self._global_name(map_, address)
        return self._receiver_name(map_, address)

    def _global_name(self, map_: Map, address: int) -> str:
        """Both go by the name of the global object: it is the prototype of its proxy."""
        if map_.instance_type == self._global_object:
            return self._receiver_name(map_, address) + " (global*)"
        behind = self._reader.map_of(map_.prototype_word)
        if behind is None or behind.instance_type != self._global_object:
            return self._receiver_name(map_, address) + " (global)"
        return self._receiver_name(behind, map_.prototype_word - 1) + " (global)"

    def _receiver_name(self, map_: Map, address: int) -> str:
        name = self._constructor_name(map_)
        if name:
            return name
        if address:
            tag = self._own_tag(address + 1)
            if tag is not None:
                return tag
        prototype = map_.prototype_word
        inherited = self._by_prototype.get(prototype)
        if inherited is None:
            inherited = self._by_prototype[prototype] = self._chain_name(prototype)
        return inherited or self._class_name(map_, address)

    def _constructor_name(self, map_: Map) -> str:
        if not map_.new_target_is_base or map_.is_prototype_map:
            return ""
        constructor = map_.constructor()
        return "" if constructor is None else self._function_name(constructor, True)

    def _function_name(self, word: int, of_map: bool) -> str:
        """Name of the JSFunction at a tagged address; '' for Object, none, or no function.

        From 14.6 on V8 asks the constructor in a Map for its `name`, so `static name` counts; a
        constructor that the prototype chain has, as that of a derived class, goes by its code.
        """
        known = self._by_constructor.get((word, of_map))
        if known is not None:
            return known
        name = ""
        if self._reader.type_of(word) in self._functions:
            name = self._debug_name(word, of_map)
        if name == _OBJECT:
            name = ""
        self._by_constructor[word, of_map] = name
        return name

    def _debug_name(self, word: int, of_map: bool) -> str:
        """JSFunction::GetDebugName where V8 uses it here: the data property `name` of the function
        or of what it inherits from, if a string; else SharedFunctionInfo::DebugName."""
        if of_map and self._layout.Naming.function_name_property and self._name_key:
            name = self._name_property(word)
            if name is not None:
                return name
        shared = self._reader.word(word - 1 + self._layout.JSFunction.shared)
        return "" if shared is None else shared_debug_name(self._reader, shared)

    def _name_property(self, word: int) -> Optional[str]:
        """The string in the data property `name` of a function or of what it inherits from."""
        silent: list[int] = []
        name: Optional[str] = None
        for _ in range(MAX_PROTOTYPES):
            if word in self._by_holder:
                name = self._by_holder[word]
                break
            map_ = self._reader.map_of(word)
            if map_ is None or map_.instance_type < self._first_receiver:
                break
            silent.append(word)
            value = own_data_word(self._reader, word, self._name_key)
            if value is not None:
                if self._reader.type_of(value) in self._strings:
                    name = name_text(self._reader, value)
                break
            if self._has_name(map_, word):
                break
            word = map_.prototype_word
        self._by_holder.update(dict.fromkeys(silent, name))
        return name

    def _has_name(self, map_: Map, word: int) -> bool:
        """Whether the function has a property `name` of its own that is no data: an accessor."""
        if not map_.is_dictionary_map:
            return map_.descriptors.find(self._name_key, map_.own_descriptors) is not None
        table = self._reader.word(word - 1 + self._layout.JSObject.properties_or_hash)
        return table is not None and find_name(self._reader, table, self._name_key) is not None

    def _own_tag(self, word: int) -> Optional[str]:
        if not self._tag:
            return None
        value = own_data_word(self._reader, word, self._tag)
        if value is None or self._reader.type_of(value) not in self._strings:
            return None
        return name_text(self._reader, value)

    def _chain_name(self, word: int) -> str:
        """What the prototype chain from `word` on says; '' for nothing. All of the chain that has
        no say gets the same answer, so that long chains are followed once."""
        silent: list[int] = []
        name = ""
        for _ in range(MAX_PROTOTYPES):
            known = self._by_prototype.get(word)
            if known is not None:
                name = known
                break
            map_ = self._reader.map_of(word)
            if map_ is None or map_.instance_type < self._first_receiver:
                break
            silent.append(word)
            if map_.instance_type != self._proxy:
                tag = self._own_tag(word)
                if tag is not None:
                    name = tag
                    break
                value = own_data_word(self._reader, word, self._constructor)
                name = "" if value is None else self._function_name(value, False)
                if name:
                    break
            word = map_.prototype_word
        self._by_prototype.update(dict.fromkeys(silent, name))
        return name

    def _class_name(self, map_: Map, address: int) -> str:
        kind = map_.instance_type
        if kind == self._typed_array:
            return _ARRAY_NAMES.get(map_.elements_kind_name.replace("RAB_GSAB_", ""), _OBJECT)
        if kind == self._wrapper:
            return self._wrapped_name(address)
        return self._classes.get(kind, _OBJECT)

    def _wrapped_name(self, address: int) -> str:
        if not address:
            return _OBJECT
        word = self._reader.word(address + self._layout.Builtins.primitive_value)
        if word is None:
            return _OBJECT
        if not word & 1:
            return "Number"
        kind = self._reader.type_of(word)
        types = self._layout.types
        if kind in self._strings:
            return "String"
        names = {
            types["SYMBOL"]: "Symbol",
            types.get("BIG_INT_BASE", -2): "BigInt",
            types["HEAP_NUMBER"]: "Number",
            types["ODDBALL"]: "Boolean",
            types["SCRIPT"]: "Script",
        }
        return names.get(kind, _OBJECT)
