"""A made-up V8 heap for the tests of `objects`: words lie where the layout says, wrong ones too.

`Fake` allocates upwards in one region; beyond its end there is nothing. `exercise` asks a view for
everything that it offers and fails on any exception: that is the promise of the package.
"""

from __future__ import annotations

import struct
from typing import Any, Iterator, Mapping, Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.layout import for_version
from v8inspect.objects.fields import Field
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.tagged import Value
from v8inspect.session import Session
from v8inspect.target import DumpFacts, Module, Region, Segment, Thread

VERSIONS = ("10.2", "11.3", "12.4", "13.6", "14.6")
BASE = 0x10_0000
ITEMS = 60  # taken of each listing that `exercise` goes through


class FakeTarget:
    """Bytes from BASE on."""

    name = "fake"
    arch = "x86_64"
    facts = DumpFacts("fake")

    def __init__(self) -> None:
        self.bytes = bytearray()

    def read_partial(self, address: int, size: int) -> bytes:
        start = address - BASE
        return bytes(self.bytes[start : start + size]) if start >= 0 else b""

    def read(self, address: int, size: int) -> bytes:
        data = self.read_partial(address, size)
        if len(data) < size:
            raise MemoryUnreadable(address, size, address + len(data))
        return data

    def regions(self) -> Sequence[Region]:
        return ()

    def segments(self) -> Sequence[Segment]:
        return ()

    def threads(self) -> Sequence[Thread]:
        return ()

    def modules(self) -> Sequence[Module]:
        return ()

    def symbol(self, name: str) -> Optional[int]:
        return None

    def symbols(self, prefix: str) -> Mapping[str, int]:
        return {}

    def check_unchanged(self) -> None:
        return

    def close(self) -> None:
        return


def smi(number: int) -> int:
    """The word of a Smi."""
    return (number & 0xFFFF_FFFF) << 32


class Fake:
    """A heap of V8 `version` to build by hand. Pointers given out and taken are tagged."""

    def __init__(self, version: str) -> None:
        self.target = FakeTarget()
        self.session = Session(self.target)
        self.session._layout = self.layout = for_version(version)
        self._maps: dict[str, int] = {}
        self.meta = self.words([0] * 9)
        self._fill_map(self.meta, "MAP", 9 * 8, self.meta)
        self.undefined = self._oddball("undefined", self.layout.Oddball.kind_undefined)
        self.null = self._oddball("null", self.layout.Oddball.kind_null)
        self.hole = self._hole()
        self.empty = self.array([])

    @property
    def reader(self) -> Reader:
        """A Reader; read only after all is built, for memory is cached."""
        return reader_of(self.session)

    def value(self, word: int) -> Value:
        """The view of a word."""
        return self.reader.value(word)

    def words(self, words: Sequence[int]) -> int:
        """Puts words side by side; the tagged pointer to the first."""
        address = BASE + len(self.target.bytes)
        self.target.bytes += struct.pack(f"<{len(words)}Q", *(w & (1 << 64) - 1 for w in words))
        return address + 1

    def raw(self, data: bytes) -> int:
        """Puts bytes, padded to words; their untagged address."""
        address = BASE + len(self.target.bytes)
        self.target.bytes += data + bytes(-len(data) % 8)
        return address

    def put(self, pointer: int, offset: int, value: int, size: int = 8) -> None:
        """Overwrites bytes of an object."""
        at = (pointer & ~7) - BASE + offset
        self.target.bytes[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")

    def map(self, type_name: str, size: int = 0, **fields: int) -> int:
        """A Map of an instance type; `size` in bytes, other fields by their names in MapLayout."""
        map = self.words([0] * 9)
        self._fill_map(map, type_name, size, self.meta)
        layout = self.layout.Map
        widths = {
            "inobject_properties_start": 1,
            "bit_field": 1,
            "bit_field2": 1,
            "bit_field3": 4,
        }
        for name, value in fields.items():
            self.put(map, getattr(layout, name), value, widths.get(name, 8))
        return map

    def map_of(self, type_name: str, size: int = 0) -> int:
        """The Map that all objects of a type share."""
        key = f"{type_name} {size}"
        if key not in self._maps:
            self._maps[key] = self.map(type_name, size)
        return self._maps[key]

    def _fill_map(self, map: int, type_name: str, size: int, meta: int) -> None:
        layout = self.layout.Map
        self.put(map, 0, meta)
        self.put(map, layout.instance_size_in_words, size // 8, 1)
        self.put(map, layout.instance_type, self.layout.types[type_name], 2)

    def _oddball(self, name: str, kind: int) -> int:
        odd = self.words([self.map_of("ODDBALL", 48), 0, 0, 0, 0, 0])
        self.put(odd, self.layout.Oddball.kind, smi(kind))
        return odd

    def _hole(self) -> int:
        kind = self.layout.Oddball.kind_the_hole
        if kind is None:
            return self.words([self.map_of("HOLE", 16), 0])
        return self._oddball("hole", kind)

    def array(self, words: Sequence[int], type_name: str = "FIXED_ARRAY") -> int:
        """A FixedArray, or an object built like one."""
        return self.words([self.map_of(type_name), smi(len(words)), *words])

    def string(self, text: str) -> int:
        """A sequential string, one-byte if it can be."""
        layout = self.layout.String
        wide = any(char > "\xff" for char in text)
        data = text.encode("utf-16-le", "surrogatepass") if wide else text.encode("latin-1")
        kind = layout.not_internalized_bit | (0 if wide else layout.one_byte_bit)
        pointer = self.words([self._string_map(kind), 0])
        self.put(pointer, layout.length, len(data) // (2 if wide else 1), 4)
        self.put(pointer, layout.raw_hash_field, sum(data) << layout.hash_shift, 4)
        self.raw(data)
        return pointer

    def cons(self, first: int, second: int, length: int, wide: bool = False) -> int:
        """A cons string that says it is `length` long."""
        layout = self.layout.String
        kind = layout.not_internalized_bit | layout.cons_tag
        return self._indirect(kind | (0 if wide else layout.one_byte_bit), first, second, length)

    def sliced(self, parent: int, offset: int, length: int) -> int:
        """A slice of `parent` from `offset` on."""
        layout = self.layout.String
        kind = layout.not_internalized_bit | layout.sliced_tag | layout.one_byte_bit
        return self._indirect(kind, parent, smi(offset), length)

    def thin(self, actual: int, length: int) -> int:
        """A thin string."""
        layout = self.layout.String
        kind = layout.not_internalized_bit | layout.thin_tag | layout.one_byte_bit
        return self._indirect(kind, actual, 0, length)

    def external(self, data: int, length: int) -> int:
        """An external one-byte string with its characters at `data`."""
        layout = self.layout.String
        kind = layout.not_internalized_bit | layout.external_tag | layout.one_byte_bit
        return self._indirect(kind, 0, data, length)

    def _indirect(self, kind: int, one: int, two: int, length: int) -> int:
        pointer = self.words([self._string_map(kind, 32), 0, one, two])
        self.put(pointer, self.layout.String.length, length, 4)
        return pointer

    def _string_map(self, kind: int, size: int = 0) -> int:
        key = f"string {kind}"
        if key not in self._maps:
            map = self._maps[key] = self.map("MAP", size)
            self.put(map, self.layout.Map.instance_type, kind, 2)
        return self._maps[key]

    def descriptors(self, entries: Sequence[tuple[int, int, int]], count: int = -1) -> int:
        """A DescriptorArray of (key, details, value) that says it has `count` entries."""
        layout = self.layout.DescriptorArray
        pointer = self.words(
            [self.map_of("DESCRIPTOR_ARRAY")] + [0] * (layout.header_size // 8 - 1)
        )
        self.put(pointer, layout.number_of_all_descriptors, len(entries) if count < 0 else count, 2)
        for key, details, value in entries:
            self.words([key, smi(details), value])
        return pointer

    def details(self, field: int, accessor: bool = False, in_descriptor: bool = False) -> int:
        """Details of a descriptor."""
        layout = self.layout.DescriptorArray
        return (
            field << layout.field_index_shift
            | accessor << layout.kind_bit
            | in_descriptor << layout.location_bit
        )

    def object_map(self, descriptors: int, own: int, inside: int, **fields: int) -> int:
        """The Map of plain objects with `inside` in-object slots and `own` descriptors."""
        layout = self.layout.Map
        return self.map(
            fields.pop("type_name", "JS_OBJECT"),  # type: ignore[arg-type]
            self.layout.JSObject.header_size + 8 * inside,
            inobject_properties_start=self.layout.JSObject.header_size // 8,
            instance_descriptors=descriptors,
            bit_field3=own << layout.number_of_own_descriptors_shift | fields.pop("bits", 0),
            **fields,
        )

    def object(self, map: int, *slots: int, properties: int = 0, elements: int = 0) -> int:
        """A JS object of that Map."""
        return self.words([map, properties or self.empty, elements or self.empty, *slots])


def exercise(value: Value) -> None:
    """Asks for everything that a view offers, listings up to ITEMS; nothing may raise."""
    if not isinstance(value, HeapObject):
        return
    for name in dir(type(value)):
        if name.startswith("_") or name in ("word_at", "value_at"):
            continue
        member = _declared(type(value), name)
        if isinstance(member, Field):
            if member.offset(value.layout) is not None:
                _look(getattr(value, name))
        elif isinstance(member, property):
            _look(getattr(value, name))
        elif callable(member) and not isinstance(member, type):
            code = member.__code__
            needed = code.co_argcount - 1 - len(member.__defaults__ or ())
            if needed == 0:
                _look(getattr(value, name)())


def _declared(view: type, name: str) -> Any:
    for base in view.__mro__:
        if name in vars(base):
            return vars(base)[name]
    return None


def _look(found: Any) -> None:
    repr(found) if not isinstance(found, bytes) else None
    if isinstance(found, Iterator):
        for _, item in zip(range(ITEMS), found):
            repr(item)
