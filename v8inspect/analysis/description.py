"""The description of a value: plain data, the same for text and JSON.

`inspect --json` prints one Described a line. Its fields, in JSON as here (`class_` is `class`):

- `address`: "0x…" tagged; null for what lies in no object of its own (Smis, unboxed doubles).
- `type`: V8's instance type without _TYPE ("JS_ARRAY", "HEAP_NUMBER"); "SMI"; "DOUBLE", "INTEGER"
  and "BIGINT" for what is stored untagged; "DAMAGED" with `problem` for what can't be read.
- `class`: the constructor name that the census counts it under; of primitives "Number", "String",
  "Boolean", "Symbol", "BigInt", "undefined", "null", "hole"; of V8's own objects "FixedArray", ….
- `value`: the JSON value where one exists: number ("NaN", "Infinity", "-Infinity" as strings),
  string, boolean, null; of a BigInt its decimal digits as a string; of a Symbol its description;
  of a Date its ISO form; of a RegExp "/source/flags"; of a boxed primitive that primitive.

What does not apply is left out:

- `length`: UTF-16 units of a string, JS length of an array or typed array, slots of a FixedArray;
  `more`: how many units of the string `value` lacks.
- `properties`: own properties in JavaScript's order, symbols after strings, private ones last; see
  Property. `properties_more`: how many are not listed. The same with `elements`, see Element.
- `internal`: what V8 keeps beside them, by kind of value:
  functions: name, visible_name (if JavaScript sees another), kind, script, line, column, context,
  source (-s); bound functions: target, this, arguments; what can be called and is no JSFunction:
  callable; Map, WeakMap: size, entries [{key, value}]; Set, WeakSet: size, members; iterators:
  iterates, mode, index, remaining, done; Promise: state, handled, result, reactions [{fulfilled,
  rejected, then}, {awaited_by} or {combinator, number, then}]; Proxy: target, handler, revoked;
  WeakRef: target;
  FinalizationRegistry: cleanup, active and cleared [{target, holdings, token}]; Date: time (ms);
  RegExp: source, flags, lastIndex; Error: message, stack (see Frame) or stack_text, once somebody
  has read it; ArrayBuffer: backing_store, byte_length, bytes (hex), shared, detached, resizable,
  max_byte_length; typed arrays: kind, data, buffer, byte_offset, byte_length, length_tracking,
  numbers; DataView: the same with bytes; generators, async functions: function, state, script,
  line, column, receiver, context, registers, promise; boxes: boxed; module namespaces: exports;
  globalThis: global, detached; objects of an embedder: fields, native_class, native; contexts:
  kind, function, scope_info, previous, extension, variables; kinds without decoding: slots, words
  by offset in bytes; V8's own objects: what their class has.
  A list that was cut has a sister NAME_more with the number of what is left out.
- `map`: with -m. `seen`: true where the object is described further up; `unopened`: true where the
  description is too long to open it, however deep it may go. `weak`: true where the reference does
  not keep it alive. `problem`: what is wrong.

A nested value has `properties`, `elements` and lists only if the depth (-d) reaches it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Dict, List, Optional, Tuple, Union

from v8inspect.rows import Address, Row

Json = Union[None, bool, int, float, str]


@dataclass(frozen=True)
class Described(Row):
    """A value. `form` is what text goes by: 'smi', 'string', 'object', 'function', … ."""

    json_sparse: ClassVar[bool] = True
    json_hidden: ClassVar[Tuple[str, ...]] = ("form",)

    address: Optional[Address]
    type: str
    class_: str
    value: Json
    form: str
    length: Optional[int] = None
    more: Optional[int] = None
    map: Optional[Address] = None
    seen: Optional[bool] = None
    unopened: Optional[bool] = None
    weak: Optional[bool] = None
    problem: Optional[str] = None
    internal: Optional[Dict[str, Any]] = None
    elements: Optional[List[Element]] = None
    elements_more: Optional[int] = None
    properties: Optional[List[Property]] = None
    properties_more: Optional[int] = None


@dataclass(frozen=True)
class Property(Row):
    """One own property; in JSON the fields of `of` stand beside these.

    `kind`: 'data'; 'accessor', with getter and setter; 'native', which V8 computes (its value is
    there if the dump holds it); 'private', a #name of a class; 'internal', V8's or Node's own
    under a symbol that JavaScript never sees; 'damaged', where properties can't be read.
    `symbol` is the Symbol of a key that is one; `key` then reads Symbol(description).
    """

    json_sparse: ClassVar[bool] = True
    json_merged: ClassVar[str] = "of"

    key: str
    kind: str
    enumerable: bool
    of: Described
    writable: Optional[bool] = None
    configurable: Optional[bool] = None
    symbol: Optional[Address] = None
    getter: Optional[Described] = None
    setter: Optional[Described] = None


@dataclass(frozen=True)
class Element(Row):
    """What is at an index; holes do not come. `index` is null where a stretch can't be read.

    `enumerable`, `writable` and `configurable` are there when they are false.
    """

    json_sparse: ClassVar[bool] = True
    json_merged: ClassVar[str] = "of"

    index: Optional[int]
    of: Described
    kind: str = "data"
    enumerable: Optional[bool] = None
    writable: Optional[bool] = None
    configurable: Optional[bool] = None
    getter: Optional[Described] = None
    setter: Optional[Described] = None


@dataclass(frozen=True)
class Pair(Row):
    """An entry of a Map or WeakMap."""

    key: Described
    value: Described


@dataclass(frozen=True)
class Variable(Row):
    """A variable of a context, an export of a module, a named slot of an object of V8's own."""

    json_sparse: ClassVar[bool] = True
    json_merged: ClassVar[str] = "of"

    name: str
    of: Described


@dataclass(frozen=True)
class Frame(Row):
    """A captured frame of an Error, innermost first; line and column from 1, null if unknown (of
    builtins, and where V8 captured a place in machine code)."""

    function: str
    script: Optional[str]
    line: Optional[int]
    column: Optional[int]
    is_constructor: bool
    is_async: bool
    function_address: Optional[Address]


@dataclass(frozen=True)
class Options:
    """How much is described. Limits count characters, elements and properties; 0: all (but no
    more than 1 Mi). `nested` counts all values inside of objects inside of the first one.

    `nested_strings` is the limit for strings inside of something, else that of `strings` holds.
    """

    depth: int = 1
    strings: int = 16
    elements: int = 16
    properties: int = 1000
    nested_strings: Optional[int] = None
    nested: int = 1 << 14
    show_map: bool = False
    show_source: bool = False
