"""String: text of every shape that V8 stores it in, read without recursion and with a limit.

V8: src/objects/string.h, string.tq; V8_LAYOUT.md §4.2. Lengths and limits count UTF-16 units, as
JavaScript does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Optional

from v8inspect.errors import MemoryUnreadable
from v8inspect.limits import MAX_NAME_CHARS, MAX_STRING_CHARS, MAX_STRING_PARTS
from v8inspect.objects.fields import Raw
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.tagged import smi_or_none

if TYPE_CHECKING:
    from v8inspect.session import Session

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


def read_text(reader: Reader, word: int, limit: int) -> Text:
    """The first `limit` UTF-16 units of the string that a tagged pointer points to."""
    return read_slice(reader, word, 0, limit)


def read_slice(reader: Reader, word: int, start: int, count: int) -> Text:
    """`count` UTF-16 units from `start` on; `length` of the Text is that of the whole string.

    Cons strings are taken apart with a stack of our own. A string of n characters has at most
    n non-empty leaves, so a cyclic one is found by the count of its parts.
    """
    total = _length(reader, word)
    if total is None:
        return Text("", 0, "no string")
    start = min(max(start, 0), total)
    wanted = min(total - start, max(count, 0), MAX_STRING_CHARS)
    parts_left = min(3 * total + 16, MAX_STRING_PARTS)
    pieces: list[tuple[bytes, bool]] = []
    problem: Optional[str] = None
    # (tagged pointer, first unit, units) still to be read; the next one is at the end.
    stack = [(word, start, wanted)] if wanted else []
    while stack:
        if not parts_left:
            problem = "too many parts"
            break
        parts_left -= 1
        word, start, count = stack.pop()
        try:
            step = _expand(reader, word, start, count, stack)
        except MemoryUnreadable:
            problem = "characters not in the dump"
            break
        if step is None:
            continue
        if isinstance(step, str):
            problem = step
            break
        pieces.append(step)
    return Text(_join(pieces), total, problem)


def _length(reader: Reader, word: int) -> Optional[int]:
    if not is_string(reader, word):
        return None
    try:
        return reader.memory.u32(word - 1 + reader.layout.String.length)
    except MemoryUnreadable:
        return None


def _expand(
    reader: Reader, word: int, start: int, count: int, stack: list[tuple[int, int, int]]
) -> tuple[bytes, bool] | str | None:
    """Characters and whether they are one-byte; or a problem; or None when `stack` has grown."""
    fields = reader.layout.String
    memory = reader.memory
    kind = reader.type_of(word)
    if not 0 <= kind < reader.layout.first_nonstring_type:
        return "a part is no string"
    address = word - 1
    length = memory.u32(address + fields.length)
    if start + count > length:
        return "a part is longer than its string"
    representation = kind & fields.representation_mask
    one_byte = bool(kind & fields.one_byte_bit)
    width = 1 if one_byte else 2
    if representation == fields.seq_tag:
        return memory.bytes(address + fields.chars + width * start, width * count), one_byte
    if representation == fields.cons_tag:
        first = memory.u64(address + fields.cons_first)
        split = _length(reader, first)
        if split is None or split > length:
            return "a part of a cons string is damaged"
        if start + count > split:
            begin = max(start, split)
            second = memory.u64(address + fields.cons_second)
            stack.append((second, begin - split, start + count - begin))
        if start < split:
            stack.append((first, start, min(count, split - start)))
        return None
    if representation == fields.thin_tag:
        stack.append((memory.u64(address + fields.thin_actual), start, count))
        return None
    if representation == fields.sliced_tag:
        offset = smi_or_none(memory.u64(address + fields.sliced_offset))
        if offset is None or offset < 0:
            return "a sliced string has no offset"
        stack.append((memory.u64(address + fields.sliced_parent), offset + start, count))
        return None
    if representation == fields.external_tag:
        data = _external_data(reader, address, kind, length)
        if not data:
            return "an external string has no data pointer"
        return memory.bytes(data + width * start, width * count), one_byte
    return "unknown kind of string"


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
