"""The scanner's redaction as Python sees it: what of a dump's memory may stay, into buffers."""

from __future__ import annotations

from array import array
from typing import Iterator, NamedTuple, Sequence

from v8inspect.scan.scanner import Scanner

# What a slot leads to (v8s_mark_rule).
NAME, SOURCE, KEPT, KEPT_PARTS, NAME_PARTS, KEY, PROPERTY = 1, 2, 3, 4, 5, 6, 7
# How objects are written (v8s_redact_rule).
KEEP, RAW, DOUBLES, SLOTS, ENTRIES, BUCKETS, BYTECODES, RECEIVER = 1, 2, 3, 4, 5, 6, 7, 8
# Which words of other memory stay.
ALL, OTHER, OWN, STACK, HANDLES, CODE_TABLE = 0, 1, 2, 3, 4, 5
# Characters.
HIDDEN, LINES, TEXT_KEPT, TWO_BYTE = 0, 1, 2, 4
# Pages.
VALUES, PUBLIC, CODE = 0, 1, 2

_RANGES = 1 << 16


class MarkRule(NamedTuple):
    """What slots of instances of `type` say of their targets: at byte `first`, and every `step`
    words from there on (0: that one only)."""

    type: int
    what: int
    first: int
    step: int = 0


class RedactRule(NamedTuple):
    """How instances of `type` are written; `first` in bytes, `prefix` and `unit` in words, `keep`
    a bit for each word."""

    type: int
    policy: int
    first: int = 0
    prefix: int = 0
    unit: int = 0
    reserved: int = 0
    keep: int = 0


class TextRange(NamedTuple):
    """Characters outside of pages, or a part of some that is a name: `kind` is HIDDEN, LINES or
    TEXT_KEPT, `size` in bytes."""

    address: int
    size: int
    kind: int
    width: int


class Sums(NamedTuple):
    """Strings that were written, and how many of them as they are."""

    strings: int
    names: int


class ScannedRedaction:
    """One redaction of a scanner's heap, whose graph is made."""

    def __init__(
        self,
        scanner: Scanner,
        layout: dict[str, int],
        marks: Sequence[MarkRule],
        rules: Sequence[RedactRule],
        regions: Sequence[tuple[int, int]],
        bytecode_sizes: Sequence[bytes],
        texts: Sequence[bytes],
    ) -> None:
        """`regions`: (start, end) of all mapped memory, sorted; `texts` stay in every string that
        is equal to one of them."""
        self._scanner = scanner
        mark, rule = scanner.struct("v8s_mark_rule").pack, scanner.struct("v8s_redact_rule").pack
        most = max(map(len, bytecode_sizes), default=0)
        kept = b"".join(bytes((len(text),)) + text for text in texts if 0 < len(text) < 256)
        scanner.sliced(
            "redact_begin",
            scanner.pack("v8s_redact_layout", layout),
            b"".join(mark(*item) for item in marks),
            len(marks),
            b"".join(rule(*item) for item in rules),
            len(rules),
            array("Q", [start for start, _ in regions]),
            array("Q", [end for _, end in regions]),
            len(regions),
            b"".join(sizes.ljust(most, b"\0") for sizes in bytecode_sizes),
            most,
            kept,
            len(kept),
        )

    def mark(self, first: int, last: int) -> None:
        """Reads the slots of nodes [first, last)."""
        self._scanner.sliced("redact_mark", first, last)

    def mark_code(self, page: int) -> None:
        """The same of the code in a page."""
        self._scanner.sliced("redact_mark_code", page)

    def names(self, words: Sequence[int]) -> None:
        """Strings at these tagged addresses are names."""
        given = array("Q", words)
        self._scanner.sliced("redact_names", given, len(given))

    def page(self, page: int, mode: int, start: int, out: bytearray) -> None:
        """What of a page may stay at [start, start + len(out)); `out` is zero before."""
        self._scanner.sliced("redact_page", page, mode, start, len(out), out)

    def words(self, kind: int, start: int, out: bytearray) -> None:
        """The same of other memory."""
        self._scanner.sliced("redact_words", kind, start, len(out), out)

    def text(self, found: TextRange, out: bytearray) -> bool:
        """Its characters, as many as `out` has room for; whether they are in the dump."""
        call = self._scanner.call
        size = len(out)
        return call("redact_text", found.kind, found.width, found.address, size, out) == 0

    def ranges(self) -> Iterator[TextRange]:
        """Characters to be written after all pages."""
        first = 0
        while True:
            address, size = array("Q", bytes(8 * _RANGES)), array("Q", bytes(8 * _RANGES))
            kind = array("I", bytes(4 * _RANGES))
            n = self._scanner.call("redact_ranges", first, address, size, kind, _RANGES)
            if not n:
                return
            for at, length, what in zip(address[:n], size[:n], kind[:n]):
                yield TextRange(at, length, what & ~TWO_BYTE, 2 if what & TWO_BYTE else 1)
            first += n

    def sums(self) -> Sums:
        """What was written so far."""
        struct = self._scanner.struct("v8s_redact_stats")
        out = bytearray(struct.size)
        self._scanner.call("redact_sums", out)
        return Sums._make(struct.unpack(out))

    def free(self) -> None:
        """Forgets it."""
        self._scanner.call("redact_free")
