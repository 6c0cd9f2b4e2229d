"""String: text of every shape that V8 stores it in, read without recursion and with a limit.

V8: src/objects/string.h, string.tq; V8_LAYOUT.md §4.2. Lengths and limits count UTF-16 units, as
JavaScript does.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, NamedTuple, Optional

from v8inspect.errors import MemoryUnreadable
from v8inspect.limits import MAX_NAME_CHARS, MAX_STRING_CHARS, MAX_STRING_PARTS
from v8inspect.objects.fields import Raw
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.tagged import smi_or_none

if TYPE_CHECKING:
    from v8inspect.session import Session

_MAX_STAND_INS = 64  # thin, sliced and flattened strings in a row; V8 makes three at most
_U64 = Struct("<Q").unpack_from
_U32 = Struct("<I").unpack_from
_RESOURCE_WORDS = 6  # vtable, isolate, cached data, data, length and one to spare


class Text(NamedTuple):
    """The characters of a string, as many as were asked for and could be read.

    `length` is the string's own, in UTF-16 units; `problem` says why `text` ends before the
    limit. Lone surrogates stay as they are.
    """

    text: str
    length: int
    problem: Optional[str] = None

    @property
    def complete(self) -> bool:
        """Whether `text` is the whole string."""
        return self.problem is None and utf16_length(self.text) == self.length


class String(HeapObject):
    """A string of any shape: sequential, cons, sliced, thin or external; one or two bytes."""

    __slots__ = ()

    length = Raw("String.length", "I")

    @property
    def shape(self) -> str:
        """'seq', 'cons', 'external', 'sliced', 'thin', or 'unknown'."""
        fields = self.layout.String
        return {
            fields.seq_tag: "seq",
            fields.cons_tag: "cons",
            fields.external_tag: "external",
            fields.sliced_tag: "sliced",
            fields.thin_tag: "thin",
        }.get(self.map.instance_type & fields.representation_mask, "unknown")

    @property
    def is_one_byte(self) -> bool:
        """Whether the characters are Latin-1 (for thin strings: a hint)."""
        return bool(self.map.instance_type & self.layout.String.one_byte_bit)

    @property
    def is_internalized(self) -> bool:
        """Whether V8 keeps one copy of this text, so that pointers can be compared."""
        return not self.map.instance_type & self.layout.String.not_internalized_bit

    def read(self, limit: int = MAX_STRING_CHARS) -> Text:
        """The first `limit` UTF-16 units."""
        return read_text(self.reader, self.word, limit)

    def text(self, limit: int = MAX_NAME_CHARS) -> str:
        """The same, as much as can be read, without a word on what could not."""
        return read_text(self.reader, self.word, limit).text


def utf16_length(text: str) -> int:
    """How many UTF-16 units `text` takes: what JavaScript calls its length."""
    if text.isascii():
        return len(text)
    return len(text) + sum(1 for char in text if char > "\uffff")


def is_string(reader: Reader, word: int) -> bool:
    """Whether `word` points to a string."""
    return 0 <= reader.type_of(word) < reader.layout.first_nonstring_type


def read_text(reader: Reader, word: int, limit: int, parts: int = MAX_STRING_PARTS) -> Text:
    """The first `limit` UTF-16 units of the string that a tagged pointer points to; `parts`: of so
    many strings that it is made of, at most."""
    return read_slice(reader, word, 0, limit, parts)


def read_slice(
    reader: Reader, word: int, start: int, count: int, parts: int = MAX_STRING_PARTS
) -> Text:
    """`count` UTF-16 units from `start` on; `length` of the Text is that of the whole string."""
    total = _length(reader, word)
    if total is None:
        return Text("", 0, "no string")
    start = min(max(start, 0), total)
    return _Reading(reader).run(word, start, min(total - start, max(count, 0)), total, parts)


def _length(reader: Reader, word: int) -> Optional[int]:
    if not is_string(reader, word):
        return None
    try:
        return reader.memory.u32(word - 1 + reader.layout.String.length)
    except MemoryUnreadable:
        return None


class _Reading:
    """One string being read. Cons strings are taken apart with a stack, not by recursion.

    Both parts of a cons string must be shorter than it, and a chain of strings that only stand
    for another is limited: so no string can contain itself for long.
    """

    __slots__ = (
        "fields",
        "last_head",
        "last_word",
        "pieces",
        "problem",
        "reader",
        "stack",
        "stand_ins",
    )

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.fields = reader.layout.String
        self.last_word = 0
        self.last_head: Optional[tuple[int, int]] = None
        self.pieces: list[tuple[bytes, bool]] = []  # characters, whether one-byte
        self.problem: Optional[str] = None
        # (tagged pointer, first unit, units) still to be read; the next one is at the end.
        self.stack: list[tuple[int, int, int]] = []
        self.stand_ins = 0

    def run(self, word: int, start: int, count: int, total: int, parts_left: int) -> Text:
        """Reads `count` units of a string of `total` from `start` on."""
        if count:
            self.stack.append((word, start, min(count, MAX_STRING_CHARS)))
        while self.stack and self.problem is None:
            if not parts_left:
                self.problem = "too many parts"
                break
            parts_left -= 1
            try:
                self._step(*self.stack.pop())
            except MemoryUnreadable:
                self.problem = "characters not in the dump"
        return Text(_join(self.pieces), total, self.problem)

    def _step(self, word: int, start: int, count: int) -> None:
        head = self._head(word)
        if head is None:
            self.problem = "a part is no string"
            return
        kind, length = head
        fields = self.fields
        memory = self.reader.memory
        address = word - 1
        if start + count > length:
            self.problem = "a part is longer than its string"
            return
        shape = kind & fields.representation_mask
        if shape == fields.cons_tag:
            self._split(address, start, count, length)
        elif shape == fields.seq_tag:
            self._take(address + fields.chars, start, count, kind)
        elif shape == fields.thin_tag:
            self._stand_in(memory.u64(address + fields.thin_actual), start, count)
        elif shape == fields.sliced_tag:
            offset = smi_or_none(memory.u64(address + fields.sliced_offset))
            if offset is None or offset < 0:
                self.problem = "a sliced string has no offset"
                return
            self._stand_in(memory.u64(address + fields.sliced_parent), offset + start, count)
        elif shape == fields.external_tag:
            data = _external_data(self.reader, address, kind, length)
            if data:
                self._take(data, start, count, kind)
            else:
                self.problem = "an external string has no data pointer"
        else:
            self.problem = "unknown kind of string"

    def _head(self, word: int) -> Optional[tuple[int, int]]:
        """Instance type and length of a string; None for what is none. Deep cons strings ask for
        tens of thousands of these, so each is one read, and the last one is kept."""
        if word == self.last_word:
            return self.last_head
        if word & 3 != 1:
            return None
        reader = self.reader
        at = self.fields.length
        data = reader.memory.bytes(word - 1, at + 4)
        map_word = _U64(data, 0)[0]
        map = reader.maps.get(map_word) or reader.map_at(map_word)
        if map is None or map.instance_type >= reader.layout.first_nonstring_type:
            return None
        head = map.instance_type, _U32(data, at)[0]
        self.last_word, self.last_head = word, head
        return head

    def _take(self, data: int, start: int, count: int, kind: int) -> None:
        one_byte = bool(kind & self.reader.layout.String.one_byte_bit)
        width = 1 if one_byte else 2
        self.pieces.append(
            (self.reader.memory.bytes(data + width * start, width * count), one_byte)
        )
        self.stand_ins = 0

    def _split(self, address: int, start: int, count: int, length: int) -> None:
        memory = self.reader.memory
        first = memory.u64(address + self.fields.cons_first)
        second = memory.u64(address + self.fields.cons_second)
        left = self._length(first)
        if left is not None and start + count <= left < length:
            self.stack.append((first, start, count))  # all of it is in the left part
            return
        if left == length:  # V8 has flattened it: the second part is empty
            self._stand_in(first, start, count)
            return
        right = self._length(second)
        if left == 0 and right == length:  # V8 makes none such
            self._stand_in(second, start, count)
            return
        if left is None or right is None or not right or left + right != length:
            self.problem = "a part of a cons string is damaged"
            return
        begin = max(start, left)
        self.stack.append((second, begin - left, start + count - begin))
        if start < left:
            self.stack.append((first, start, left - start))

    def _length(self, word: int) -> Optional[int]:
        try:
            head = self._head(word)
        except MemoryUnreadable:
            return None
        return None if head is None else head[1]

    def _stand_in(self, word: int, start: int, count: int) -> None:
        self.stand_ins += 1
        if self.stand_ins > _MAX_STAND_INS:
            self.problem = "a string that stands for itself"
        else:
            self.stack.append((word, start, count))


def _external_data(reader: Reader, address: int, kind: int, length: int) -> int:
    """The address of an external string's characters; 0 if it can't be told.

    Strings too short for the cached data pointer ('uncached') have only the embedder's resource
    object. Its layout is the embedder's: both V8's SimpleStringResource and Node's ExternString
    keep a pointer to the characters and then their count (node: src/string_bytes.cc; V8:
    src/extensions/externalize-string-extension.cc), so that pair is looked for.
    """
    fields = reader.layout.String
    memory = reader.memory
    if not kind & fields.uncached_external_bit:
        return memory.u64(address + fields.external_data)
    words = memory.words(memory.u64(address + fields.external_resource), _RESOURCE_WORDS)
    for data, count in zip(words[1:], words[2:]):
        if count == length and data > length:
            return data
    return 0


def _join(pieces: list[tuple[bytes, bool]]) -> str:
    if all(one_byte for _, one_byte in pieces):
        return b"".join(data for data, _ in pieces).decode("latin-1")
    wide = (data.decode("latin-1").encode("utf-16-le") if one else data for data, one in pieces)
    return b"".join(wide).decode("utf-16-le", "surrogatepass")


def string_text(session: Session, word: int, limit: int = MAX_NAME_CHARS) -> str:
    """At most `limit` UTF-16 units of the string at a tagged pointer; '' for what is no string.

    Short strings asked for with the default limit are kept: they are names.
    """
    return name_text(reader_of(session), word, limit)


def name_text(reader: Reader, word: int, limit: int = MAX_NAME_CHARS) -> str:
    """`string_text` for those who have the Reader."""
    if limit != MAX_NAME_CHARS:
        return read_text(reader, word, limit).text
    text = reader.texts.get(word)
    if text is None:
        text = read_text(reader, word, limit).text
        if len(text) <= 256:
            reader.texts[word] = text
    return text
